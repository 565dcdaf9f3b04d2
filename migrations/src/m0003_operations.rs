//! Operational tables: what changes too often, or matters too little, to be a control event.
//!
//! They have no foreign keys into the read model, because a rebuild empties and refills it. A row
//! whose tenant, key or version is gone means nothing any more.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary_len, boolean, string_len, text, text_null, uuid, uuid_null,
};

use crate::ddl::index;

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sessions(manager).await?;
    objects(manager).await?;
    compute(manager).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sessions = Table::create()
        .table("sessions")
        .col(binary_len("token_sha256", 32).primary_key())
        .col(uuid("tenant_id"))
        .col(string_len("actor_kind", 16))
        .col(uuid_null("actor_id"))
        .col(string_len("role", 16))
        .col(text_null("logs"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .to_owned();
    manager.create_table(sessions).await?;
    index(manager, "sessions", "expiry", &["expires_at"]).await?;
    index(manager, "sessions", "actor", &["actor_id", "created_at"]).await?;

    let key_uses = Table::create()
        .table("key_uses")
        .col(uuid("key_id").primary_key())
        .col(big_integer("last_used_at"))
        .to_owned();
    manager.create_table(key_uses).await
}

/// What lies in the object store, and what is to be removed from it.
async fn objects(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let deletions = Table::create()
        .table("deletions")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid_null("log_id"))
        .col(text("versions"))
        .col(text("components"))
        .col(big_integer("created_at"))
        .to_owned();
    manager.create_table(deletions).await?;

    let artifacts = Table::create()
        .table("artifacts")
        .col(binary_len("digest", 32).primary_key())
        .col(binary_len("sha256", 32))
        .col(big_integer("bytes"))
        .to_owned();
    manager.create_table(artifacts).await?;

    let snapshots = Table::create()
        .table("snapshots")
        .col(uuid("version_id"))
        .col(big_integer("sequence"))
        .col(big_integer("bytes"))
        .col(big_integer("created_at"))
        .primary_key(Index::create().col("version_id").col("sequence"))
        .to_owned();
    manager.create_table(snapshots).await?;

    let checks = Table::create()
        .table("snapshot_checks")
        .col(uuid("version_id").primary_key())
        .col(boolean("verified"))
        .col(text_null("off_reason"))
        .to_owned();
    manager.create_table(checks).await
}

async fn compute(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let usage = Table::create()
        .table("compute_usage")
        .col(uuid("version_id").primary_key())
        .col(uuid("tenant_id"))
        .col(big_integer("compute_us"))
        .to_owned();
    manager.create_table(usage).await?;

    let batches = Table::create()
        .table("compute_batches")
        .col(uuid("worker"))
        .col(big_integer("epoch"))
        .col(big_integer("counter"))
        .col(big_integer("recorded_at"))
        .primary_key(Index::create().col("worker").col("epoch").col("counter"))
        .to_owned();
    manager.create_table(batches).await?;
    index(manager, "compute_batches", "age", &["recorded_at"]).await
}
