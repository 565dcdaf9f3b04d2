//! Recording a segment that was uploaded.

use std::collections::HashSet;

use protocol::{Position, SegmentId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect};
use uuid::Uuid;

use super::super::column::from_u64;
use super::super::entity::{archive_shard, log};
use super::super::turn::Turn;
use super::super::{Catalog, CatalogError};
use super::{ArchivedBlock, ROWS_PER_STATEMENT, ShardLease, insert_blocks, insert_segment};

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
    /// of logs that were deleted are left out.
    ///
    /// # Errors
    /// When the lease was lost, or the rows can't be written; then nothing was recorded.
    pub async fn record_segment(
        &self,
        lease: ShardLease,
        segment: Option<NewSegment>,
        through: Position,
    ) -> Result<ShardLease, ArchiveError> {
        let segment = &segment;
        self.change(Turn::Shard(lease.shard), move |change| async move {
            let sql = change.sql();
            advance(sql, lease, through).await?;
            if let Some(segment) = segment {
                let alive = existing_logs(sql, &segment.blocks).await?;
                let mut blocks = segment.blocks.clone();
                blocks.retain(|block| alive.contains(&block.entry.log.0));
                let live = blocks.len();
                let (id, bytes) = (segment.id, segment.bytes);
                let deleted = live < segment.blocks.len();
                insert_segment(&change, lease.shard, id, bytes, live, deleted).await?;
                insert_blocks(sql, lease.shard, &blocks).await?;
            }
            change.commit().await?;
            Ok(ShardLease {
                position: through,
                ..lease
            })
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
    let advanced = archive_shard::Entity::update_many()
        .col_expr(
            archive_shard::Column::Position,
            Expr::value(from_u64(through.0)),
        )
        .filter(archive_shard::Column::Shard.eq(i32::from(lease.shard)))
        .filter(archive_shard::Column::Holder.eq(lease.holder))
        .filter(archive_shard::Column::Epoch.eq(from_u64(lease.epoch)))
        .filter(archive_shard::Column::Position.eq(from_u64(lease.position.0)))
        .exec(sql)
        .await
        .map_err(CatalogError::from)?;
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
    let row = archive_shard::Entity::find_by_id(i32::from(lease.shard))
        .one(sql)
        .await
        .map_err(CatalogError::from)?;
    let holds = |row: &archive_shard::Model| {
        row.holder == Some(lease.holder) && row.epoch == from_u64(lease.epoch)
    };
    if row.as_ref().is_some_and(holds) {
        Ok(())
    } else {
        Err(ArchiveError::LeaseLost)
    }
}

/// The logs of some blocks that still exist. They are kept from being deleted until the
/// transaction ends, so that a deletion finds every block.
pub(super) async fn existing_logs(
    sql: &impl ConnectionTrait,
    blocks: &[ArchivedBlock],
) -> Result<HashSet<Uuid>, CatalogError> {
    let mut existing = HashSet::new();
    for blocks in blocks.chunks(ROWS_PER_STATEMENT) {
        // In one order, so that two transactions never wait for each other in a circle.
        let mut logs: Vec<_> = blocks.iter().map(|block| block.entry.log.0).collect();
        logs.sort_unstable();
        logs.dedup();
        let found: Vec<Uuid> = log::Entity::find()
            .select_only()
            .column(log::Column::Id)
            .filter(log::Column::Id.is_in(logs))
            .lock_shared()
            .into_tuple()
            .all(sql)
            .await?;
        existing.extend(found);
    }
    Ok(existing)
}
