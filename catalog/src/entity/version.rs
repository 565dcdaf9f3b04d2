//! Read model: versions of views.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "versions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) log_id: Uuid,
    pub(crate) view_id: Uuid,
    pub(crate) number: i64,
    pub(crate) component: Vec<u8>,
    pub(crate) component_bytes: i64,
    pub(crate) world: Json,
    pub(crate) imports: Json,
    pub(crate) languages: Json,
    pub(crate) content_type: Option<String>,
    pub(crate) config: Vec<u8>,
    pub(crate) state: String,
    pub(crate) halted_sequence: Option<i64>,
    pub(crate) halted_message: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) activated_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
