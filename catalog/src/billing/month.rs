//! The bills of months.

use protocol::meter::{Hour, Meter, Month};
use protocol::{TenantId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::outbox::{self, MeterEvent, MeterEventKey, MeterEventState, SETTLE_AFTER};
use crate::column::{from_json, from_time, from_u64, to_json, to_time, to_u64, to_word};
use crate::entity::billing_month::{ActiveModel, Column, Entity, Model};
use crate::entity::{all, billing_outbox, one};
use crate::lock::Lock;
use crate::model::{Bill, BillStatus, MeterBill};
use crate::{Catalog, CatalogError};

/// The bill of a month, with how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthBill {
    pub tenant: TenantId,
    pub month: Month,
    /// How often it was written; 0 if never.
    pub version: u64,
    pub status: BillStatus,
    /// Whether the outbox is known to agree with what the payment provider has of the month. Until it
    /// is, nothing more is sent.
    pub settled: bool,
    /// When something is to be done about it.
    pub due_at: Option<Timestamp>,
    pub bill: Bill,
}

impl Bill {
    /// A meter of the bill; none that is not billed.
    pub fn meter(&mut self, meter: Meter) -> Option<&mut MeterBill> {
        match meter {
            Meter::Storage => Some(&mut self.storage),
            Meter::Compute => Some(&mut self.compute),
            Meter::DataOut => Some(&mut self.data_out),
            Meter::Compile => None,
        }
    }

    /// The meters that are billed, in the order of the invoice's lines.
    #[must_use]
    pub const fn meters(&self) -> [&MeterBill; 3] {
        [&self.storage, &self.compute, &self.data_out]
    }
}

/// What is written together.
#[derive(Clone, Debug, Default)]
pub struct BillUpdate {
    /// Bills, each with the version that was read. A new one has version 0.
    pub bills: Vec<MonthBill>,
    pub removed: Vec<MeterEventKey>,
    pub added: Vec<MeterEvent>,
}

impl Catalog {
    /// The bill of a month, if there is one.
    pub async fn month_bill(
        &self,
        tenant: TenantId,
        month: Month,
    ) -> Result<Option<MonthBill>, CatalogError> {
        let row = Entity::find_by_id((tenant.0, from_u64(month.first().0)));
        one(self.readers(), row).await?.map(to_bill).transpose()
    }

    /// The bills of a tenant, newest first.
    pub async fn month_bills(
        &self,
        tenant: TenantId,
        limit: u64,
    ) -> Result<Vec<MonthBill>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .order_by_desc(Column::Month)
            .limit(limit);
        all(self.readers(), rows, to_bill).await
    }

    /// Bills about which something is to be done by now, of all tenants.
    pub async fn due_bills(&self, limit: u64) -> Result<Vec<MonthBill>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::DueAt.lte(from_time(self.now())))
            .order_by_asc(Column::DueAt)
            .limit(limit);
        all(self.readers(), rows, to_bill).await
    }

    /// Bills in a state, of all tenants.
    pub async fn bills_in(
        &self,
        status: BillStatus,
        limit: u64,
    ) -> Result<Vec<MonthBill>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::Status.eq(<&str>::from(status)))
            .order_by_asc(Column::TenantId)
            .order_by_asc(Column::Month)
            .limit(limit);
        all(self.readers(), rows, to_bill).await
    }

    /// Lets something be done about the closed bills of a tenant at once.
    pub async fn hurry_bills(&self, tenant: TenantId) -> Result<(), CatalogError> {
        self.change(Lock::Billing(tenant), move |change| async move {
            let waiting = [BillStatus::Closed, BillStatus::Stopped].map(<&str>::from);
            Entity::update_many()
                .col_expr(Column::DueAt, Expr::value(from_time(change.at())))
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::Status.is_in(waiting))
                .exec(change.sql())
                .await?;
            change.commit(()).await
        })
        .await
    }

    /// Writes bills of one tenant and what they report. `false`, and nothing is written, when somebody
    /// else wrote one of them meanwhile.
    pub async fn write_bills(
        &self,
        tenant: TenantId,
        update: &BillUpdate,
    ) -> Result<bool, CatalogError> {
        self.change(Lock::Billing(tenant), move |change| async move {
            let sql = change.sql();
            for bill in &update.bills {
                let key = (tenant.0, from_u64(bill.month.first().0));
                let written = one(sql, Entity::find_by_id(key)).await?;
                let version = written.map_or(0, |row| to_u64(row.version));
                if version != bill.version {
                    return Ok(false);
                }
                let every_column = [
                    Column::Version,
                    Column::Status,
                    Column::Settled,
                    Column::DueAt,
                    Column::Bill,
                ];
                let replace = OnConflict::columns([Column::TenantId, Column::Month])
                    .update_columns(every_column)
                    .to_owned();
                Entity::insert(to_row(bill)?)
                    .on_conflict(replace)
                    .exec_without_returning(sql)
                    .await?;
            }
            outbox::remove(sql, &update.removed).await?;
            if !outbox::add(sql, &update.added, change.at()).await? {
                return Ok(false);
            }
            change.commit(true).await
        })
        .await
    }
}

/// After a restore it isn't known what was sent since the backup: nothing more is until the provider
/// was asked, some time after `now`.
pub(crate) async fn unsettle(
    sql: &impl ConnectionTrait,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let due_at = now.saturating_add(SETTLE_AFTER);
    let final_ = Column::Status.eq(<&str>::from(BillStatus::Invoiced));
    Entity::update_many()
        .col_expr(Column::Settled, Expr::value(false))
        .col_expr(Column::DueAt, Expr::value(from_time(due_at)))
        .filter(final_.not())
        .exec(sql)
        .await?;
    let waiting = <&str>::from(MeterEventState::Waiting);
    let unknown = <&str>::from(MeterEventState::Unknown);
    billing_outbox::Entity::update_many()
        .col_expr(billing_outbox::Column::State, Expr::value(unknown))
        .filter(billing_outbox::Column::State.eq(waiting))
        .exec(sql)
        .await?;
    Ok(())
}

fn to_row(it: &MonthBill) -> Result<ActiveModel, CatalogError> {
    Ok(ActiveModel {
        tenant_id: Set(it.tenant.0),
        month: Set(from_u64(it.month.first().0)),
        version: Set(from_u64(it.version + 1)),
        status: Set(it.status.to_string()),
        settled: Set(it.settled),
        due_at: Set(it.due_at.map(from_time)),
        bill: Set(from_json(&it.bill)?),
    })
}

fn to_bill(row: Model) -> Result<MonthBill, CatalogError> {
    Ok(MonthBill {
        tenant: TenantId(row.tenant_id),
        month: Month::of(Hour(to_u64(row.month)).start()),
        version: to_u64(row.version),
        status: to_word(&row.status)?,
        settled: row.settled,
        due_at: row.due_at.map(to_time),
        bill: to_json(&row.bill)?,
    })
}
