//! How far deletions of logs and views are, for the members of their tenant.

use catalog::access::Access;
use catalog::{Deletion, DeletionId};
use protocol::ErrorCode;

use super::App;
use crate::errors::{Failure, Result};

impl App {
    /// # Errors
    /// When there is no such deletion, or it is done for long.
    pub(crate) async fn deletion_job(&self, access: &Access, id: DeletionId) -> Result<Deletion> {
        let job = self.catalog.deletion(access, id).await?;
        job.ok_or_else(|| {
            Failure::new(
                ErrorCode::DeletionNotFound,
                "there is no such deletion of a log or a view, or it is done for long",
            )
        })
    }
}
