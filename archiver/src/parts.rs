//! What the tasks of an archiver share.

use std::time::Duration;

use bytes::Bytes;
use catalog::Catalog;
use catalog::archive::ArchiveError;
use catalog::clock::SharedClock;
use protocol::{SegmentId, Timestamp};
use storage::event_log::{ReadError, SharedEventLog};
use storage::objects::{ObjectError, ObjectKey, SharedObjects};
use uuid::Uuid;

use crate::options::ArchiverOptions;

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

impl ArchiverParts {
    /// The moment that lies so far back.
    pub(crate) fn ago(&self, age: Duration) -> Timestamp {
        self.clock.now().saturating_sub(age)
    }

    /// The age at which a segment that the catalog does not know can't be recorded any more.
    pub(crate) fn orphan_age(&self) -> Duration {
        (self.options.record_within * 6).max(self.options.grace)
    }

    /// Uploads a segment, which nothing refers to yet.
    pub(crate) async fn upload(&self, segment: Bytes) -> Result<SegmentId, ObjectError> {
        let id = SegmentId::generate();
        let key = ObjectKey::segment(id);
        self.objects.put_if_absent(&key, segment).await?;
        Ok(id)
    }
}

/// The time in an id of version 7.
pub(crate) fn made_at(id: Uuid) -> Option<Timestamp> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(Timestamp(seconds * 1_000_000 + u64::from(nanos) / 1_000))
}

/// Why a step was not done. It is tried again from the beginning.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    Owner(#[from] crate::owner::OwnerError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Failed(String),
}

impl From<catalog::CatalogError> for StepError {
    fn from(error: catalog::CatalogError) -> Self {
        Self::Archive(error.into())
    }
}

/// Runs work that takes milliseconds of a processor.
pub(crate) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StepError::Failed(error.to_string()))?
}
