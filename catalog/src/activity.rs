//! What tenants did lately, minute by minute, for people to look at. It bills and limits nobody.
//!
//! Nodes count in memory and write each minute down once it is over. Rows are operational: neither a
//! rebuild nor a backup has them, and they go after [`KEPT`].

use std::collections::HashSet;
use std::time::Duration;

use protocol::latencies::Latencies;
use protocol::{TenantId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::access::Access;
use super::column::{corrupt, from_u64, to_u64};
use super::entity::activity::{ActiveModel, Column, Entity, Model};
use super::entity::{all, delete, tenant, values};
use super::lock::Lock;
use super::{Catalog, CatalogError};

/// How long minutes are kept.
pub const KEPT: Duration = Duration::from_secs(48 * 3_600);

/// Rows of one statement: databases bound how many values it may have.
const ROWS_PER_STATEMENT: usize = 500;

/// A minute since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(pub u64);

impl Minute {
    const MICROS: u64 = 60_000_000;

    /// The minute that a time lies in.
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_micros() / Self::MICROS)
    }

    pub fn begin(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(Self::MICROS))
    }
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Events that were appended.
    pub events: u64,
    /// Requests that appended them.
    pub appends: u64,
    pub queries: u64,
    /// Queries that failed, of all.
    pub failed_queries: u64,
    pub append_latencies: Latencies,
    pub query_latencies: Latencies,
}

impl Activity {
    pub fn merge(&mut self, other: &Self) {
        self.events = self.events.saturating_add(other.events);
        self.appends = self.appends.saturating_add(other.appends);
        self.queries = self.queries.saturating_add(other.queries);
        self.failed_queries = self.failed_queries.saturating_add(other.failed_queries);
        self.append_latencies.merge(&other.append_latencies);
        self.query_latencies.merge(&other.query_latencies);
    }
}

/// What a tenant did in a minute on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveMinute {
    pub tenant: TenantId,
    pub minute: Minute,
    /// For as long as it runs.
    pub node: Uuid,
    pub activity: Activity,
}

impl Catalog {
    /// Writes minutes down that are over. What was written before stays as it is, so that it may be
    /// tried again; tenants that are gone are left out.
    pub async fn record_activity(&self, minutes: &[ActiveMinute]) -> Result<(), CatalogError> {
        for minutes in minutes.chunks(ROWS_PER_STATEMENT) {
            self.record_some_activity(minutes).await?;
        }
        Ok(())
    }

    async fn record_some_activity(&self, minutes: &[ActiveMinute]) -> Result<(), CatalogError> {
        self.change(Lock::Activity, move |change| async move {
            let ids: HashSet<Uuid> = minutes.iter().map(|it| it.tenant.0).collect();
            let known = tenant::Entity::find().filter(tenant::Column::Id.is_in(ids));
            let known: Vec<Uuid> = values(change.sql(), known, tenant::Column::Id).await?;
            let known: HashSet<Uuid> = known.into_iter().collect();
            let minutes = minutes.iter().filter(|it| known.contains(&it.tenant.0));
            let rows: Vec<_> = minutes.map(to_row).collect();
            if !rows.is_empty() {
                let key = [Column::TenantId, Column::Minute, Column::Node];
                let stays = OnConflict::columns(key).do_nothing().to_owned();
                let rows = Entity::insert_many(rows).on_conflict(stays);
                rows.exec_without_returning(change.sql()).await?;
            }
            change.commit(()).await
        })
        .await
    }

    /// The minutes of the holder's tenant from `since` on and before `until`, in order.
    pub async fn activity(
        &self,
        access: &Access,
        since: Minute,
        until: Minute,
    ) -> Result<Vec<ActiveMinute>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(access.tenant.0))
            .filter(Column::Minute.gte(from_u64(since.0)))
            .filter(Column::Minute.lt(from_u64(until.0)))
            .order_by_asc(Column::Minute);
        all(self.readers(), rows, to_minute).await
    }

    /// Removes the minutes before one, and says how many there were.
    pub async fn forget_activity(&self, before: Minute) -> Result<u64, CatalogError> {
        self.change(Lock::Activity, move |change| async move {
            let old = Column::Minute.lt(from_u64(before.0));
            let removed = delete::<Entity>(change.sql(), old).await?;
            change.commit(removed).await
        })
        .await
    }
}

fn to_row(minute: &ActiveMinute) -> ActiveModel {
    let activity = &minute.activity;
    ActiveModel {
        tenant_id: Set(minute.tenant.0),
        minute: Set(from_u64(minute.minute.0)),
        node: Set(minute.node),
        events: Set(from_u64(activity.events)),
        appends: Set(from_u64(activity.appends)),
        queries: Set(from_u64(activity.queries)),
        failed_queries: Set(from_u64(activity.failed_queries)),
        append_latencies: Set(activity.append_latencies.encode()),
        query_latencies: Set(activity.query_latencies.encode()),
    }
}

fn to_minute(row: Model) -> Result<ActiveMinute, CatalogError> {
    let latencies = |bytes: &[u8]| Latencies::decode(bytes).map_err(corrupt);
    Ok(ActiveMinute {
        tenant: TenantId(row.tenant_id),
        minute: Minute(to_u64(row.minute)),
        node: row.node,
        activity: Activity {
            events: to_u64(row.events),
            appends: to_u64(row.appends),
            queries: to_u64(row.queries),
            failed_queries: to_u64(row.failed_queries),
            append_latencies: latencies(&row.append_latencies)?,
            query_latencies: latencies(&row.query_latencies)?,
        },
    })
}
