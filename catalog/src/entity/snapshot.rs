//! Operational: snapshots in the object store.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "snapshots")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) sequence: i64,
    pub(crate) bytes: i64,
    pub(crate) created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
