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

impl Catalog {
    /// Makes records of everything in hours before `before`; the tenants that got some.
    ///
    /// # Errors
    /// When rows can't be read or written. What was sealed until then stays so.
    pub async fn seal_usage(&self, before: Hour) -> Result<Vec<TenantId>, CatalogError> {
        let mut sealed = Vec::new();
        loop {
            let tenants = usage_open::Entity::find()
                .filter(usage_open::Column::Hour.lt(from_u64(before.0)))
                .distinct()
                .limit(TENANTS_AT_A_TIME);
            let tenants: Vec<Uuid> =
                values(self.readers(), tenants, usage_open::Column::TenantId).await?;
            if tenants.is_empty() {
                return Ok(sealed);
            }
            for tenant in tenants.into_iter().map(TenantId) {
                self.seal_usage_of(tenant, before).await?;
                sealed.push(tenant);
            }
        }
    }

    /// Makes records of what a tenant used in hours before `before`.
    async fn seal_usage_of(&self, tenant: TenantId, before: Hour) -> Result<(), CatalogError> {
        self.change(Lock::Usage(tenant), move |change| async move {
            seal(&change, tenant, before).await?;
            change.commit(()).await
        })
        .await
    }

    /// The sequence of the tenant's newest record of use; 0 if it has none.
    pub async fn usage_sequence(&self, tenant: TenantId) -> Result<u64, CatalogError> {
        newest_sequence(self.readers(), tenant).await
    }
}

async fn seal(change: &Change, tenant: TenantId, before: Hour) -> Result<(), CatalogError> {
    let sql = change.sql();
    let over = usage_open::Column::TenantId
        .eq(tenant.0)
        .and(usage_open::Column::Hour.lt(from_u64(before.0)));
    // What is added meanwhile waits for this transaction, and then begins a new row.
    let mut rows = usage_open::Entity::delete_many()
        .filter(over)
        .exec_with_returning(sql)
        .await?;
    rows.sort_unstable_by(|a, b| {
        let key = |it: &usage_open::Model| (it.hour, it.meter.clone(), it.log_id, it.view_id);
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
    Ok(())
}

async fn newest_sequence(
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
