//! CPU time that versions spent. Operational, but never counted twice: a batch is known by its
//! worker, epoch and counter, and its rows are added in the transaction that remembers it.

use std::time::Duration;

use protocol::{TenantId, Timestamp, VersionId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};
use uuid::Uuid;

use super::column::{from_time, from_u64, to_u64};
use super::entity::{compute_batch, compute_usage};
use super::{Catalog, CatalogError};

/// How long a batch is remembered. A worker sends one again for seconds, not for days.
const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

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
        let change = self.change().await?;
        let sql = change.sql();
        let id = (batch.worker, from_u64(batch.epoch), from_u64(batch.counter));
        if compute_batch::Entity::find_by_id(id)
            .one(sql)
            .await?
            .is_some()
        {
            return Ok(false);
        }
        let row = compute_batch::ActiveModel {
            worker: Set(id.0),
            epoch: Set(id.1),
            counter: Set(id.2),
            recorded_at: Set(from_time(change.at())),
        };
        compute_batch::Entity::insert(row)
            .exec_without_returning(sql)
            .await?;
        for (tenant, version, compute_us) in batch.rows {
            add(sql, tenant, version, compute_us).await?;
        }
        let remembered = u64::try_from(REMEMBERED.as_micros()).unwrap_or(u64::MAX);
        let forgotten = Timestamp(change.at().as_micros().saturating_sub(remembered));
        compute_batch::Entity::delete_many()
            .filter(compute_batch::Column::RecordedAt.lt(from_time(forgotten)))
            .exec(sql)
            .await?;
        change.commit().await?;
        Ok(true)
    }

    /// CPU time that a version spent, in microseconds.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn compute_us(&self, version: VersionId) -> Result<u64, CatalogError> {
        let row = compute_usage::Entity::find_by_id(version.0)
            .one(self.readers())
            .await?;
        Ok(row.map_or(0, |row| to_u64(row.compute_us)))
    }
}

async fn add(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
    version: VersionId,
    compute_us: u64,
) -> Result<(), CatalogError> {
    let column = compute_usage::Column::ComputeUs;
    let added = compute_usage::Entity::update_many()
        .col_expr(column, Expr::col(column).add(from_u64(compute_us)))
        .filter(compute_usage::Column::VersionId.eq(version.0))
        .exec(sql)
        .await?;
    if added.rows_affected == 0 {
        let row = compute_usage::ActiveModel {
            version_id: Set(version.0),
            tenant_id: Set(tenant.0),
            compute_us: Set(from_u64(compute_us)),
        };
        compute_usage::Entity::insert(row)
            .exec_without_returning(sql)
            .await?;
    }
    Ok(())
}
