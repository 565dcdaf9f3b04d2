//! How many bytes of events each tenant has stored.
//!
//! An append touches no row: appenders count in memory and add up here every few seconds.
//! So the figure is behind by that much, and a process that dies takes with it what it had not added
//! yet. It limits; it bills nobody. A tenant without a row was never counted, or came back from a
//! backup: it is counted from the heads of its logs then.

use protocol::TenantId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use super::column::{from_u64, to_u64};
use super::entity::stored_bytes::{ActiveModel, Column, Entity, Model};
use super::entity::{one, set};
use super::lock::Lock;
use super::{Catalog, CatalogError};

/// Tenants that one statement asks for.
const TENANTS_AT_A_TIME: usize = 1_000;

impl Catalog {
    /// The bytes of a tenant; `None` when they were never counted.
    pub async fn stored_bytes(&self, tenant: TenantId) -> Result<Option<u64>, CatalogError> {
        let row = one(self.readers(), Entity::find_by_id(tenant.0)).await?;
        Ok(row.map(|row| to_u64(row.bytes)))
    }

    /// The bytes of those of the tenants that were counted.
    pub async fn stored_bytes_of(
        &self,
        tenants: &[TenantId],
    ) -> Result<Vec<(TenantId, u64)>, CatalogError> {
        let mut stored = Vec::with_capacity(tenants.len());
        for tenants in tenants.chunks(TENANTS_AT_A_TIME) {
            let rows = Entity::find()
                .filter(Column::TenantId.is_in(tenants.iter().map(|tenant| tenant.0)))
                .all(self.readers())
                .await?;
            let row = |row: Model| (TenantId(row.tenant_id), to_u64(row.bytes));
            stored.extend(rows.into_iter().map(row));
        }
        Ok(stored)
    }

    /// Adds to the bytes of tenants that were counted, or takes from them.
    ///
    /// # Errors
    /// When the rows can't be written; then none was.
    pub async fn add_stored_bytes(&self, more: &[(TenantId, i64)]) -> Result<(), CatalogError> {
        if more.is_empty() {
            return Ok(());
        }
        // In one order, so that two nodes never deadlock.
        let mut more = more.to_vec();
        more.sort_unstable();
        let more = &more;
        self.change(Lock::StoredBytes, move |change| async move {
            for (tenant, bytes) in more {
                let sum = Expr::col(Column::Bytes).add(*bytes);
                let of_tenant = Column::TenantId.eq(tenant.0);
                set::<Entity>(change.sql(), Column::Bytes, sum, of_tenant).await?;
            }
            change.commit(()).await
        })
        .await
    }

    /// Writes down what was counted, in place of what was known.
    pub async fn set_stored_bytes(&self, tenant: TenantId, bytes: u64) -> Result<(), CatalogError> {
        self.change(Lock::StoredBytes, move |change| async move {
            let row = ActiveModel {
                tenant_id: Set(tenant.0),
                bytes: Set(from_u64(bytes)),
            };
            let replace = OnConflict::column(Column::TenantId)
                .update_column(Column::Bytes)
                .to_owned();
            Entity::insert(row)
                .on_conflict(replace)
                .exec_without_returning(change.sql())
                .await?;
            change.commit(()).await
        })
        .await
    }
}
