//! Everything that persists, and the messages between roles.
//!
//! - [`event_log`]: frames of events, and the appender that gives them dense sequences.
//! - [`objects`]: components, artifacts, snapshots, segments.
//! - [`history`]: archived and hot events of a log as one stream.
//! - [`bus`]: how the control plane reaches the workers.
//! - [`nats`]: the connection to NATS that the event log and the bus of a cluster use.
//!
//! Database drivers, object-store clients and message brokers are known to this crate alone.

pub mod bus;
pub mod event_log;
pub mod history;
mod limit;
pub mod nats;
pub mod objects;
