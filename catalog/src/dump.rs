//! The catalog as rows that can be kept elsewhere and loaded into an empty catalog.
//!
//! What is kept are the control events, which everything of the read model derives from, and the
//! operational rows that somebody would miss: what is still to be deleted and how far that is, where
//! snapshots are, what was used, and second factors, without which a password would be enough again. Sessions end with the catalog; artifacts are compiled
//! again; where the archive's blocks are stands in its segments.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::column::{from_u64, to_u64};
use super::entity::{
    all, billing_month, billing_outbox, compute_usage, control_event, deletion, deletion_job,
    exists, recovery_code, second_factor, snapshot, snapshot_check, storage_level, usage_notice,
    usage_open, usage_record,
};
use super::lock::Lock;
use super::second_factor::forget_ended;
use super::{Catalog, CatalogError, RebuildReport, billing};

/// Rows that are read at a time.
const PAGE: u64 = 1_000;

/// Rows that one statement writes: databases bound how many values it may have.
const ROWS_PER_STATEMENT: usize = 500;

/// A row of the dump; opaque but for its serialized form, which is a JSON object with the name of
/// its table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DumpRow(Row);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "table", content = "row", rename_all = "snake_case")]
enum Row {
    ControlEvents(control_event::Model),
    Deletions(deletion::Model),
    DeletionJobs(deletion_job::Model),
    Snapshots(snapshot::Model),
    SnapshotChecks(snapshot_check::Model),
    ComputeUsage(compute_usage::Model),
    UsageOpen(usage_open::Model),
    UsageRecords(usage_record::Model),
    StorageLevels(storage_level::Model),
    UsageNotices(usage_notice::Model),
    BillingMonths(billing_month::Model),
    BillingOutbox(billing_outbox::Model),
    SecondFactors(second_factor::Model),
    RecoveryCodes(recovery_code::Model),
}

impl DumpRow {
    /// Where the row stands among the control events, if it is one, and its time.
    #[must_use]
    pub fn control_event(&self) -> Option<(i64, i64)> {
        match &self.0 {
            Row::ControlEvents(row) => Some((row.position, row.at)),
            _ => None,
        }
    }
}

/// Reads the rows of one state of the catalog, page after page.
pub struct Dump {
    transaction: DatabaseTransaction,
    /// Which table is read.
    table: u8,
    /// Where its next page begins: behind so many rows, or behind this position of control events.
    behind: u64,
}

impl Catalog {
    /// Begins a dump.
    pub async fn dump(&self) -> Result<Dump, CatalogError> {
        Ok(Dump {
            transaction: self.readers().snapshot().await?,
            table: 0,
            behind: 0,
        })
    }

    /// The control events since a time, in microseconds, with the deletions that they began and the
    /// second factors that were set up, as rows of a dump.
    pub async fn dump_since(&self, at: i64) -> Result<Vec<DumpRow>, CatalogError> {
        // One state, or a deletion whose bytes are there could be missing beside its event.
        let sql = &self.readers().snapshot().await?;
        let events = control_event::Entity::find()
            .filter(control_event::Column::At.gte(at))
            .order_by_asc(control_event::Column::Position);
        let mut rows = all(sql, events, |row| Ok(DumpRow(Row::ControlEvents(row)))).await?;
        let deletions = deletion::Entity::find().filter(deletion::Column::CreatedAt.gte(at));
        rows.extend(all(sql, deletions, |row| Ok(DumpRow(Row::Deletions(row)))).await?);
        let jobs = deletion_job::Column::RequestedAt.gte(at);
        let jobs = deletion_job::Entity::find().filter(jobs);
        rows.extend(all(sql, jobs, |row| Ok(DumpRow(Row::DeletionJobs(row)))).await?);
        let since = second_factor::Column::CreatedAt.gte(at);
        let factors = second_factor::Entity::find().filter(since);
        rows.extend(all(sql, factors, |row| Ok(DumpRow(Row::SecondFactors(row)))).await?);
        let since = recovery_code::Column::CreatedAt.gte(at);
        let codes = recovery_code::Entity::find().filter(since);
        rows.extend(all(sql, codes, |row| Ok(DumpRow(Row::RecoveryCodes(row)))).await?);
        Ok(rows)
    }

