//! Metering what is archived and never was metered: blocks from before use was, and blocks that a
//! restore found in segments that are newer than its ledger.

use protocol::{LogId, TenantId};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::record::check;
use super::{ArchiveError, ShardLease};
use crate::column::{to_sequence, to_u64};
use crate::entity::archive_block::{Column, Entity};
use crate::entity::{log, one};
use crate::lock::Lock;
use crate::{Catalog, CatalogError, usage};

/// Logs that are looked at at a time.
const LOGS_AT_A_TIME: u64 = 500;

/// A log, the bytes of the events in its blocks, and the newest sequence of them.
type Archived = (Uuid, i64, i64);

impl Catalog {
    /// Brings the levels of a shard's logs to what its blocks hold, from now on. How many logs were
    /// not metered right.
    pub async fn align_storage(&self, lease: ShardLease) -> Result<u64, ArchiveError> {
        let mut aligned = 0;
        let mut after = Uuid::nil();
        loop {
            let blocks = self.archived_bytes(lease.shard, after).await?;
            let Some((last, ..)) = blocks.last() else {
                return Ok(aligned);
            };
            after = *last;
            let logs = blocks.iter().map(|(log, ..)| LogId(*log));
            let levels = usage::levels(self.readers(), logs).await?;
            for (log, bytes, _) in blocks {
                let log = LogId(log);
                if levels.get(&log).copied().unwrap_or_default() != to_u64(bytes) {
                    self.align_log(lease, log).await?;
                    aligned += 1;
                }
            }
        }
    }

    /// Logs of a shard behind an id.
    async fn archived_bytes(&self, shard: u16, after: Uuid) -> Result<Vec<Archived>, CatalogError> {
        let blocks = archived()
            .filter(Column::Shard.eq(i32::from(shard)))
            .filter(Column::LogId.gt(after))
            .order_by_asc(Column::LogId)
            .limit(LOGS_AT_A_TIME);
        Ok(blocks.into_tuple().all(self.readers()).await?)
    }

    async fn align_log(&self, lease: ShardLease, log: LogId) -> Result<(), ArchiveError> {
        self.change(Lock::Shard(lease.shard), move |change| async move {
            let sql = change.sql();
            check(sql, lease).await?;
            let found = log::Entity::find_by_id(log.0).lock_shared();
            let Some(found) = one(sql, found).await? else {
                return Ok(());
            };
            let blocks = archived().filter(Column::LogId.eq(log.0)).into_tuple();
            let blocks = blocks.one(sql).await.map_err(CatalogError::from)?;
            let (_, bytes, last): Archived = blocks.unwrap_or_default();
            let (tenant, last) = (TenantId(found.tenant_id), to_sequence(last)?);
            usage::set_level(&change, tenant, log, to_u64(bytes), last).await?;
            change.commit(()).await
        })
        .await
    }
}

fn archived() -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::LogId)
        .column_as(Column::PayloadBytes.sum().cast_as("bigint"), "held")
        .column_as(Column::Last.max(), "newest")
        .group_by(Column::LogId)
}
