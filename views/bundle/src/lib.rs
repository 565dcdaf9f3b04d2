//! The example views as components, compiled from the source beside this crate when it is built.
//!
//! The build script leaves core modules. They become components when they are first asked for, so
//! that the encoder is compiled once, for the program, and not once more for the build script.

use std::sync::LazyLock;

use wit_component::ComponentEncoder;

/// An example view.
pub struct Example {
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Encoded at its first use.
    pub component: fn() -> &'static [u8],
}

/// Every example view.
pub const ALL: [Example; 3] = [
    Example {
        name: "counter",
        about: "adds up {\"inc\":10} and {\"dec\":5}",
        component: counter,
    },
    Example {
        name: "usage-metering",
        about: "tokens per model and month; ask with month=2025-03",
        component: usage_metering,
    },
    Example {
        name: "audit-log",
        about: "finds entries by actor, resource and time range",
        component: audit_log,
    },
];

/// Counts up and down; world 0.0.1. See `views/counter`.
#[must_use]
pub fn counter() -> &'static [u8] {
    static COMPONENT: LazyLock<Vec<u8>> =
        LazyLock::new(|| encode(include_bytes!(concat!(env!("OUT_DIR"), "/counter.wasm"))));
    &COMPONENT
}

/// Tokens per model and month; world 1.0.0. See `views/usage-metering`.
#[must_use]
pub fn usage_metering() -> &'static [u8] {
    static COMPONENT: LazyLock<Vec<u8>> = LazyLock::new(|| {
        encode(include_bytes!(concat!(
            env!("OUT_DIR"),
            "/usage-metering.wasm"
        )))
    });
    &COMPONENT
}

/// Who did what to which resource, and when; world 1.0.0. See `views/audit-log`.
#[must_use]
pub fn audit_log() -> &'static [u8] {
    static COMPONENT: LazyLock<Vec<u8>> =
        LazyLock::new(|| encode(include_bytes!(concat!(env!("OUT_DIR"), "/audit-log.wasm"))));
    &COMPONENT
}

fn encode(module: &[u8]) -> Vec<u8> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .expect("this crate's build script leaves modules that components are made of")
}
