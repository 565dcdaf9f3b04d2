//! The archive: where the blocks of each log are, which segments hold them, and how far each shard
//! was archived.
//!
//! No part of the read model: a rebuild leaves these tables alone, and a restore fills them from
//! the segments themselves. Level 9 is that of blocks which are never merged again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_len, boolean, integer, uuid, uuid_null,
};

use crate::ddl::index;

/// Indexes of some rows only, which the portable builder does not know.
const INDEXES: [&str; 4] = [
    "CREATE INDEX archive_blocks_to_trim ON archive_blocks (shard, last_at) WHERE trim_pending",
    "CREATE INDEX archive_blocks_to_merge ON archive_blocks (shard, level, log_id) WHERE level < 9",
    "CREATE INDEX archive_segments_to_erase ON archive_segments (erase_since) \
     WHERE erase_since IS NOT NULL AND retired_at IS NULL",
    "CREATE INDEX archive_segments_retired ON archive_segments (retired_at) \
     WHERE retired_at IS NOT NULL",
];

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let shards = Table::create()
        .table("archive_shards")
        .col(integer("shard").primary_key())
        .col(big_integer("position"))
        .col(uuid_null("holder"))
        .col(big_integer("epoch"))
        .col(big_integer("lease_until"))
        .col(big_integer("end_position"))
        .col(big_integer_null("pending_since"))
        .col(big_integer("updated_at"))
        .to_owned();
    manager.create_table(shards).await?;
    let segments = Table::create()
        .table("archive_segments")
        .col(uuid("id").primary_key())
        .col(integer("shard"))
        .col(big_integer("bytes"))
        .col(big_integer("live_blocks"))
        .col(big_integer("created_at"))
        .col(big_integer_null("erase_since"))
        .col(big_integer_null("retired_at"))
        .to_owned();
    manager.create_table(segments).await?;
    manager.create_table(blocks()).await?;
    let ids = Table::create()
        .table("archive_ids")
        .col(uuid("id").primary_key())
        .to_owned();
    manager.create_table(ids).await?;
    index(manager, "archive_blocks", "segment", &["segment_id"]).await?;
    for index in INDEXES {
        let connection = manager.get_connection();
        connection.execute_unprepared(index).await?;
    }
    Ok(())
}

fn blocks() -> TableCreateStatement {
    Table::create()
        .table("archive_blocks")
        .col(uuid("log_id"))
        .col(big_integer("first"))
        .col(big_integer("last"))
        .col(uuid("segment_id"))
        .col(big_integer("byte_offset"))
        .col(big_integer("bytes"))
        .col(big_integer("body_bytes"))
        .col(big_integer("payload_bytes"))
        .col(big_integer("first_at"))
        .col(big_integer("last_at"))
        .col(binary_len("chain", 32))
        .col(big_integer("checksum"))
        .col(integer("shard"))
        .col(integer("level"))
        .col(boolean("trim_pending"))
        .primary_key(Index::create().col("log_id").col("first"))
        .to_owned()
}
