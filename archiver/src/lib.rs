//! The archiver: moves frames of the hot log into segments in the object store, and keeps the
//! archive tidy.
//!
//! Each shard is the work of one archiver at a time, which holds its lease. It takes frames in their
//! order and goes through these steps, each of which may be repeated and may be the last one before
//! a crash:
//!
//! 1. upload a segment (`cut`);
//! 2. record its blocks in the catalog, and the shard's new position, in one transaction;
//! 3. trim the hot log where a log's retention says so (`trim`).
//!
//! Architecture Invariant: a later step relies on nothing but what the earlier ones have made
//! durable. Nothing is trimmed that is not recorded, and nothing is recorded that is not uploaded.

mod backup;
mod crash;
mod cut;
mod deletion_steps;
mod merge;
mod metrics;
mod options;
mod owner;
mod parts;
mod pending;
pub mod restore;
mod rewrite;
mod shard;
mod trim;
mod unreferenced;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::options::ArchiverOptions;
pub use self::owner::OwnerError;
pub use self::parts::ArchiverParts;

/// An archiver that runs. Stopped by [`Archiver::shutdown`].
pub struct Archiver {
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Archiver {
    /// Starts to archive every shard that no other archiver holds.
    #[must_use]
    pub fn start(parts: ArchiverParts) -> Self {
        let parts = Arc::new(parts);
        let leads = Arc::new(AtomicBool::new(false));
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        for shard in 0..parts.event_log.shards() {
            // Whoever holds the first shard leads: it does what is done once for all.
            let leads = (shard == 0).then(|| Arc::clone(&leads));
            let work = shard::run(Arc::clone(&parts), shard, leads, stopping.clone());
            tasks.spawn(work);
        }
        tasks.spawn(backup::run(parts, leads, stopping.clone()));
        Self { tasks, stopping }
    }

    /// Ends what is under way at its next step and gives the shards back. What was uploaded and not
    /// recorded is uploaded again by the next archiver.
    pub async fn shutdown(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
