//! What PostgreSQL has and the portable schema builder does not say. Nothing of it is for SQLite,
//! whose texts are compared by their bytes and have no length.
//!
//! - Texts are of any length, as the catalog checks lengths in bytes and operators may raise them,
//!   and sort by their bytes: cursors and listings must not depend on the server's locale.
//! - JSON is `jsonb`, so that operators can look into it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Tables with their columns of text.
const TEXTS: [(&str, &[&str]); 10] = [
    ("control_events", &["actor_kind", "kind"]),
    ("tenants", &["short_name"]),
    ("users", &["email", "email_key", "password_hash"]),
    ("memberships", &["role"]),
    ("keys", &["name", "role", "created_by_kind"]),
    ("logs", &["name", "description", "retention"]),
    ("views", &["name"]),
    ("versions", &["content_type", "state", "halted_message"]),
    ("sessions", &["actor_kind", "role"]),
    ("snapshot_checks", &["off_reason"]),
];

/// Tables with their columns of JSON.
const JSON: [(&str, &[&str]); 5] = [
    ("control_events", &["payload"]),
    ("keys", &["logs"]),
    ("versions", &["world", "imports", "languages"]),
    ("sessions", &["logs"]),
    ("deletions", &["versions", "components"]),
];

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides the lifetime, and spelling it out makes another signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        retype(manager, &TEXTS, |_| "text COLLATE \"C\"".to_owned()).await?;
        retype(manager, &JSON, |column| {
            format!("jsonb USING \"{column}\"::jsonb")
        })
        .await
    }

    /// Texts stay as they are, because they hold everything that they held before.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        retype(manager, &JSON, |column| {
            format!("text USING \"{column}\"::text")
        })
        .await
    }
}

pub(crate) async fn retype(
    manager: &SchemaManager<'_>,
    tables: &[(&str, &[&str])],
    to: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for (table, columns) in tables {
        let changes: Vec<String> = columns
            .iter()
            .map(|column| format!("ALTER COLUMN \"{column}\" TYPE {}", to(column)))
            .collect();
        let statement = format!("ALTER TABLE \"{table}\" {}", changes.join(", "));
        manager
            .get_connection()
            .execute_unprepared(&statement)
            .await?;
    }
    Ok(())
}
