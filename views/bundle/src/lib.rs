//! The example views as components, compiled from the source beside this crate when it is built.

/// Counts up and down; world 0.0.1. See `views/counter`.
pub const COUNTER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/counter.wasm"));

/// Tokens per model and month; world 1.0.0. See `views/usage-metering`.
pub const USAGE_METERING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/usage-metering.wasm"));

/// Who did what to which resource, and when; world 1.0.0. See `views/audit-log`.
pub const AUDIT_LOG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/audit-log.wasm"));

/// Every example view with its name.
pub const ALL: &[(&str, &[u8])] = &[
    ("counter", COUNTER),
    ("usage-metering", USAGE_METERING),
    ("audit-log", AUDIT_LOG),
];
