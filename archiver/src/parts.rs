//! What the tasks of an archiver share.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use catalog::Catalog;
use catalog::archive::ArchiveError;
use catalog::clock::SharedClock;
use protocol::Timestamp;
use storage::event_log::{ReadError, SharedEventLog};
use storage::objects::{ObjectError, SharedObjects};
use uuid::Uuid;

use crate::options::ArchiverOptions;

pub(crate) struct Parts {
    /// Names this archiver in leases.
    pub(crate) id: Uuid,
    pub(crate) event_log: SharedEventLog,
    pub(crate) objects: SharedObjects,
    pub(crate) catalog: Catalog,
    pub(crate) clock: SharedClock,
    pub(crate) options: ArchiverOptions,
    /// It holds the first shard, and so does what is done once for all.
    pub(crate) leads: AtomicBool,
}

impl Parts {
    /// The moment that lies so far back.
    pub(crate) fn ago(&self, age: Duration) -> Timestamp {
        self.clock.now().saturating_sub(age)
    }
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
