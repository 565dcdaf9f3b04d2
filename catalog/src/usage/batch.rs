//! Batches of use, each counted once however often it is sent.

use std::time::Duration;

use protocol::{TenantId, VersionId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use super::{Additions, Fold, UsageKey};
use crate::column::{from_time, from_u64, to_u64};
use crate::entity::{compute_batch, compute_usage, delete, insert, one, set};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

/// How long the id of a batch is kept. Its source sends one again for seconds, not for days.
const BATCH_ID_TTL: Duration = Duration::from_secs(24 * 3_600);

/// What a node measured since its batch before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageBatch {
    /// The node, for as long as it runs.
    pub source: Uuid,
    /// Which start of the node.
    pub epoch: u64,
    /// Which batch since that start.
    pub counter: u64,
    pub measured: Measured,
}

/// What was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// In the units of the meters.
    pub amounts: Vec<(UsageKey, u64)>,
    pub versions: Vec<VersionUse>,
}

/// What a version used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionUse {
    pub tenant: TenantId,
    pub version: VersionId,
    /// All its CPU time in microseconds, also what is not billed.
    pub compute_us: u64,
    pub folds: Vec<Fold>,
}

impl Catalog {
    /// Adds a batch; `false` if it was counted before, and then nothing is added.
    ///
    /// # Errors
    /// When the rows can't be written; then the batch is to be sent again as it is.
    pub async fn record_usage(&self, batch: UsageBatch) -> Result<bool, CatalogError> {
        // In one order, so that two nodes never deadlock.
        let mut versions = batch.measured.versions;
        versions.sort_unstable_by_key(|it| it.version);
        let (versions, amounts) = (&versions, &batch.measured.amounts);
        let id = (batch.source, from_u64(batch.epoch), from_u64(batch.counter));
        self.change(Lock::UsageSource(batch.source), move |change| async move {
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
            let mut additions = Additions::default();
            for (key, amount) in amounts {
                additions.add_amount(*key, *amount);
            }
            for it in versions {
                add_compute(sql, it).await?;
                count_folds(sql, it, &mut additions).await?;
            }
            additions.write(sql).await?;
            let expired = change.at().saturating_sub(BATCH_ID_TTL);
            let expired = compute_batch::Column::RecordedAt.lt(from_time(expired));
            delete::<compute_batch::Entity>(sql, expired).await?;
            change.commit(true).await
        })
        .await
    }

    /// All CPU time that a version spent, billed or not, in microseconds.
    pub async fn compute_us(&self, version: VersionId) -> Result<u64, CatalogError> {
        let row = one(self.readers(), compute_usage::Entity::find_by_id(version.0)).await?;
        Ok(row.map_or(0, |row| to_u64(row.compute_us)))
    }
}

/// Adds to the row of a version, which batches of several workers do at the same time. Until its
/// transaction ends no other one reads what is in the row.
async fn add_compute(sql: &impl ConnectionTrait, it: &VersionUse) -> Result<(), CatalogError> {
    let compute_us = from_u64(it.compute_us);
    let column = (compute_usage::Entity, compute_usage::Column::ComputeUs);
    let row = compute_usage::ActiveModel {
        version_id: Set(it.version.0),
        tenant_id: Set(it.tenant.0),
        compute_us: Set(compute_us),
        folded_through: Set(0),
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

/// Counts what a version folded for the first time.
async fn count_folds(
    sql: &impl ConnectionTrait,
    it: &VersionUse,
    additions: &mut Additions,
) -> Result<(), CatalogError> {
    if it.folds.is_empty() {
        return Ok(());
    }
    let row = one(sql, compute_usage::Entity::find_by_id(it.version.0)).await?;
    let before = row.map_or(0, |row| to_u64(row.folded_through));
    let mut through = before;
    for fold in &it.folds {
        additions.add_amount(fold.key, fold.nanos_behind(through));
        through = fold.through(through);
    }
    if through > before {
        let row = compute_usage::Column::VersionId.eq(it.version.0);
        let column = compute_usage::Column::FoldedThrough;
        set::<compute_usage::Entity>(sql, column, from_u64(through), row).await?;
    }
    Ok(())
}
