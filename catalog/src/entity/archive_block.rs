//! Operational: the blocks of each log, and the segment that each is in.

use super::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_blocks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) log_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) segment_id: Uuid,
    pub(crate) byte_offset: i64,
    pub(crate) bytes: i64,
    pub(crate) body_bytes: i64,
    pub(crate) payload_bytes: i64,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) chain: Vec<u8>,
    pub(crate) checksum: i64,
    pub(crate) shard: i32,
    pub(crate) level: i32,
    pub(crate) trim_pending: bool,
}

impl ActiveModelBehavior for ActiveModel {}
