//! Operational: segments in the object store.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_segments")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) shard: i32,
    pub(crate) bytes: i64,
    pub(crate) live_blocks: i64,
    pub(crate) created_at: i64,
    pub(crate) erase_since: Option<i64>,
    pub(crate) retired_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
