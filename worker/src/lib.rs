//! Loads, folds and queries views.
//!
//! - [`loader`]: from an uploaded component to a checked plan of core instantiations.
//! - [`engine`]: runs a plan. wasmer is known to `engine::wasmer` alone.
//! - [`compile`]: compiles untrusted modules in a limited child process.
//! - `programs`: compiled components, kept in the object store and shared in memory.
//! - `views`: instances in memory: loading, following the log, queries, halting.
//! - `snapshots`: which there are, and when another one is worth its price.
//! - [`pool`]: the threads that call into components, fair between tenants.
//! - `meter`: counts the CPU time of components; `cpu_time` is the clock.
//! - [`worker`]: all of it as the control plane sees it.

pub mod compile;
mod cpu_time;
pub mod engine;
pub mod loader;
mod meter;
pub mod options;
pub mod pool;
mod programs;
mod snapshots;
mod views;
pub mod worker;

pub use options::{SnapshotOptions, WorkerOptions};
pub use worker::{Worker, WorkerParts};
