//! Operational: how far a shard is archived, and by whom.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_shards")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) shard: i32,
    pub(crate) position: i64,
    pub(crate) holder: Option<Uuid>,
    pub(crate) epoch: i64,
    pub(crate) lease_until: i64,
    pub(crate) end_position: i64,
    pub(crate) pending_since: Option<i64>,
    pub(crate) updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
