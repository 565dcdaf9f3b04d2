//! What people see of their sessions, and their second factors.
//!
//! A second factor is operational: its secret is in no control event, so a rebuild can't bring it back, and
//! leaves it alone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary_len, boolean, string_len_null, text_null, uuid,
};
use sea_orm_migration::sea_orm::DbBackend;

use crate::ddl::{add_column, index, unique};

/// Longer than any address is as text.
const NETWORK_CHARS: u32 = 45;

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sessions(manager).await?;
    let factors = Table::create()
        .table("second_factors")
        .col(uuid("user_id").primary_key())
        .col(binary_len("secret", 20))
        .col(boolean("confirmed"))
        .col(big_integer("last_step"))
        .col(big_integer("wrong_codes"))
        .col(big_integer("created_at"))
        .to_owned();
    manager.create_table(factors).await?;
    let codes = Table::create()
        .table("recovery_codes")
        .col(binary_len("code_sha256", 32).primary_key())
        .col(uuid("user_id"))
        .col(big_integer("created_at"))
        .to_owned();
    manager.create_table(codes).await?;
    index(manager, "recovery_codes", "user", &["user_id"]).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add_column(manager, "sessions", uuid("id").default(NO_ID)).await?;
    add_column(
        manager,
        "sessions",
        string_len_null("network", NETWORK_CHARS),
    )
    .await?;
    add_column(manager, "sessions", text_null("user_agent")).await?;
    let random = match manager.get_database_backend() {
        DbBackend::Postgres => "gen_random_uuid()",
        _ => "randomblob(16)",
    };
    let sql = manager.get_connection();
    let give_ids = format!("UPDATE sessions SET id = {random}");
    sql.execute_unprepared(&give_ids).await?;
    unique(manager, "sessions", "id", &["id"]).await
}

/// Of sessions that are there, for a moment: a column that is never empty needs a default.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";
