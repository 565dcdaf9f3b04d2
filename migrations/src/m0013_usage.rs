//! The ledger of use: what is added up of the hours that are not over, the records of those that are,
//! how many bytes each log has in the archive, and of what people were told.
//!
//! Logs that have bytes there already get their level when an archiver claims their shard.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, string_len, uuid};

use crate::ddl::{add_column, index, retype};

/// What versions folded before there were meters is not billed, as far as it is archived.
const FOLDED_BEFORE: &str = "UPDATE compute_usage SET folded_through = COALESCE( \
     (SELECT MAX(archive_blocks.last) FROM versions \
     JOIN views ON views.id = versions.view_id \
     JOIN archive_blocks ON archive_blocks.log_id = views.log_id \
     WHERE versions.id = compute_usage.version_id), 0)";

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let open = Table::create()
        .table("usage_open")
        .col(uuid("tenant_id"))
        .col(big_integer("hour"))
        .col(string_len("meter", 16))
        .col(uuid("log_id"))
        .col(uuid("view_id"))
        .col(big_integer("amount"))
        .col(big_integer("level"))
        .primary_key(
            Index::create()
                .col("tenant_id")
                .col("hour")
                .col("meter")
                .col("log_id")
                .col("view_id"),
        )
        .to_owned();
    manager.create_table(open).await?;
    index(manager, "usage_open", "hour", &["hour"]).await?;

    let records = Table::create()
        .table("usage_records")
        .col(uuid("tenant_id"))
        .col(big_integer("sequence"))
        .col(big_integer("hour"))
        .col(string_len("meter", 16))
        .col(uuid("log_id"))
        .col(uuid("view_id"))
        .col(big_integer("amount"))
        .col(big_integer("level"))
        .col(big_integer("recorded_at"))
        .primary_key(Index::create().col("tenant_id").col("sequence"))
        .to_owned();
    manager.create_table(records).await?;
    index(manager, "usage_records", "hour", &["tenant_id", "hour"]).await?;

    let levels = Table::create()
        .table("storage_levels")
        .col(uuid("log_id").primary_key())
        .col(uuid("tenant_id"))
        .col(big_integer("bytes"))
        .col(big_integer("through"))
        .col(big_integer_null("deleted_at"))
        .to_owned();
    manager.create_table(levels).await?;
    index(manager, "storage_levels", "tenant", &["tenant_id"]).await?;

    let notices = Table::create()
        .table("usage_notices")
        .col(uuid("tenant_id"))
        .col(big_integer("month"))
        .col(integer("percent"))
        .primary_key(Index::create().col("tenant_id").col("month").col("percent"))
        .to_owned();
    manager.create_table(notices).await?;

    let meters = ["usage_open", "usage_records"].map(|table| (table, &["meter"] as &[_]));
    retype(manager, &meters, |_| "text COLLATE \"C\"".to_owned()).await?;
    let through = ColumnDef::new("folded_through")
        .big_integer()
        .not_null()
        .default(0)
        .to_owned();
    add_column(manager, "compute_usage", through).await?;
    index(manager, "archive_blocks", "log", &["shard", "log_id"]).await?;
    let sql = manager.get_connection();
    sql.execute_unprepared(FOLDED_BEFORE).await?;
    Ok(())
}
