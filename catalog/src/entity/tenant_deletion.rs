//! Read model: deletions of tenants, from the request to the end and for ever.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant_deletions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) requested_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) step: String,
    /// Since when.
    pub(crate) step_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
