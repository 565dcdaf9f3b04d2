//! The read model: tables that are derived from the control events and nothing else.
//!
//! Names of unique indexes contain the column that callers tell apart in errors, because SQLite
//! reports the columns of a violated constraint and PostgreSQL its name.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_len, blob, boolean, integer_null, string_len, text,
    text_null, uuid, uuid_null,
};

use crate::ddl::{index, reference, unique};

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    people(manager).await?;
    keys(manager).await?;
    logs(manager).await?;
    views(manager).await
}

/// Tenants, users and what joins them.
async fn people(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // `log_count` spares a count over a million rows at every creation of a log.
    let tenants = Table::create()
        .table("tenants")
        .col(uuid("id").primary_key())
        .col(string_len("short_name", 128))
        .col(big_integer("created_at"))
        .col(big_integer("log_count"))
        .col(integer_null("rate_per_second"))
        .col(integer_null("rate_burst"))
        .to_owned();
    manager.create_table(tenants).await?;
    unique(manager, "tenants", "short_name", &["short_name"]).await?;

    // `email_key` is what addresses are compared by.
    let users = Table::create()
        .table("users")
        .col(uuid("id").primary_key())
        .col(string_len("email", 254))
        .col(string_len("email_key", 254))
        .col(text("password_hash"))
        .col(boolean("email_verified"))
        .col(big_integer("created_at"))
        .to_owned();
    manager.create_table(users).await?;
    unique(manager, "users", "email_key", &["email_key"]).await?;

    let verifications = Table::create()
        .table("email_verifications")
        .col(binary_len("token_sha256", 32).primary_key())
        .col(uuid("user_id"))
        .col(big_integer("sequence"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut reference("email_verifications", "user_id", "users"))
        .to_owned();
    manager.create_table(verifications).await?;
    index(
        manager,
        "email_verifications",
        "user",
        &["user_id", "sequence"],
    )
    .await?;

    let memberships = Table::create()
        .table("memberships")
        .col(uuid("tenant_id"))
        .col(uuid("user_id"))
        .col(string_len("role", 16))
        .col(big_integer("created_at"))
        .primary_key(Index::create().col("tenant_id").col("user_id"))
        .foreign_key(&mut reference("memberships", "tenant_id", "tenants"))
        .foreign_key(&mut reference("memberships", "user_id", "users"))
        .to_owned();
    manager.create_table(memberships).await?;
    index(manager, "memberships", "user", &["user_id"]).await
}

async fn keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let keys = Table::create()
        .table("keys")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(string_len("name", 128))
        .col(string_len("role", 16))
        .col(text_null("logs"))
        .col(string_len("created_by_kind", 16))
        .col(uuid_null("created_by_id"))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .col(binary_len("sha256", 32))
        .foreign_key(&mut reference("keys", "tenant_id", "tenants"))
        .to_owned();
    manager.create_table(keys).await?;
    unique(manager, "keys", "sha256", &["sha256"]).await?;
    index(manager, "keys", "tenant", &["tenant_id", "id"]).await
}

async fn logs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let logs = Table::create()
        .table("logs")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(string_len("name", 128))
        .col(text_null("description"))
        .col(string_len("retention", 16))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut reference("logs", "tenant_id", "tenants"))
        .to_owned();
    manager.create_table(logs).await?;
    unique(manager, "logs", "name", &["tenant_id", "name"]).await
}

/// Views and their versions. `live_version_id` has no foreign key, because the two tables would
/// then refer to each other.
async fn views(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let views = Table::create()
        .table("views")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("log_id"))
        .col(string_len("name", 128))
        .col(big_integer("created_at"))
        .col(uuid_null("live_version_id"))
        .foreign_key(&mut reference("views", "log_id", "logs"))
        .to_owned();
    manager.create_table(views).await?;
    unique(manager, "views", "name", &["log_id", "name"]).await?;

    let versions = Table::create()
        .table("versions")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("log_id"))
        .col(uuid("view_id"))
        .col(big_integer("number"))
        .col(binary_len("component", 32))
        .col(big_integer("component_bytes"))
        .col(string_len("world", 16))
        .col(text("imports"))
        .col(text("languages"))
        .col(text_null("content_type"))
        .col(blob("config"))
        .col(string_len("state", 16))
        .col(big_integer_null("halted_sequence"))
        .col(text_null("halted_message"))
        .col(big_integer("created_at"))
        .col(big_integer_null("activated_at"))
        .foreign_key(&mut reference("versions", "view_id", "views"))
        .to_owned();
    manager.create_table(versions).await?;
    unique(manager, "versions", "number", &["view_id", "number"]).await?;
    index(manager, "versions", "state", &["state", "id"]).await?;
    index(manager, "versions", "component", &["component"]).await
}
