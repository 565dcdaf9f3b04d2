//! Batches of use, each counted once however often it is sent.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use protocol::{TenantId, VersionId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Additions, Fold, ROWS_PER_STATEMENT, UsageKey};
use crate::column::{from_time, from_u64, to_u64};
use crate::entity::{compute_batch, compute_usage, delete, insert, one};
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
        let (versions, amounts) = (by_version(batch.measured.versions), batch.measured.amounts);
        let (versions, amounts) = (&versions, &amounts);
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
            let versions: Vec<_> = versions.values().collect();
            for versions in versions.chunks(ROWS_PER_STATEMENT) {
                add_compute(sql, versions).await?;
                count_folds(sql, versions, &mut additions).await?;
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

/// The versions of a batch, each once and in one order, so that two nodes never deadlock.
type Versions = BTreeMap<VersionId, VersionUse>;

fn by_version(batch: Vec<VersionUse>) -> Versions {
    let mut versions = Versions::new();
    for it in batch {
        match versions.entry(it.version) {
            Entry::Vacant(new) => drop(new.insert(it)),
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.compute_us = known.compute_us.saturating_add(it.compute_us);
                known.folds.extend(it.folds);
            }
        }
    }
    versions
}

/// Adds to the rows of versions, which batches of several workers do at the same time. Until its
/// transaction ends no other one reads what is in the rows.
async fn add_compute(
    sql: &impl ConnectionTrait,
    versions: &[&VersionUse],
) -> Result<(), CatalogError> {
    let rows = versions
        .iter()
        .map(|it| row(it, it.compute_us, 0))
        .collect();
    let column = compute_usage::Column::ComputeUs;
    let more = Expr::col(("excluded", column));
    let sum = Expr::col((compute_usage::Entity, column)).add(more);
    upsert(sql, rows, (column, sum)).await
}

/// Counts what versions folded for the first time.
async fn count_folds(
    sql: &impl ConnectionTrait,
    versions: &[&VersionUse],
    additions: &mut Additions,
) -> Result<(), CatalogError> {
    let folding = versions.iter().filter(|it| !it.folds.is_empty());
    let folding: Vec<_> = folding.copied().collect();
    if folding.is_empty() {
        return Ok(());
    }
    let ids = folding.iter().map(|it| it.version.0);
    let rows = compute_usage::Entity::find().filter(compute_usage::Column::VersionId.is_in(ids));
    let rows = rows.all(sql).await?.into_iter();
    let before: HashMap<_, _> = rows
        .map(|row| (VersionId(row.version_id), to_u64(row.folded_through)))
        .collect();
    let mut further = Vec::new();
    for it in folding {
        let before = before.get(&it.version).copied().unwrap_or_default();
        let mut through = before;
        for fold in &it.folds {
            additions.add_amount(fold.key, fold.nanos_behind(through));
            through = fold.through(through);
        }
        if through > before {
            further.push(row(it, 0, through));
        }
    }
    let column = compute_usage::Column::FoldedThrough;
    upsert(sql, further, (column, Expr::col(("excluded", column)))).await
}

fn row(it: &VersionUse, compute_us: u64, through: u64) -> compute_usage::ActiveModel {
    compute_usage::ActiveModel {
        version_id: Set(it.version.0),
        tenant_id: Set(it.tenant.0),
        compute_us: Set(from_u64(compute_us)),
        folded_through: Set(from_u64(through)),
    }
}

/// Inserts rows, or sets a column of those that are there.
async fn upsert(
    sql: &impl ConnectionTrait,
    rows: Vec<compute_usage::ActiveModel>,
    set: (compute_usage::Column, Expr),
) -> Result<(), CatalogError> {
    if rows.is_empty() {
        return Ok(());
    }
    let update = OnConflict::column(compute_usage::Column::VersionId)
        .values([set])
        .to_owned();
    compute_usage::Entity::insert_many(rows)
        .on_conflict(update)
        .exec_without_returning(sql)
        .await?;
    Ok(())
}
