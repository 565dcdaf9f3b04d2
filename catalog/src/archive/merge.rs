//! Compaction: many small blocks of a log become one.

use std::collections::BTreeMap;

use protocol::{LogId, SegmentId, Sequence};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::record::{check, existing_logs};
use super::{
    ArchiveError, ArchivedBlock, LEVEL_FULL, NewSegment, ShardLease, delete_blocks, insert_segment,
    release_blocks, to_block,
};
use crate::column::from_u64;
use crate::entity::archive_block::{Column, Entity};
use crate::entity::{all, set};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

/// Consecutive blocks of a log and the one that holds all their events.
#[derive(Clone, Debug)]
pub struct Merge {
    pub from: Vec<ArchivedBlock>,
    pub into: ArchivedBlock,
}

impl Catalog {
    /// Logs of a shard that have at least `blocks` blocks of a level, with that level.
    pub async fn mergeable_logs(
        &self,
        shard: u16,
        blocks: u32,
        limit: u32,
    ) -> Result<Vec<(LogId, u8)>, CatalogError> {
        let rows: Vec<(Uuid, i32)> = Entity::find()
            .select_only()
            .column(Column::LogId)
            .column(Column::Level)
            .filter(Column::Shard.eq(i32::from(shard)))
            .filter(Column::Level.lt(i32::from(LEVEL_FULL)))
            .filter(Column::TrimPending.eq(false))
            .group_by(Column::LogId)
            .group_by(Column::Level)
            .having(Column::First.count().gte(i64::from(blocks)))
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.readers())
            .await?;
        let level = |level| u8::try_from(level).unwrap_or(LEVEL_FULL);
        Ok(rows
            .into_iter()
            .map(|(log, found)| (LogId(log), level(found)))
            .collect())
    }

    /// The blocks of a log on a level, in the order of their sequences.
    pub async fn blocks_on_level(
        &self,
        log: LogId,
        level: u8,
        limit: u32,
    ) -> Result<Vec<ArchivedBlock>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::LogId.eq(log.0))
            .filter(Column::Level.eq(i32::from(level)))
            .filter(Column::TrimPending.eq(false))
            .order_by_asc(Column::First)
            .limit(u64::from(limit));
        all(self.readers(), rows, to_block).await
    }

    /// Puts merged blocks in the place of those that they were made from, in one transaction.
    ///
    /// # Errors
    /// When the lease was lost, or one of the blocks is not what it was; then nothing was changed.
    pub async fn record_merges(
        &self,
        lease: ShardLease,
        segment: SegmentId,
        segment_bytes: u64,
        merges: Vec<Merge>,
    ) -> Result<(), ArchiveError> {
        let merges = &merges;
        self.change(Lock::Shard(lease.shard), move |change| async move {
            let sql = change.sql();
            check(sql, lease).await?;
            let new = NewSegment {
                id: segment,
                bytes: segment_bytes,
                blocks: merges.iter().map(|merge| merge.into).collect(),
            };
            let existing =
                existing_logs(sql, new.blocks.iter().map(|block| block.entry.log)).await?;
            let exists = |merge: &&Merge| existing.contains_key(&merge.into.entry.log);
            let merges: Vec<_> = merges.iter().filter(exists).collect();
            let mut released: BTreeMap<SegmentId, usize> = BTreeMap::new();
            for merge in &merges {
                let mut by_segment: BTreeMap<SegmentId, Vec<Sequence>> = BTreeMap::new();
                for block in &merge.from {
                    let firsts = by_segment.entry(block.segment).or_default();
                    firsts.push(block.entry.first);
                }
                for (from, firsts) in by_segment {
                    let log = merge.into.entry.log;
                    if delete_blocks(sql, from, log, &firsts).await? != firsts.len() as u64 {
                        return Err(ArchiveError::Changed);
                    }
                    *released.entry(from).or_default() += firsts.len();
                }
            }
            let live: Vec<_> = merges.iter().map(|merge| merge.into).collect();
            insert_segment(&change, lease.shard, &new, &live).await?;
            for (from, blocks) in released {
                release_blocks(&change, from, blocks).await?;
            }
            change.commit(()).await
        })
        .await
    }

    /// Says that a block is as large as blocks get.
    pub async fn mark_block_full(
        &self,
        shard: u16,
        block: &ArchivedBlock,
    ) -> Result<(), CatalogError> {
        let first = from_u64(block.entry.first.get());
        let log = block.entry.log.0;
        self.change(Lock::Shard(shard), move |change| async move {
            let row = Column::LogId.eq(log).and(Column::First.eq(first));
            set::<Entity>(change.sql(), Column::Level, i32::from(LEVEL_FULL), row).await?;
            change.commit(()).await
        })
        .await
    }
}
