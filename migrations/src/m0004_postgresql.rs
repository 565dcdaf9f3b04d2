//! What PostgreSQL has and the portable schema builder does not say. Nothing of it is for SQLite,
//! whose texts are compared by their bytes and have no length.
//!
//! - Texts are of any length, as the catalog checks lengths in bytes and operators may raise them,
//!   and sort by their bytes: cursors and listings must not depend on the server's locale.
//! - JSON is `jsonb`, so that operators can look into it.

use sea_orm_migration::prelude::*;

use crate::ddl::retype;

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

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    retype(manager, &TEXTS, |_| "text COLLATE \"C\"".to_owned()).await?;
    retype(manager, &JSON, |column| {
        format!("jsonb USING \"{column}\"::jsonb")
    })
    .await
}
