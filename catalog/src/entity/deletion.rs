//! Operational: what is still to be removed from the event log and the object store.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "deletions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) log_id: Option<Uuid>,
    pub(crate) versions: Json,
    pub(crate) components: Json,
    pub(crate) created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
