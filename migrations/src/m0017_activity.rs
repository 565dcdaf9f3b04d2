//! What tenants did lately: a row for each minute, tenant and node in which something happened.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, uuid};

use crate::ddl::index;

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let activity = Table::create()
        .table("activity")
        .col(uuid("tenant_id"))
        .col(big_integer("minute"))
        .col(uuid("node"))
        .col(big_integer("events"))
        .col(big_integer("appends"))
        .col(big_integer("queries"))
        .col(big_integer("failed_queries"))
        .col(blob("append_latencies"))
        .col(blob("query_latencies"))
        .primary_key(Index::create().col("tenant_id").col("minute").col("node"))
        .to_owned();
    manager.create_table(activity).await?;
    index(manager, "activity", "minute", &["minute"]).await
}
