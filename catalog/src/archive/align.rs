//! Metering what is archived and never was metered: blocks from before use was, and blocks that a
//! restore found in segments that are newer than its ledger.

use protocol::LogId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::record::{check, existing_logs};
use super::{ArchiveError, ShardLease};
use crate::column::{to_sequence, to_u64};
use crate::entity::archive_block::{Column, Entity};
use crate::lock::Lock;
use crate::{Catalog, CatalogError, usage};

/// Logs that are looked at at a time.
const LOGS_AT_A_TIME: u64 = 500;

/// A log, the bytes of the events in its blocks, and the newest sequence of them. A block holds the bytes
/// of all events of its log up to its last one.
type Archived = (Uuid, i64, i64);

/// How far levels are brought in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aligned {
    /// Logs that were not metered right.
    pub logs: u64,
    /// The newest log that was looked at; `None` when there are no more.
    pub through: Option<LogId>,
}

impl Catalog {
    /// Brings the levels of some of a shard's logs, those behind an id, to what their blocks hold, from
    /// now on.
    ///
    /// # Errors
    /// When the lease was lost, or the rows can't be written; then none was changed.
    pub async fn align_storage(
        &self,
        lease: ShardLease,
        after: Option<LogId>,
    ) -> Result<Aligned, ArchiveError> {
        let after = after.map_or(Uuid::nil(), |log| log.0);
        let blocks = archived()
            .filter(Column::Shard.eq(i32::from(lease.shard)))
            .filter(Column::LogId.gt(after))
            .order_by_asc(Column::LogId)
            .limit(LOGS_AT_A_TIME);
        let blocks = blocks.into_tuple().all(self.readers()).await;
        let blocks: Vec<Archived> = blocks.map_err(CatalogError::from)?;
        let through = blocks.last().map(|(log, ..)| LogId(*log));
        let logs = blocks.iter().map(|(log, ..)| LogId(*log));
        let levels = usage::levels(self.readers(), logs).await?;
        let differs = |(log, bytes, _): &Archived| {
            let known = levels.get(&LogId(*log)).copied().unwrap_or_default();
            (known != to_u64(*bytes)).then_some(LogId(*log))
        };
        let differing: Vec<_> = blocks.iter().filter_map(differs).collect();
        if !differing.is_empty() {
            self.align_logs(lease, &differing).await?;
        }
        Ok(Aligned {
            logs: differing.len() as u64,
            through,
        })
    }

    async fn align_logs(&self, lease: ShardLease, logs: &[LogId]) -> Result<(), ArchiveError> {
        self.change(Lock::Shard(lease.shard), move |change| async move {
            let sql = change.sql();
            check(sql, lease).await?;
            let existing = existing_logs(sql, logs.iter().copied()).await?;
            let blocks = archived().filter(Column::LogId.is_in(logs.iter().map(|log| log.0)));
            let blocks = blocks
                .order_by_asc(Column::LogId)
                .into_tuple()
                .all(sql)
                .await;
            let blocks: Vec<Archived> = blocks.map_err(CatalogError::from)?;
            for (log, bytes, last) in blocks {
                let log = LogId(log);
                if let Some(tenant) = existing.get(&log) {
                    let (bytes, last) = (to_u64(bytes), to_sequence(last)?);
                    usage::set_level(&change, *tenant, log, bytes, last).await?;
                }
            }
            change.commit(()).await
        })
        .await
    }
}

fn archived() -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::LogId)
        .column_as(Column::PayloadBytes.max(), "held")
        .column_as(Column::Last.max(), "newest")
        .group_by(Column::LogId)
}
