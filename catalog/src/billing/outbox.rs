//! The outbox: units that are reported to the payment provider, each once.
//!
//! A meter event has an identifier that is the same whenever it is sent. The provider refuses a second
//! one with the same identifier, but only for a time ([`RESEND`]). Whether an event that was sent
//! before that arrived is asked by other means: it is *unknown*, and so is its month.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::meter::{Hour, Meter, Month};
use protocol::{TenantId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use strum::{Display, EnumString, IntoStaticStr};

use crate::column::{from_time, from_u64, plain, to_time, to_u64, to_word};
use crate::entity::billing_outbox::{ActiveModel, Column, Entity, Model};
use crate::entity::{all, billing_month, exists, insert, set};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

/// For how long an event may be sent again under its identifier: identifiers are unique for 24 hours
/// by the provider's clock, which may go otherwise than ours.
const RESEND: Duration = Duration::from_secs(20 * 3_600);

/// How long a claimed event is left alone; longer than any call takes.
const LEASE: Duration = Duration::from_secs(120);

/// After an event became unknown its month is settled no sooner: calls end, and what the provider shows
/// is eventually right.
pub const SETTLE_AFTER: Duration = Duration::from_secs(3_600);

/// What tells meter events apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeterEventKey {
    pub tenant: TenantId,
    pub meter: Meter,
    /// The hour of the use.
    pub hour: Hour,
    /// When the event was made, in seconds from the beginning of the hour: what is known of an hour
    /// later is another event.
    pub part: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum MeterEventState {
    /// To be sent, perhaps again.
    Waiting,
    /// Perhaps sent, and to be sent no more.
    Unknown,
    Sent,
    /// The provider does not take it: people have to look.
    Dead,
}

impl MeterEventState {
    /// Whether it is still to be sent, or to be found out whether it was.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Unknown)
    }
}

/// What a claim found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    pub events: Vec<MeterEvent>,
    /// Months with events that can't be sent again surely.
    pub expired: BTreeSet<(TenantId, Month)>,
}

/// Units of a meter, used in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterEvent {
    pub key: MeterEventKey,
    /// The month whose bill it is on.
    pub month: Month,
    /// The provider's id of the customer.
    pub customer: String,
    pub units: u64,
    /// In seconds since 1970, within the month's period.
    pub timestamp: u64,
    pub state: MeterEventState,
    pub attempts: u32,
    /// When it was sent for the first time.
    pub attempted_at: Option<Timestamp>,
    pub error: Option<String>,
}

impl MeterEvent {
    /// What the provider knows it by.
    #[must_use]
    pub fn identifier(&self) -> String {
        let MeterEventKey {
            tenant,
            meter,
            hour,
            part,
        } = self.key;
        format!("{tenant}-{meter}-{}-{part}", hour.0)
    }
}

impl Catalog {
    /// Takes events that are due, for the caller to send. Those that can't be sent again surely are
    /// left, and their months returned: they are to be settled ([`Catalog::unsettle_bill`]).
    pub async fn claim_meter_events(&self, limit: u64) -> Result<Claimed, CatalogError> {
        self.change(Lock::Outbox, move |change| async move {
            let (sql, now) = (change.sql(), change.at());
            let due = Entity::find()
                .filter(Column::State.eq(<&str>::from(MeterEventState::Waiting)))
                .filter(Column::DueAt.lte(from_time(now)))
                .order_by_asc(Column::DueAt)
                .limit(limit);
            let mut claimed = Claimed::default();
            for mut event in all(sql, due, to_event).await? {
                let first = event.attempted_at.unwrap_or(now);
                if first.saturating_add(RESEND) <= now {
                    claimed.expired.insert((event.key.tenant, event.month));
                    continue;
                }
                event.attempts += 1;
                event.attempted_at = Some(first);
                let due_at = from_time(now.saturating_add(LEASE));
                let values = [
                    (Column::Attempts, Expr::col(Column::Attempts).add(1)),
                    (Column::AttemptedAt, Expr::value(from_time(first))),
                    (Column::DueAt, Expr::value(due_at)),
                ];
                update(sql, &event.key, values).await?;
                claimed.events.push(event);
            }
            change.commit(claimed).await
        })
        .await
    }

    /// Nothing more of a month is sent until it is settled: what of it waits may have been sent.
    pub async fn unsettle_bill(&self, tenant: TenantId, month: Month) -> Result<(), CatalogError> {
        use billing_month::Column as Of;
        self.change(Lock::Billing(tenant), move |change| async move {
            let sql = change.sql();
            let due_at = from_time(change.at().saturating_add(SETTLE_AFTER));
            let first = from_u64(month.first().0);
            billing_month::Entity::update_many()
                .col_expr(Of::Settled, Expr::value(false))
                .col_expr(Of::Version, Expr::col(Of::Version).add(1))
                .col_expr(Of::DueAt, Expr::value(due_at))
                .filter(Of::TenantId.eq(tenant.0).and(Of::Month.eq(first)))
                .exec(sql)
                .await?;
            let unknown = <&str>::from(MeterEventState::Unknown);
            let waiting = Column::State.eq(<&str>::from(MeterEventState::Waiting));
            let of_month = Column::TenantId.eq(tenant.0).and(Column::Month.eq(first));
            set::<Entity>(sql, Column::State, unknown, of_month.and(waiting)).await?;
            change.commit(()).await
        })
        .await
    }

