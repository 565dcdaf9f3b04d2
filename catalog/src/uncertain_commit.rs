//! Commits whose result was lost.
//!
//! A server that dies, or a connection that breaks, after the commit was sent leaves open whether
//! the change was made. Whoever asked for it must not hear that it failed when it did not. So the
//! control event is looked up, under the same lock: once that is had again, the transaction in
//! question has ended and what is found is final.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::column::{from_time, from_u64};
use super::entity::control_event;
use super::event::RecordedEvent;
use super::lock::Lock;
use super::{Catalog, CatalogError};

/// How long the database is asked.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// Whether a change was committed.
pub(super) enum CommitStatus {
    Committed,
    /// Nothing was changed.
    RolledBack(CatalogError),
    /// The database does not say.
    Unknown(CatalogError),
}

/// Finds out whether a change was committed whose commit failed with `error` and without a reply.
pub(super) async fn resolve(
    catalog: &Catalog,
    lock: Lock,
    recorded: &[Arc<RecordedEvent>],
    error: &DbErr,
) -> CommitStatus {
    let unknown = CommitStatus::Unknown(CatalogError::Unavailable(format!(
        "the connection was lost in the middle of a change, which may have been made or not; look \
         before you try again ({error})"
    )));
    // Changes without events are such that doing them twice does no harm.
    let Some(event) = recorded.first() else {
        return unknown;
    };
    let look = async {
        loop {
            match is_recorded(catalog, lock, event).await {
                Ok(true) => return CommitStatus::Committed,
                Ok(false) => {
                    return CommitStatus::RolledBack(CatalogError::Unavailable(format!(
                        "the connection was lost and nothing was changed; try again ({error})"
                    )));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    tokio::time::timeout(TIMEOUT, look).await.unwrap_or(unknown)
}

/// Whether an event was committed, once its transaction has ended.
async fn is_recorded(catalog: &Catalog, lock: Lock, event: &RecordedEvent) -> Result<bool, DbErr> {
    let connection = catalog.0.writer.begin(Arc::default()).await?;
    lock.take(&connection).await?;
    let row = control_event::Entity::find()
        .filter(control_event::Column::TenantId.eq(event.tenant.0))
        .filter(control_event::Column::Sequence.eq(from_u64(event.sequence)))
        .one(&connection)
        .await?;
    Ok(row.is_some_and(|row| {
        row.request_id == event.request_id.0
            && row.at == from_time(event.at)
            && row.kind == event.event.kind()
    }))
}