    /// Whether nothing was ever recorded.
    pub async fn is_empty(&self) -> Result<bool, CatalogError> {
        let recorded = exists::<control_event::Entity>(self.readers(), Condition::all()).await?;
        Ok(!recorded)
    }

    /// Stores rows of a dump; those that are there already stay as they are.
    ///
    /// # Errors
    /// When a row can't be written; then none of them was.
    pub async fn load(&self, rows: Vec<DumpRow>) -> Result<(), CatalogError> {
        let tables = &Tables::of(rows);
        self.change(Lock::All, move |change| async move {
            let sql = change.sql();
            put::<control_event::Entity>(sql, &tables.control_events).await?;
            put::<deletion::Entity>(sql, &tables.deletions).await?;
            put::<deletion_job::Entity>(sql, &tables.deletion_jobs).await?;
            put::<snapshot::Entity>(sql, &tables.snapshots).await?;
            put::<snapshot_check::Entity>(sql, &tables.snapshot_checks).await?;
            put::<compute_usage::Entity>(sql, &tables.compute_usage).await?;
            put::<usage_open::Entity>(sql, &tables.usage_open).await?;
            put::<usage_record::Entity>(sql, &tables.usage_records).await?;
            put::<storage_level::Entity>(sql, &tables.storage_levels).await?;
            put::<usage_notice::Entity>(sql, &tables.usage_notices).await?;
            put::<billing_month::Entity>(sql, &tables.billing_months).await?;
            put::<billing_outbox::Entity>(sql, &tables.billing_outbox).await?;
            put::<second_factor::Entity>(sql, &tables.second_factors).await?;
            put::<recovery_code::Entity>(sql, &tables.recovery_codes).await?;
            change.commit(()).await
        })
        .await
    }

    /// Derives the read model from the events that were loaded, and goes on behind them. What was
    /// reported to the payment provider since the backup is asked for before anything more is.
    pub async fn finish_load(&self) -> Result<RebuildReport, CatalogError> {
        if self.readers().get_database_backend() == DbBackend::Postgres {
            let go_on = "SELECT setval(pg_get_serial_sequence('control_events', 'position'), \
                         (SELECT coalesce(max(position), 1) FROM control_events))";
            self.0.writer.execute_unprepared(go_on).await?;
        }
        self.change(Lock::All, move |change| async move {
            billing::unsettle(change.sql(), change.at()).await?;
            forget_ended(change.sql()).await?;
            change.commit::<_, CatalogError>(()).await
        })
        .await?;
        self.rebuild().await
    }
}

impl Dump {
    /// The next rows; none at the end.
    pub async fn next(&mut self) -> Result<Vec<DumpRow>, CatalogError> {
        let sql = &self.transaction;
        loop {
            let behind = self.behind;
            let rows = match self.table {
                0 => control_events(sql, behind).await?,
                1 => page(sql, deletion::Entity, behind, Row::Deletions).await?,
                2 => page(sql, snapshot::Entity, behind, Row::Snapshots).await?,
                3 => page(sql, snapshot_check::Entity, behind, Row::SnapshotChecks).await?,
                4 => page(sql, compute_usage::Entity, behind, Row::ComputeUsage).await?,
                5 => page(sql, deletion_job::Entity, behind, Row::DeletionJobs).await?,
                6 => page(sql, usage_open::Entity, behind, Row::UsageOpen).await?,
                7 => page(sql, usage_record::Entity, behind, Row::UsageRecords).await?,
                8 => page(sql, storage_level::Entity, behind, Row::StorageLevels).await?,
                9 => page(sql, usage_notice::Entity, behind, Row::UsageNotices).await?,
                10 => page(sql, billing_month::Entity, behind, Row::BillingMonths).await?,
                11 => page(sql, billing_outbox::Entity, behind, Row::BillingOutbox).await?,
                12 => page(sql, second_factor::Entity, behind, Row::SecondFactors).await?,
                13 => page(sql, recovery_code::Entity, behind, Row::RecoveryCodes).await?,
                _ => return Ok(Vec::new()),
            };
            if let Some(last) = rows.last() {
                self.behind = match last.control_event() {
                    Some((position, _)) => to_u64(position),
                    None => behind + rows.len() as u64,
                };
                return Ok(rows);
            }
            self.table += 1;
            self.behind = 0;
        }
    }
}

