//! Deleted logs: their rows go at once, their bytes when their segments are written again.

use protocol::{LogId, SegmentId, TenantId, Timestamp};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::record::{check, live_blocks};
use super::{
    ArchiveError, ArchivedBlock, NewSegment, ROWS_PER_STATEMENT, ShardLease, insert_segment,
    release_blocks, to_block,
};
use crate::column::{from_time, to_sequence, to_u64};
use crate::entity::{all, archive_block, archive_segment, delete, set, values};
use crate::lock::Lock;
use crate::record::Change;
use crate::{Catalog, CatalogError, usage};

/// Removes the rows of a log, and marks the segments that still hold its bytes. From now on it stores
/// nothing.
pub(crate) async fn forget_log(
    change: &Change,
    tenant: TenantId,
    log: LogId,
) -> Result<(), CatalogError> {
    let sql = change.sql();
    let last = archive_block::Entity::find()
        .filter(archive_block::Column::LogId.eq(log.0))
        .order_by_desc(archive_block::Column::First)
        .limit(1);
    let last: Vec<i64> = values(sql, last, archive_block::Column::Last).await?;
    let archived = to_sequence(last.first().copied().unwrap_or_default())?;
    usage::forget_log(change, tenant, log, archived).await?;
    let rows: Vec<(Uuid, i64)> = archive_block::Entity::find()
        .select_only()
        .column(archive_block::Column::SegmentId)
        .column_as(archive_block::Column::First.count(), "blocks")
        .filter(archive_block::Column::LogId.eq(log.0))
        .group_by(archive_block::Column::SegmentId)
        .order_by_asc(archive_block::Column::SegmentId)
        .into_tuple()
        .all(sql)
        .await?;
    delete::<archive_block::Entity>(sql, archive_block::Column::LogId.eq(log.0)).await?;
    for ids in rows.chunks(ROWS_PER_STATEMENT) {
        let ids = ids.iter().map(|(segment, _)| *segment);
        let since = archive_segment::Column::EraseSince;
        let unmarked = since.is_null().and(archive_segment::Column::Id.is_in(ids));
        set::<archive_segment::Entity>(sql, since, from_time(change.at()), unmarked).await?;
    }
    for (segment, blocks) in rows {
        let blocks = usize::try_from(blocks).unwrap_or_default();
        release_blocks(change, SegmentId(segment), blocks).await?;
    }
    Ok(())
}

impl Catalog {
    /// Segments of a shard that hold bytes of logs which were deleted before `before`, and blocks
    /// of others.
    pub async fn segments_to_erase(
        &self,
        shard: u16,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SegmentId>, CatalogError> {
        let segments = archive_segment::Entity::find()
            .filter(archive_segment::Column::EraseSince.lt(from_time(before)))
            .filter(archive_segment::Column::RetiredAt.is_null())
            .filter(archive_segment::Column::Shard.eq(i32::from(shard)))
            .order_by_asc(archive_segment::Column::EraseSince)
            .limit(u64::from(limit));
        let ids = values(self.readers(), segments, archive_segment::Column::Id).await?;
        Ok(ids.into_iter().map(SegmentId).collect())
    }

    /// The blocks that lie in a segment and are still wanted, in the order of their offsets.
    pub async fn blocks_in(&self, segment: SegmentId) -> Result<Vec<ArchivedBlock>, CatalogError> {
        let rows = archive_block::Entity::find()
            .filter(archive_block::Column::SegmentId.eq(segment.0))
            .order_by_asc(archive_block::Column::ByteOffset);
        all(self.readers(), rows, to_block).await
    }

    /// Moves the blocks of a segment to a new one that was written from it.
    ///
    /// # Errors
    /// When the lease was lost, or a block was merged or written anew meanwhile.
    pub async fn move_blocks(
        &self,
        lease: ShardLease,
        from: SegmentId,
        to: NewSegment,
    ) -> Result<(), ArchiveError> {
        let to = &to;
        self.change(Lock::Shard(lease.shard), move |change| async move {
            let sql = change.sql();
            check(sql, lease).await?;
            let live = live_blocks(sql, &to.blocks).await?;
            let before = archive_block::Column::SegmentId.eq(from.0);
            if delete::<archive_block::Entity>(sql, before).await? != live.len() as u64 {
                return Err(ArchiveError::Changed);
            }
            insert_segment(&change, lease.shard, to, &live).await?;
            release_blocks(&change, from, live.len()).await?;
            change.commit(()).await
        })
        .await
    }

    /// Segments that nothing refers to since before `before`, with their bytes.
    pub async fn retired_segments(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<(SegmentId, u64)>, CatalogError> {
        let rows = archive_segment::Entity::find()
            .filter(archive_segment::Column::RetiredAt.lt(from_time(before)))
            .limit(u64::from(limit))
            .all(self.readers())
            .await?;
        let segment = |row: archive_segment::Model| (SegmentId(row.id), to_u64(row.bytes));
        Ok(rows.into_iter().map(segment).collect())
    }

    /// Deletes the row of a segment whose object is gone.
    pub async fn forget_segment(&self, shard: u16, id: SegmentId) -> Result<(), CatalogError> {
        self.change(Lock::Shard(shard), move |change| async move {
            let row = archive_segment::Column::Id.eq(id.0);
            delete::<archive_segment::Entity>(change.sql(), row).await?;
            change.commit(()).await
        })
        .await
    }

    /// Which of these segments the catalog knows.
    pub async fn known_segments(&self, ids: &[SegmentId]) -> Result<Vec<SegmentId>, CatalogError> {
        let mut known = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let found = archive_segment::Column::Id.is_in(ids.iter().map(|id| id.0));
            let found = archive_segment::Entity::find().filter(found);
            let found = values(self.readers(), found, archive_segment::Column::Id).await?;
            known.extend(found.into_iter().map(SegmentId));
        }
        Ok(known)
    }
}
