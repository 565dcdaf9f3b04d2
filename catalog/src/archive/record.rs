//! Recording a segment that was uploaded.

use std::collections::HashMap;

use protocol::{LogId, Position, SegmentId, TenantId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{ArchivedBlock, ROWS_PER_STATEMENT, ShardLease, insert_segment};
use crate::column::from_u64;
use crate::entity::{archive_shard, log, one};
use crate::lock::Lock;
use crate::usage::{self, Stored};
use crate::{Catalog, CatalogError};

/// A segment that lies in the object store and whose blocks are to be found there.
#[derive(Clone, Debug)]
pub struct NewSegment {
    pub id: SegmentId,
    /// Bytes of the object.
    pub bytes: u64,
    pub blocks: Vec<ArchivedBlock>,
}

/// Why a change to the archive was not made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("another archiver has taken the shard over")]
    LeaseLost,
    #[error("some of the blocks were changed meanwhile")]
    Changed,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// Records a segment and moves the shard's position on to `through`, in one transaction. Blocks
    /// of logs that were deleted are left out, and so is what these stored.
    ///
    /// # Errors
    /// When the lease was lost, or the rows can't be written; then nothing was recorded.
    pub async fn record_segment(
        &self,
        lease: ShardLease,
        segment: Option<NewSegment>,
        stored: &[Stored],
        through: Position,
    ) -> Result<ShardLease, ArchiveError> {
        let segment = &segment;
        self.change(Lock::Shard(lease.shard), move |change| async move {
            let sql = change.sql();
            advance(sql, lease, through).await?;
            if let Some(segment) = segment {
                let tenants = existing_logs(sql, logs_of(&segment.blocks)).await?;
                let live = those_of(&tenants, &segment.blocks);
                insert_segment(&change, lease.shard, segment, &live).await?;
                usage::add_stored(sql, &tenants, stored).await?;
            }
            change
                .commit(ShardLease {
                    position: through,
                    ..lease
                })
                .await
        })
        .await
    }
}

/// Moves the position on, if the lease still holds and nobody else has moved it.
async fn advance(
    sql: &impl ConnectionTrait,
    lease: ShardLease,
    through: Position,
) -> Result<(), ArchiveError> {
    let through = Expr::value(from_u64(through.0));
    let advance = archive_shard::Entity::update_many()
        .col_expr(archive_shard::Column::Position, through)
        .filter(lease.holds())
        .filter(archive_shard::Column::Position.eq(from_u64(lease.position.0)));
    let advanced = advance.exec(sql).await.map_err(CatalogError::from)?;
    if advanced.rows_affected != 1 {
        return Err(ArchiveError::LeaseLost);
    }
    Ok(())
}

/// Whether the lease still holds, within a transaction that relies on it.
pub(super) async fn check(
    sql: &impl ConnectionTrait,
    lease: ShardLease,
) -> Result<(), ArchiveError> {
    let row = archive_shard::Entity::find().filter(lease.holds());
    one(sql, row).await?.ok_or(ArchiveError::LeaseLost)?;
    Ok(())
}

/// Those of the blocks whose logs still exist.
pub(super) async fn live_blocks(
    sql: &impl ConnectionTrait,
    blocks: &[ArchivedBlock],
) -> Result<Vec<ArchivedBlock>, CatalogError> {
    Ok(those_of(
        &existing_logs(sql, logs_of(blocks)).await?,
        blocks,
    ))
}

fn those_of(logs: &HashMap<LogId, TenantId>, blocks: &[ArchivedBlock]) -> Vec<ArchivedBlock> {
    let live = blocks.iter().filter(|it| logs.contains_key(&it.entry.log));
    live.copied().collect()
}

/// Those of the logs that still exist, with their tenants. They are kept from being deleted until the
/// transaction ends, so that a deletion finds every block.
pub(super) async fn existing_logs(
    sql: &impl ConnectionTrait,
    logs: impl IntoIterator<Item = LogId>,
) -> Result<HashMap<LogId, TenantId>, CatalogError> {
    // In one order, so that two transactions never deadlock.
    let mut logs: Vec<_> = logs.into_iter().map(|log| log.0).collect();
    logs.sort_unstable();
    logs.dedup();
    let mut existing = HashMap::new();
    for logs in logs.chunks(ROWS_PER_STATEMENT) {
        let found = log::Entity::find().filter(log::Column::Id.is_in(logs.iter().copied()));
        let found: Vec<(Uuid, Uuid)> = found
            .select_only()
            .column(log::Column::Id)
            .column(log::Column::TenantId)
            .lock_shared()
            .into_tuple()
            .all(sql)
            .await?;
        let found = found.into_iter();
        existing.extend(found.map(|(log, tenant)| (LogId(log), TenantId(tenant))));
    }
    Ok(existing)
}

fn logs_of(blocks: &[ArchivedBlock]) -> impl Iterator<Item = LogId> {
    blocks.iter().map(|block| block.entry.log)
}
