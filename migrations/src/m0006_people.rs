//! Invitations, links that set a new password, and the person behind each key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary_len, string_len, uuid, uuid_null};

use crate::ddl::{add_column, index, reference, unique};

/// The person who made a key, or who made the key that made it. Keys of keys that were revoked
/// before stay without one.
const MADE_BY_PEOPLE: &str =
    "UPDATE keys SET user_id = created_by_id WHERE created_by_kind = 'user'";
const MADE_BY_KEYS: &str = "UPDATE keys SET user_id = (SELECT maker.user_id FROM keys AS maker \
     WHERE maker.id = keys.created_by_id) WHERE user_id IS NULL AND EXISTS (SELECT 1 FROM keys AS \
     maker WHERE maker.id = keys.created_by_id AND maker.user_id IS NOT NULL)";

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    invitations(manager).await?;
    password_resets(manager).await?;
    add_column(manager, "keys", uuid_null("user_id")).await?;
    let sql = manager.get_connection();
    sql.execute_unprepared(MADE_BY_PEOPLE).await?;
    // One round for each key in the longest chain of keys that made keys.
    while sql.execute_unprepared(MADE_BY_KEYS).await?.rows_affected() > 0 {}
    Ok(())
}

async fn invitations(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let invitations = Table::create()
        .table("invitations")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(string_len("email", 254))
        .col(string_len("email_key", 254))
        .col(string_len("role", 16))
        .col(binary_len("token_sha256", 32))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut reference("invitations", "tenant_id", "tenants"))
        .to_owned();
    manager.create_table(invitations).await?;
    unique(manager, "invitations", "token_sha256", &["token_sha256"]).await?;
    // A new invitation of an address takes the place of the one before.
    unique(
        manager,
        "invitations",
        "email_key",
        &["tenant_id", "email_key"],
    )
    .await
}

async fn password_resets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let resets = Table::create()
        .table("password_resets")
        .col(binary_len("token_sha256", 32).primary_key())
        .col(uuid("user_id"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut reference("password_resets", "user_id", "users"))
        .to_owned();
    manager.create_table(resets).await?;
    index(manager, "password_resets", "user", &["user_id"]).await
}
