//! Which archived frames the hot log is to drop.

use protocol::{LogId, Sequence, Timestamp};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::column::{from_time, from_u64, to_sequence};
use crate::entity::archive_block::{Column, Entity};
use crate::entity::set;
use crate::lock::Lock;
use crate::{Catalog, CatalogError, Retention};

impl Catalog {
    /// Logs of a shard whose archived frames are to be trimmed, and through which sequence: those
    /// of blocks that end before `before`.
    pub async fn due_trims(
        &self,
        shard: u16,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<(LogId, Sequence)>, CatalogError> {
        let rows: Vec<(Uuid, i64)> = Entity::find()
            .select_only()
            .column(Column::LogId)
            .column_as(Column::Last.max(), "through")
            .filter(Column::TrimPending.eq(true))
            .filter(Column::Shard.eq(i32::from(shard)))
            .filter(Column::LastAt.lt(from_time(before)))
            .group_by(Column::LogId)
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.readers())
            .await?;
        rows.into_iter()
            .map(|(log, through)| Ok((LogId(log), to_sequence(through)?)))
            .collect()
    }

    /// Writes down that logs were trimmed.
    ///
    /// # Errors
    /// When the rows can't be written; trimming again does no harm.
    pub async fn record_trims(
        &self,
        shard: u16,
        trims: &[(LogId, Sequence)],
    ) -> Result<(), CatalogError> {
        self.change(Lock::Shard(shard), move |change| async move {
            for (log, through) in trims {
                let trimmed = Condition::all()
                    .add(Column::LogId.eq(log.0))
                    .add(Column::Last.lte(from_u64(through.get())))
                    .add(Column::TrimPending.eq(true));
                set::<Entity>(change.sql(), Column::TrimPending, false, trimmed).await?;
            }
            change.commit(()).await
        })
        .await
    }
}

/// Marks the blocks of a log whose retention changed: what is archived is to go from the hot log,
/// or may stay there.
pub(crate) async fn set_retention(
    sql: &impl ConnectionTrait,
    log: LogId,
    retention: Retention,
) -> Result<(), CatalogError> {
    let trim = retention == Retention::Archive;
    set::<Entity>(sql, Column::TrimPending, trim, Column::LogId.eq(log.0)).await
}
