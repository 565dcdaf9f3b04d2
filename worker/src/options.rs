//! What an operator may set about a worker.

use std::time::Duration;

use crate::engine::MachineLimits;
use crate::pool::PoolOptions;

/// Sizes, times and limits of a worker. The defaults suit a machine that does other things too.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The threads that call into components.
    pub pool: PoolOptions,
    /// Limits of one instance.
    pub machine: MachineLimits,
    /// Linear memory of all hot instances together. Beyond it, those that were not asked for the
    /// longest time are dropped. Default 2 GiB.
    pub memory_bytes: u64,
    /// Hot instances at most, because each reserves 8 GiB of address space or more. Default 4,000.
    pub instances_max: u32,
    /// An instance that nobody asks for this long is dropped. Default 10 minutes.
    pub idle: Duration,
    /// When snapshots are taken.
    pub snapshots: SnapshotOptions,
    /// Queries that wait for one view, at most. Default 4,096.
    pub waiting_per_view_max: usize,
    /// Queries that wait for the views of one tenant, at most. Default 16,384.
    pub waiting_per_tenant_max: usize,
    /// How often a version is loaded again in a second, at most, when its queries trap. Default 4.
    pub reloads_per_second: u32,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            pool: PoolOptions::default(),
            machine: MachineLimits::default(),
            memory_bytes: 2 << 30,
            instances_max: 4_000,
            idle: Duration::from_secs(600),
            snapshots: SnapshotOptions::default(),
            waiting_per_view_max: 4_096,
            waiting_per_tenant_max: 16_384,
            reloads_per_second: 4,
        }
    }
}

/// When snapshots are taken, and how many are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotOptions {
    /// A hot instance is saved after this much folding since the last snapshot. Default 500 ms of
    /// CPU time.
    pub after_cpu: Duration,
    /// Or after this many events. Default 100,000.
    pub after_events: u64,
    /// An instance that is dropped is saved if it folded more events than this since the last
    /// snapshot, or for long. Default 1,000.
    pub at_eviction_events: u64,
    /// Snapshots of a version that are kept; older ones are removed. Default 3.
    pub keep: usize,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        Self {
            after_cpu: Duration::from_millis(500),
            after_events: 100_000,
            at_eviction_events: 1_000,
            keep: 3,
        }
    }
}
