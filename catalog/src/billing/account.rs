//! Accounts with the payment provider.

use protocol::TenantId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::column::to_json;
use crate::entity::billing_account::{Column, Entity, Model};
use crate::entity::{all, one};
use crate::event::ControlEvent;
use crate::lock::Lock;
use crate::model::BillingAccount;
use crate::{Catalog, CatalogError, Context};

impl Catalog {
    /// The account of a tenant; an empty one where nothing was done yet.
    pub async fn billing_account(&self, tenant: TenantId) -> Result<BillingAccount, CatalogError> {
        of_tenant(self.readers(), tenant).await
    }

    /// The tenant that is a customer of the payment provider, if any is.
    pub async fn tenant_of_customer(
        &self,
        customer: &str,
    ) -> Result<Option<TenantId>, CatalogError> {
        let row = Entity::find().filter(Column::Customer.eq(customer));
        Ok(one(self.readers(), row)
            .await?
            .map(|row| TenantId(row.tenant_id)))
    }

    /// Accounts of customers, in the order of their tenants, behind one.
    pub async fn billing_accounts(
        &self,
        after: Option<TenantId>,
        limit: u64,
    ) -> Result<Vec<(TenantId, BillingAccount)>, CatalogError> {
        let mut rows = Entity::find()
            .filter(Column::Customer.is_not_null())
            .order_by_asc(Column::TenantId)
            .limit(limit);
        if let Some(after) = after {
            rows = rows.filter(Column::TenantId.gt(after.0));
        }
        let account = |row: Model| Ok((TenantId(row.tenant_id), to_json(&row.account)?));
        all(self.readers(), rows, account).await
    }

    /// Changes the account of a tenant that exists; what it is from now on.
    ///
    /// # Errors
    /// When the tenant was deleted.
    pub async fn change_billing_account(
        &self,
        tenant: TenantId,
        context: Context,
        change_to: impl Fn(&mut BillingAccount) + Sync,
    ) -> Result<BillingAccount, CatalogError> {
        let change_to = &change_to;
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let before = of_tenant(change.sql(), tenant).await?;
            let mut account = before.clone();
            change_to(&mut account);
            if account == before {
                return Ok(account);
            }
            let row = crate::entity::tenant::Entity::find_by_id(tenant.0);
            let exists = one(change.sql(), row).await?.is_some();
            if !exists {
                return Err(CatalogError::tenant_deleted());
            }
            let event = ControlEvent::BillingAccountChanged {
                account: account.clone(),
            };
            change.record(tenant, context, event).await?;
            change.commit(account).await
        })
        .await
    }
}

async fn of_tenant(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
) -> Result<BillingAccount, CatalogError> {
    let row = one(sql, Entity::find_by_id(tenant.0)).await?;
    row.map_or(Ok(BillingAccount::default()), |row| to_json(&row.account))
}
