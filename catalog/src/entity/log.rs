//! Read model: logs.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "logs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) retention: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
