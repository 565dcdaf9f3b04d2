//! Filling the archive's tables from segments that were found in the object store.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use protocol::{LogId, Position, SegmentId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::lease::unclaimed;
use super::{ArchivedBlock, insert_blocks, insert_segment_row};
use crate::column::{from_time, to_word};
use crate::entity::{
    archive_segment, archive_shard, deletion_job, exists, insert, log, set, tenant_deletion,
};
use crate::lock::Lock;
use crate::record::Change;
use crate::{Catalog, CatalogError, DeletionStep, Retention};

/// How long segments stay that nothing refers to after a restore. Somebody may miss what is in them.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Catalog {
    /// All logs of all tenants behind an id, in the order of their ids, for the system.
    pub async fn logs_of_all(
        &self,
        after: Option<LogId>,
        limit: u64,
    ) -> Result<Vec<(LogId, Retention)>, CatalogError> {
        let mut query = log::Entity::find()
            .select_only()
            .column(log::Column::Id)
            .column(log::Column::Retention)
            .order_by_asc(log::Column::Id)
            .limit(limit);
        if let Some(after) = after {
            query = query.filter(log::Column::Id.gt(after.0));
        }
        let rows: Vec<(Uuid, String)> = query.into_tuple().all(self.readers()).await?;
        rows.into_iter()
            .map(|(id, retention)| Ok((LogId(id), to_word(&retention)?)))
            .collect()
    }

    /// Writes down segments that were found and those of their blocks that are wanted. A segment
    /// without any is to be removed. While a deletion is under way, `foreign` segments, which hold
    /// blocks of logs that are not there, are to be written again: they may hold what it is to erase.
    ///
    /// # Errors
    /// When the rows can't be written; then none was.
    pub async fn adopt_segments(
        &self,
        segments: &[(SegmentId, u64)],
        blocks: &[ArchivedBlock],
        foreign: &HashSet<SegmentId>,
        shard_of: impl Fn(LogId) -> u16,
    ) -> Result<(), CatalogError> {
        let shard_of = &shard_of;
        self.change(Lock::All, move |change| async move {
            let erasing = is_erasing(change.sql()).await?;
            // The shard of each segment, and how many of its blocks are wanted.
            let mut live: HashMap<SegmentId, (u16, usize)> = HashMap::new();
            let mut by_shard: BTreeMap<u16, Vec<ArchivedBlock>> = BTreeMap::new();
            for block in blocks {
                let shard = shard_of(block.entry.log);
                let (of_segment, blocks) = live.entry(block.segment).or_default();
                *of_segment = shard;
                *blocks += 1;
                by_shard.entry(shard).or_default().push(*block);
            }
            for (id, bytes) in segments {
                let (shard, live) = live.get(id).copied().unwrap_or_default();
                insert_segment_row(&change, shard, *id, *bytes, live, false).await?;
                if erasing && foreign.contains(id) {
                    // As if its logs had been deleted before anything else: every deletion that is
                    // under way waits for it.
                    let since = archive_segment::Column::EraseSince;
                    set_time(&change, *id, since, Timestamp::default()).await?;
                } else if live == 0 {
                    // It counts as retired only then.
                    let retired_at = archive_segment::Column::RetiredAt;
                    set_time(&change, *id, retired_at, change.at().saturating_add(KEPT)).await?;
                }
            }
            for (shard, blocks) in by_shard {
                insert_blocks(change.sql(), shard, &blocks).await?;
            }
            change.commit(()).await
        })
        .await
    }

    /// Sets the position from which a shard is archived on.
    pub async fn set_archived(&self, shard: u16, position: Position) -> Result<(), CatalogError> {
        self.change(Lock::Shard(shard), move |change| async move {
            let sql = change.sql();
            let before = archive_shard::Entity::delete_by_id(i32::from(shard));
            before.exec(sql).await?;
            insert(sql, unclaimed(shard, position, change.at())).await?;
            change.commit(()).await
        })
        .await
    }
}

/// Whether a deletion has begun and has not come behind the archive.
async fn is_erasing(sql: &impl ConnectionTrait) -> Result<bool, CatalogError> {
    let others = [
        DeletionStep::Scheduled,
        DeletionStep::Backups,
        DeletionStep::Done,
    ];
    let others = others.map(|step| step.into_str());
    let jobs = deletion_job::Column::Step.is_not_in(others);
    let tenants = tenant_deletion::Column::Step.is_not_in(others);
    Ok(exists::<deletion_job::Entity>(sql, jobs).await?
        || exists::<tenant_deletion::Entity>(sql, tenants).await?)
}

async fn set_time(
    change: &Change,
    segment: SegmentId,
    column: archive_segment::Column,
    time: Timestamp,
) -> Result<(), CatalogError> {
    let row = archive_segment::Column::Id.eq(segment.0);
    set::<archive_segment::Entity>(change.sql(), column, from_time(time), row).await
}
