//! Read model: tenants.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) short_name: String,
    pub(crate) created_at: i64,
    pub(crate) log_count: i64,
    pub(crate) view_count: i64,
    pub(crate) rate_per_second: Option<i32>,
    pub(crate) rate_burst: Option<i32>,
    /// What an operator set.
    pub(crate) quotas: Option<Json>,
    /// When it is going to be deleted.
    pub(crate) delete_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
