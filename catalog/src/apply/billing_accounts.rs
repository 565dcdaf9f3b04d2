//! What tenants have with the payment provider.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait};

use super::ReadModel;
use crate::column::from_json;
use crate::entity::billing_account::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::model::BillingAccount;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn set_billing_account(
        &self,
        account: &BillingAccount,
    ) -> Result<(), ChangeError> {
        self.delete_billing_account().await?;
        let row = ActiveModel {
            tenant_id: Set(self.recorded.tenant.0),
            customer: Set(account.customer.clone()),
            account: Set(from_json(account)?),
        };
        self.insert(row).await
    }

    pub(super) async fn delete_billing_account(&self) -> Result<(), ChangeError> {
        let of_tenant = Column::TenantId.eq(self.recorded.tenant.0);
        self.delete::<Entity>(of_tenant).await
    }
}