    /// Notes what became of an event that was sent: it arrived, or it is sent again at a time, or never.
    pub async fn note_meter_event(
        &self,
        key: &MeterEventKey,
        outcome: Result<(), (String, Option<Timestamp>)>,
    ) -> Result<(), CatalogError> {
        let outcome = &outcome;
        self.change(Lock::Billing(key.tenant), move |change| async move {
            let sql = change.sql();
            match outcome {
                Ok(()) => {
                    let sent = <&str>::from(MeterEventState::Sent);
                    let values = [(Column::State, Expr::value(sent))];
                    update(sql, key, values).await?;
                }
                Err((error, Some(due_at))) => {
                    let values = [
                        (Column::Error, Expr::value(plain(error.clone()))),
                        (Column::DueAt, Expr::value(from_time(*due_at))),
                    ];
                    update(sql, key, values).await?;
                }
                Err((error, None)) => {
                    let dead = <&str>::from(MeterEventState::Dead);
                    let values = [
                        (Column::Error, Expr::value(plain(error.clone()))),
                        (Column::State, Expr::value(dead)),
                    ];
                    update(sql, key, values).await?;
                }
            }
            change.commit(()).await
        })
        .await
    }

    /// The events on the bill of a month.
    pub async fn meter_events(
        &self,
        tenant: TenantId,
        month: Month,
    ) -> Result<Vec<MeterEvent>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Month.eq(from_u64(month.first().0)))
            .order_by_asc(Column::Hour)
            .order_by_asc(Column::Part);
        all(self.readers(), rows, to_event).await
    }

    /// Events in a state, of all tenants, those that are due first.
    pub async fn meter_events_in(
        &self,
        state: MeterEventState,
        limit: u64,
    ) -> Result<Vec<MeterEvent>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::State.eq(<&str>::from(state)))
            .order_by_asc(Column::DueAt)
            .limit(limit);
        all(self.readers(), rows, to_event).await
    }

    /// How many events are in a state.
    pub async fn count_meter_events(&self, state: MeterEventState) -> Result<u64, CatalogError> {
        let rows = Entity::find().filter(Column::State.eq(<&str>::from(state)));
        Ok(rows.count(self.readers()).await?)
    }

    /// Sends dead events once more, for operators: under their identifiers where that is still right,
    /// else once their months are settled. How many they were.
    pub async fn retry_dead_meter_events(&self) -> Result<u64, CatalogError> {
        self.change(Lock::Outbox, move |change| async move {
            let dead = <&str>::from(MeterEventState::Dead);
            let waiting = <&str>::from(MeterEventState::Waiting);
            let rows = Entity::update_many()
                .col_expr(Column::State, Expr::value(waiting))
                .col_expr(Column::DueAt, Expr::value(from_time(change.at())))
                .filter(Column::State.eq(dead))
                .exec(change.sql())
                .await?;
            change.commit(rows.rows_affected).await
        })
        .await
    }
}

async fn update(
    sql: &impl ConnectionTrait,
    key: &MeterEventKey,
    values: impl IntoIterator<Item = (Column, Expr)>,
) -> Result<(), CatalogError> {
    let mut rows = Entity::update_many();
    for (column, value) in values {
        rows = rows.col_expr(column, value);
    }
    rows.filter(which(key)).exec(sql).await?;
    Ok(())
}

fn which(key: &MeterEventKey) -> Expr {
    Column::TenantId
        .eq(key.tenant.0)
        .and(Column::Meter.eq(key.meter.to_string()))
        .and(Column::Hour.eq(from_u64(key.hour.0)))
        .and(Column::Part.eq(from_u64(key.part)))
}

pub(super) async fn remove(
    sql: &impl ConnectionTrait,
    keys: &[MeterEventKey],
) -> Result<(), CatalogError> {
    for key in keys {
        Entity::delete_many().filter(which(key)).exec(sql).await?;
    }
    Ok(())
}

/// Adds events; `false` when one is there already.
pub(super) async fn add(
    sql: &impl ConnectionTrait,
    events: &[MeterEvent],
    now: Timestamp,
) -> Result<bool, CatalogError> {
    for event in events {
        if exists::<Entity>(sql, which(&event.key)).await? {
            return Ok(false);
        }
        insert(sql, to_row(event, now)).await?;
    }
    Ok(true)
}

fn to_row(it: &MeterEvent, now: Timestamp) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(it.key.tenant.0),
        meter: Set(it.key.meter.to_string()),
        hour: Set(from_u64(it.key.hour.0)),
        part: Set(from_u64(it.key.part)),
        month: Set(from_u64(it.month.first().0)),
        customer: Set(it.customer.clone()),
        units: Set(from_u64(it.units)),
        timestamp: Set(from_u64(it.timestamp)),
        state: Set(it.state.to_string()),
        attempts: Set(i32::try_from(it.attempts).unwrap_or(i32::MAX)),
        attempted_at: Set(it.attempted_at.map(from_time)),
        due_at: Set(from_time(now)),
        error: Set(it.error.clone()),
    }
}

fn to_event(row: Model) -> Result<MeterEvent, CatalogError> {
    Ok(MeterEvent {
        key: MeterEventKey {
            tenant: TenantId(row.tenant_id),
            meter: to_word(&row.meter)?,
            hour: Hour(to_u64(row.hour)),
            part: to_u64(row.part),
        },
        month: Month::of(Hour(to_u64(row.month)).start()),
        customer: row.customer,
        units: to_u64(row.units),
        timestamp: to_u64(row.timestamp),
        state: to_word(&row.state)?,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        attempted_at: row.attempted_at.map(to_time),
        error: row.error,
    })
}
