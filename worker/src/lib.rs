//! Loads, folds and queries views.
//!
//! - [`loader`]: from an uploaded component to a checked plan of core instantiations.
//! - [`engine`]: runs a plan. wasmer is known to `engine::wasmer` alone.
//! - [`compile`]: compiles untrusted modules in a limited child process and keeps the artifacts.
//! - [`views`]: instances in memory: loading, following the log, queries, snapshots, halting.

pub mod compile;
pub mod engine;
pub mod loader;
