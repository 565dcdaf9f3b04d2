//! The ledger of use: how much of each meter a tenant used, by hour, log and view.
//!
//! What is measured is added up by hour in `usage_open`, under keys that make it one row for each
//! hour, however often it is reported. When an hour is over, its rows become records ([`seal`]), which
//! have the tenant's next sequences and are never changed again. What is reported later makes further
//! records of the same hour. So the state of the ledger at a sequence can always be told, and a month
//! that was closed at one is what was billed.
//!
//! Nothing is counted twice: CPU time and bytes of answers come in batches that are known by their
//! source, epoch and counter ([`batch`]), folded events are counted once for each version, and storage
//! is counted in the transaction that records a segment ([`storage`]).
//!
//! A row of [`Meter::Storage`] holds the change of the level in its hour, and the byte-seconds that the
//! changes make until the hour ends. An hour without a change has no row: the integral is made when it
//! is read ([`read`]).

mod batch;
mod explain;
mod fold;
mod notice;
mod read;
mod reporter;
mod seal;
mod sealed;
mod storage;

use std::collections::BTreeMap;

use protocol::meter::{Hour, Meter};
use protocol::{LogId, TenantId, ViewId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait};
use uuid::Uuid;

pub use self::batch::{Measured, UsageBatch, VersionUse};
pub use self::explain::UsageRecord;
pub use self::fold::Fold;
pub use self::read::{Usage, UsageFilter};
pub use self::reporter::{Taken, UsageReporter};
pub use self::storage::{DeletedLog, Stored};
pub(super) use self::storage::{add_stored, forget_log, levels, set_level};
use crate::CatalogError;
use crate::column::from_u64;
use crate::entity::usage_open::{ActiveModel, Column, Entity};

/// Rows of one statement: databases bound how many values it may have.
const ROWS_PER_STATEMENT: usize = 500;

/// What use is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageKey {
    pub tenant: TenantId,
    pub hour: Hour,
    pub meter: Meter,
    pub log: Option<LogId>,
    pub view: Option<ViewId>,
}

/// What was used in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Amount {
    /// In the unit of the meter. What is deleted takes byte-seconds away.
    amount: i64,
    /// By how many bytes the level of storage changed.
    level: i64,
}

/// Amounts that are added together, in the order of their keys, so that two transactions never
/// deadlock.
#[derive(Default)]
struct Additions(BTreeMap<UsageKey, Amount>);

impl Additions {
    fn add(&mut self, key: UsageKey, more: Amount) {
        let sum = self.0.entry(key).or_default();
        sum.amount = sum.amount.saturating_add(more.amount);
        sum.level = sum.level.saturating_add(more.level);
    }

    fn add_amount(&mut self, key: UsageKey, amount: u64) {
        let amount = from_u64(amount);
        self.add(key, Amount { amount, level: 0 });
    }

    /// Adds everything to the rows that are there.
    async fn write(self, sql: &impl ConnectionTrait) -> Result<(), CatalogError> {
        let something = |(_, it): &(UsageKey, Amount)| *it != Amount::default();
        let rows: Vec<_> = self.0.into_iter().filter(something).map(row).collect();
        let added = |column: Column| {
            let more = Expr::col(("excluded", column));
            (column, Expr::col((Entity, column)).add(more))
        };
        let key = [
            Column::TenantId,
            Column::Hour,
            Column::Meter,
            Column::LogId,
            Column::ViewId,
        ];
        let sum = OnConflict::columns(key)
            .values([added(Column::Amount), added(Column::Level)])
            .to_owned();
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            Entity::insert_many(rows.iter().cloned())
                .on_conflict(sum.clone())
                .exec_without_returning(sql)
                .await?;
        }
        Ok(())
    }
}

fn row((key, it): (UsageKey, Amount)) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(key.tenant.0),
        hour: Set(from_u64(key.hour.0)),
        meter: Set(key.meter.to_string()),
        log_id: Set(key.log.map_or(Uuid::nil(), |log| log.0)),
        view_id: Set(key.view.map_or(Uuid::nil(), |view| view.0)),
        amount: Set(it.amount),
        level: Set(it.level),
    }
}
