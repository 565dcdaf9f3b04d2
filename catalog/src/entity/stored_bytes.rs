//! Operational: how many bytes of events tenants have stored.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_bytes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    pub(crate) bytes: i64,
}

impl ActiveModelBehavior for ActiveModel {}
