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
mod deletions;
mod erase;
mod garbage;
mod merge;
mod metrics;
mod options;
mod owner;
mod parts;
mod pending;
pub mod restore;
mod shard;
mod trim;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use catalog::Catalog;
use catalog::clock::SharedClock;
use storage::event_log::SharedEventLog;
use storage::objects::SharedObjects;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::options::ArchiverOptions;
pub use self::owner::OwnerError;
use self::parts::Parts;

/// What an archiver works with.
pub struct ArchiverParts {
    /// Names the archiver in leases. One whose stores belong to its process alone always has the same
    /// name, and so need not wait for the lease of the process before it to end.
    pub id: Uuid,
    pub event_log: SharedEventLog,
    pub objects: SharedObjects,
    pub catalog: Catalog,
    pub clock: SharedClock,
    pub options: ArchiverOptions,
}

/// An archiver that runs. Stopped by [`Archiver::shutdown`].
pub struct Archiver {
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Archiver {
    /// Starts to archive every shard that no other archiver holds.
    #[must_use]
    pub fn start(parts: ArchiverParts) -> Self {
        let ArchiverParts {
            id,
            event_log,
            objects,
            catalog,
            clock,
            options,
        } = parts;
        let parts = Arc::new(Parts {
            id,
            event_log,
            objects,
            catalog,
            clock,
            options,
            leads: AtomicBool::new(false),
        });
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        for shard in 0..parts.event_log.shards() {
            let work = shard::run(Arc::clone(&parts), shard, stopping.clone());
            tasks.spawn(work);
        }
        tasks.spawn(backup::run(Arc::clone(&parts), stopping.clone()));
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
