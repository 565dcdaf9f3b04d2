//! Deriving the read model again from the control events.
//!
//! Events are applied by their positions. Those under one lock have the order of their commits;
//! those under different ones do not depend on each other.
//!
//! Everything happens in one write transaction: the tables are put aside, emptied, filled by
//! applying every event in its order, and compared with what was put aside. Whatever goes wrong,
//! an event of a later program included, leaves everything as it was.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::audit::to_recorded;
use super::connection::number;
use super::entity::control_event;
use super::lock::Lock;
use super::{Catalog, CatalogError, apply};

/// The read model, in an order in which no table refers to a later one.
const TABLES: [&str; 13] = [
    "tenants",
    "tenant_deletions",
    "billing_accounts",
    "users",
    "email_verifications",
    "password_resets",
    "memberships",
    "invitations",
    "keys",
    "earlier_secrets",
    "logs",
    "views",
    "versions",
];

/// Events that are held in memory at a time.
const BATCH: u64 = 1_000;

/// What a rebuild found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// Events that were applied.
    pub events: u64,
    pub tables: Vec<TableReport>,
}

/// How one table came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableReport {
    pub table: &'static str,
    pub rows_before: u64,
    pub rows_after: u64,
    /// Rows that were there and do not follow from the events. A changed row counts here and below.
    pub unfounded: u64,
    /// Rows that follow from the events and were not there.
    pub missing: u64,
}

impl TableReport {
    #[must_use]
    pub const fn equal(&self) -> bool {
        self.unfounded == 0 && self.missing == 0 && self.rows_before == self.rows_after
    }
}

impl RebuildReport {
    /// Whether the tables were what the events say.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.tables.iter().all(TableReport::equal)
    }
}

impl Catalog {
    /// Derives every read-model table again and says how the result compares with what was there.
    /// What was there is replaced. Other changes wait meanwhile.
    ///
    /// # Errors
    /// When an event can't be read or applied; then nothing was changed.
    pub async fn rebuild(&self) -> Result<RebuildReport, CatalogError> {
        self.change(Lock::All, move |change| async move {
            // Large tables take as long as they take.
            let sql = change.sql().without_deadline().await?;
            for table in TABLES {
                let kept =
                    format!("CREATE TEMPORARY TABLE before_{table} AS SELECT * FROM {table}");
                sql.execute_unprepared(&kept).await?;
            }
            for table in TABLES.iter().rev() {
                let emptied = format!("DELETE FROM {table}");
                sql.execute_unprepared(&emptied).await?;
            }
            let events = apply_all(sql).await?;
            let mut tables = Vec::with_capacity(TABLES.len());
            for table in TABLES {
                tables.push(compare(sql, table).await?);
                let dropped = format!("DROP TABLE before_{table}");
                sql.execute_unprepared(&dropped).await?;
            }
            change.commit(RebuildReport { events, tables }).await
        })
        .await
    }
}

async fn apply_all(sql: &impl ConnectionTrait) -> Result<u64, CatalogError> {
    let mut applied = 0;
    let mut position = 0;
    loop {
        let rows = control_event::Entity::find()
            .filter(control_event::Column::Position.gt(position))
            .order_by_asc(control_event::Column::Position)
            .limit(BATCH)
            .all(sql)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(applied);
        };
        position = last.position;
        for row in &rows {
            apply::apply(sql, &to_recorded(row)?).await?;
            applied += 1;
        }
    }
}

async fn compare(
    sql: &impl ConnectionTrait,
    table: &'static str,
) -> Result<TableReport, CatalogError> {
    let before = format!("SELECT * FROM before_{table}");
    let after = format!("SELECT * FROM {table}");
    Ok(TableReport {
        table,
        rows_before: count(sql, &before).await?,
        rows_after: count(sql, &after).await?,
        unfounded: count(sql, &format!("{before} EXCEPT {after}")).await?,
        missing: count(sql, &format!("{after} EXCEPT {before}")).await?,
    })
}

async fn count(sql: &impl ConnectionTrait, rows: &str) -> Result<u64, CatalogError> {
    Ok(number(sql, &format!("SELECT COUNT(*) FROM ({rows}) AS compared")).await?)
}
