//! Read model: what tenants have with the payment provider.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing_accounts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    pub(crate) customer: Option<String>,
    pub(crate) account: Json,
}

impl ActiveModelBehavior for ActiveModel {}
