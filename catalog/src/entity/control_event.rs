//! Control events as they are stored.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "control_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) position: i64,
    pub(crate) tenant_id: Uuid,
    pub(crate) sequence: i64,
    pub(crate) at: i64,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) request_id: Uuid,
    pub(crate) kind: String,
    pub(crate) version: i16,
    pub(crate) payload: Json,
}

impl ActiveModelBehavior for ActiveModel {}
