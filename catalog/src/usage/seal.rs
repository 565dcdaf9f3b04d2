//! Sealing: what was added up in hours that are over becomes records.

use protocol::TenantId;
use protocol::meter::Hour;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::ROWS_PER_STATEMENT;
use crate::column::{from_time, from_u64, to_u64};
use crate::entity::{usage_open, usage_record, values};
use crate::lock::Lock;
use crate::record::Change;
use crate::{Catalog, CatalogError};

/// Tenants that are looked for at a time.
const TENANTS_AT_A_TIME: u64 = 1_000;

/// Rows that are sealed in one transaction, but for those of one log.
const ROWS_AT_A_TIME: u64 = 5_000;

impl Catalog {
    /// Makes records of everything in hours before `before`; the tenants that got some.
    ///
    /// # Errors
    /// When rows can't be read or written. What was sealed until then stays so.
    pub async fn seal_usage(&self, before: Hour) -> Result<Vec<TenantId>, CatalogError> {
        let mut sealed: Vec<TenantId> = Vec::new();
        loop {
            let mut tenants = usage_open::Entity::find()
                .filter(usage_open::Column::Hour.lt(from_u64(before.0)))
                .order_by_asc(usage_open::Column::TenantId)
                .distinct()
                .limit(TENANTS_AT_A_TIME);
            if let Some(last) = sealed.last() {
                tenants = tenants.filter(usage_open::Column::TenantId.gt(last.0));
            }
            let tenants: Vec<Uuid> =
                values(self.readers(), tenants, usage_open::Column::TenantId).await?;
            if tenants.is_empty() {
                return Ok(sealed);
            }
            for tenant in tenants.into_iter().map(TenantId) {
                while self.seal_some_usage(tenant, before).await? {}
                sealed.push(tenant);
            }
        }
    }

    /// Makes records of some of what a tenant used in hours before `before`; whether there is more.
    async fn seal_some_usage(&self, tenant: TenantId, before: Hour) -> Result<bool, CatalogError> {
        self.change(Lock::Usage(tenant), move |change| async move {
            let more = seal(&change, tenant, before).await?;
            change.commit(more).await
        })
        .await
    }

    /// The sequence of the tenant's newest record of use; 0 if it has none.
    pub async fn usage_sequence(&self, tenant: TenantId) -> Result<u64, CatalogError> {
        newest_sequence(self.readers(), tenant).await
    }
}

/// Seals rows of the oldest hour; whether there may be more.
async fn seal(change: &Change, tenant: TenantId, before: Hour) -> Result<bool, CatalogError> {
    let sql = change.sql();
    let of_tenant = usage_open::Column::TenantId.eq(tenant.0);
    let oldest = usage_open::Entity::find()
        .filter(of_tenant.clone())
        .filter(usage_open::Column::Hour.lt(from_u64(before.0)))
        .order_by_asc(usage_open::Column::Hour)
        .limit(1);
    let oldest: Vec<i64> = values(sql, oldest, usage_open::Column::Hour).await?;
    let Some(hour) = oldest.first() else {
        return Ok(false);
    };
    let mut rows = of_tenant.and(usage_open::Column::Hour.eq(*hour));
    let next = usage_open::Entity::find()
        .filter(rows.clone())
        .order_by_asc(usage_open::Column::LogId)
        .offset(ROWS_AT_A_TIME)
        .limit(1);
    let next: Vec<Uuid> = values(sql, next, usage_open::Column::LogId).await?;
    if let Some(next) = next.first() {
        rows = rows.and(usage_open::Column::LogId.lte(*next));
    }
    // What is added meanwhile waits for this transaction, and then begins a new row.
    let mut rows = usage_open::Entity::delete_many()
        .filter(rows)
        .exec_with_returning(sql)
        .await?;
    rows.sort_unstable_by(|a, b| {
        let key = |it: &usage_open::Model| (it.meter.clone(), it.log_id, it.view_id);
        key(a).cmp(&key(b))
    });
    let newest = newest_sequence(sql, tenant).await?;
    let records: Vec<_> = (newest + 1..)
        .zip(rows)
        .map(|(sequence, row)| usage_record::Model {
            tenant_id: row.tenant_id,
            sequence: from_u64(sequence),
            hour: row.hour,
            meter: row.meter,
            log_id: row.log_id,
            view_id: row.view_id,
            amount: row.amount,
            level: row.level,
            recorded_at: from_time(change.at()),
        })
        .map(|record| record.into_active_model().reset_all())
        .collect();
    for records in records.chunks(ROWS_PER_STATEMENT) {
        usage_record::Entity::insert_many(records.iter().cloned())
            .exec_without_returning(sql)
            .await?;
    }
    Ok(true)
}

pub(super) async fn newest_sequence(
    sql: &impl sea_orm::ConnectionTrait,
    tenant: TenantId,
) -> Result<u64, CatalogError> {
    let newest = usage_record::Entity::find()
        .filter(usage_record::Column::TenantId.eq(tenant.0))
        .order_by_desc(usage_record::Column::Sequence)
        .limit(1);
    let newest = values(sql, newest, usage_record::Column::Sequence).await?;
    Ok(newest.first().copied().map_or(0, to_u64))
}
