//! CPU time that versions spent. Operational, but never counted twice: a batch is known by its
//! worker, epoch and counter, and its rows are added in the transaction that stores its id.

use std::time::Duration;

use protocol::{TenantId, VersionId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait};
use uuid::Uuid;

use super::column::{from_time, from_u64, to_u64};
use super::entity::{compute_batch, compute_usage, delete, insert, one};
use super::lock::Lock;
use super::{Catalog, CatalogError};

/// How long the id of a batch is kept. A worker sends one again for seconds, not for days.
const BATCH_ID_TTL: Duration = Duration::from_secs(24 * 3_600);

/// CPU time that a worker measured since its last batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageBatch {
    pub worker: Uuid,
    /// Which start of the worker.
    pub epoch: u64,
    /// Which batch since that start.
    pub counter: u64,
    /// Microseconds by version.
    pub rows: Vec<(TenantId, VersionId, u64)>,
}

impl Catalog {
    /// Adds a batch; `false` if it was counted before, and then nothing is added.
    ///
    /// # Errors
    /// When the rows can't be written; then the batch is to be sent again as it is.
    pub async fn record_compute(&self, batch: UsageBatch) -> Result<bool, CatalogError> {
        // In one order, so that two workers never deadlock.
        let mut rows = batch.rows;
        rows.sort_unstable_by_key(|(_, version, _)| *version);
        let rows = &rows;
        let id = (batch.worker, from_u64(batch.epoch), from_u64(batch.counter));
        self.change(Lock::Worker(batch.worker), move |change| async move {
            let sql = change.sql();
            let counted = one(sql, compute_batch::Entity::find_by_id(id)).await?;
            if counted.is_some() {
                return Ok(false);
            }
            let row = compute_batch::ActiveModel {
                worker: Set(id.0),
                epoch: Set(id.1),
                counter: Set(id.2),
                recorded_at: Set(from_time(change.at())),
            };
            insert(sql, row).await?;
            for (tenant, version, compute_us) in rows {
                add(sql, *tenant, *version, *compute_us).await?;
            }
            let expired = change.at().saturating_sub(BATCH_ID_TTL);
            let expired = compute_batch::Column::RecordedAt.lt(from_time(expired));
            delete::<compute_batch::Entity>(sql, expired).await?;
            change.commit(true).await
        })
        .await
    }

    /// CPU time that a version spent, in microseconds.
    pub async fn compute_us(&self, version: VersionId) -> Result<u64, CatalogError> {
        let row = one(self.readers(), compute_usage::Entity::find_by_id(version.0)).await?;
        Ok(row.map_or(0, |row| to_u64(row.compute_us)))
    }
}

/// Adds to the row of a version, which batches of several workers do at the same time.
async fn add(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
    version: VersionId,
    compute_us: u64,
) -> Result<(), CatalogError> {
    let compute_us = from_u64(compute_us);
    let column = (compute_usage::Entity, compute_usage::Column::ComputeUs);
    let row = compute_usage::ActiveModel {
        version_id: Set(version.0),
        tenant_id: Set(tenant.0),
        compute_us: Set(compute_us),
    };
    let sum = OnConflict::column(compute_usage::Column::VersionId)
        .value(column.1, Expr::col(column).add(compute_us))
        .to_owned();
    compute_usage::Entity::insert(row)
        .on_conflict(sum)
        .exec_without_returning(sql)
        .await?;
    Ok(())
}
