//! Read model: views.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "views")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) log_id: Uuid,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    pub(crate) live_version_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
