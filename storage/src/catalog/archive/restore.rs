//! Filling the archive's tables from segments that were found in the object store.

use std::collections::HashMap;

use protocol::SegmentId;
use protocol::segment::IndexEntry;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;

use super::super::column::{from_time, from_u64};
use super::super::entity::archive_shard;
use super::super::turn::Turn;
use super::super::{Catalog, CatalogError};
use super::{ArchivedBlock, insert_blocks, insert_segment};
use crate::event_log::Position;

/// A segment that was found in the object store.
#[derive(Clone, Debug)]
pub struct FoundSegment {
    pub id: SegmentId,
    pub bytes: u64,
    pub index: Vec<IndexEntry>,
}

impl Catalog {
    /// Writes down segments and those of their blocks that are wanted. A segment without any is to
    /// be removed.
    ///
    /// # Errors
    /// When the rows can't be written; then none was.
    pub async fn adopt_segments(
        &self,
        shard: u16,
        segments: &[(SegmentId, u64)],
        blocks: &[ArchivedBlock],
    ) -> Result<(), CatalogError> {
        self.change(Turn::Shard(shard), move |change| async move {
            let mut live: HashMap<SegmentId, usize> = HashMap::new();
            for block in blocks {
                *live.entry(block.segment).or_default() += 1;
            }
            for (id, bytes) in segments {
                let live = live.get(id).copied().unwrap_or_default();
                insert_segment(&change, shard, *id, *bytes, live).await?;
            }
            insert_blocks(change.sql(), shard, blocks).await?;
            change.commit().await
        })
        .await
    }

    /// Sets the position from which a shard is archived on.
    ///
    /// # Errors
    /// When the row can't be written.
    pub async fn set_archived(&self, shard: u16, position: Position) -> Result<(), CatalogError> {
        self.change(Turn::Shard(shard), move |change| async move {
            let sql = change.sql();
            archive_shard::Entity::delete_by_id(i32::from(shard))
                .exec(sql)
                .await?;
            let row = archive_shard::ActiveModel {
                shard: Set(shard.into()),
                position: Set(from_u64(position.0)),
                holder: Set(None),
                epoch: Set(1),
                lease_until: Set(0),
                end_position: Set(from_u64(position.0)),
                pending_since: Set(None),
                updated_at: Set(from_time(change.at())),
            };
            archive_shard::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
            change.commit().await
        })
        .await
    }
}