async fn control_events(
    sql: &DatabaseTransaction,
    after: u64,
) -> Result<Vec<DumpRow>, CatalogError> {
    let rows = control_event::Entity::find()
        .filter(control_event::Column::Position.gt(from_u64(after)))
        .order_by_asc(control_event::Column::Position)
        .limit(PAGE);
    all(sql, rows, |row| Ok(DumpRow(Row::ControlEvents(row)))).await
}

/// Rows of a table behind an offset. The transaction sees one state, so none is skipped.
async fn page<E: EntityTrait>(
    sql: &DatabaseTransaction,
    _table: E,
    offset: u64,
    row: fn(E::Model) -> Row,
) -> Result<Vec<DumpRow>, CatalogError> {
    let mut query = E::find();
    for key in <E::PrimaryKey as sea_orm::Iterable>::iter() {
        query = query.order_by_asc(sea_orm::PrimaryKeyToColumn::into_column(key));
    }
    let rows = query.offset(offset).limit(PAGE).all(sql).await?;
    Ok(rows.into_iter().map(row).map(DumpRow).collect())
}

/// Rows by their table.
#[derive(Default)]
struct Tables {
    control_events: Vec<control_event::Model>,
    deletions: Vec<deletion::Model>,
    deletion_jobs: Vec<deletion_job::Model>,
    snapshots: Vec<snapshot::Model>,
    snapshot_checks: Vec<snapshot_check::Model>,
    compute_usage: Vec<compute_usage::Model>,
    usage_open: Vec<usage_open::Model>,
    usage_records: Vec<usage_record::Model>,
    storage_levels: Vec<storage_level::Model>,
    usage_notices: Vec<usage_notice::Model>,
    billing_months: Vec<billing_month::Model>,
    billing_outbox: Vec<billing_outbox::Model>,
    second_factors: Vec<second_factor::Model>,
    recovery_codes: Vec<recovery_code::Model>,
}

impl Tables {
    fn of(rows: Vec<DumpRow>) -> Self {
        let mut tables = Self::default();
        for DumpRow(row) in rows {
            match row {
                Row::ControlEvents(row) => tables.control_events.push(row),
                Row::Deletions(row) => tables.deletions.push(row),
                Row::DeletionJobs(row) => tables.deletion_jobs.push(row),
                Row::Snapshots(row) => tables.snapshots.push(row),
                Row::SnapshotChecks(row) => tables.snapshot_checks.push(row),
                Row::ComputeUsage(row) => tables.compute_usage.push(row),
                Row::UsageOpen(row) => tables.usage_open.push(row),
                Row::UsageRecords(row) => tables.usage_records.push(row),
                Row::StorageLevels(row) => tables.storage_levels.push(row),
                Row::UsageNotices(row) => tables.usage_notices.push(row),
                Row::BillingMonths(row) => tables.billing_months.push(row),
                Row::BillingOutbox(row) => tables.billing_outbox.push(row),
                Row::SecondFactors(row) => tables.second_factors.push(row),
                Row::RecoveryCodes(row) => tables.recovery_codes.push(row),
            }
        }
        tables
    }
}

async fn put<E>(sql: &impl ConnectionTrait, rows: &[E::Model]) -> Result<(), CatalogError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Clone,
{
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let rows = rows.iter().cloned();
        let rows = rows.map(|row| row.into_active_model().reset_all());
        E::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(sql)
            .await?;
    }
    Ok(())
}
