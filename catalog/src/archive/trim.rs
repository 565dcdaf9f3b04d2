//! Which archived frames the hot log is to drop.

use protocol::{LogId, Sequence, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::column::{from_time, from_u64, to_sequence};
use crate::entity::archive_block::{Column, Entity};
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
                Entity::update_many()
                    .col_expr(Column::TrimPending, Expr::value(false))
                    .filter(Column::LogId.eq(log.0))
                    .filter(Column::Last.lte(from_u64(through.get())))
                    .filter(Column::TrimPending.eq(true))
                    .exec(change.sql())
                    .await?;
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
    Entity::update_many()
        .col_expr(Column::TrimPending, Expr::value(trim))
        .filter(Column::LogId.eq(log.0))
        .exec(sql)
        .await?;
    Ok(())
}
