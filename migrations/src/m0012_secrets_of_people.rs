//! The person behind each earlier secret of a key, and the secret that a session was exchanged for.
//!
//! Earlier secrets that are there by then get the person and the end that the control events give
//! them. Sessions of keys stay without a secret, and end as they did.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary_len_null, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

use crate::ddl::{add_column, index};

/// A later rotation with a shorter overlap ends those before it, too.
const END_WITH_LATER_ROTATIONS: &str = "UPDATE earlier_secrets SET expires_at = \
     (SELECT MIN(later.expires_at) FROM earlier_secrets AS later \
     WHERE later.key_id = earlier_secrets.key_id AND later.sequence >= earlier_secrets.sequence)";

/// Those of someone who is no member any more.
const END_WITH_MEMBERS: &str = "DELETE FROM earlier_secrets WHERE user_id IS NOT NULL AND NOT EXISTS \
     (SELECT 1 FROM memberships JOIN keys ON keys.tenant_id = memberships.tenant_id \
     WHERE keys.id = earlier_secrets.key_id AND memberships.user_id = earlier_secrets.user_id)";

/// The person who gave a secret, or who is behind the key that did, by the event in which it was
/// given.
fn people(backend: DbBackend) -> String {
    let (said, digits) = match backend {
        DbBackend::Postgres => (
            "payload ->> 'sha256'",
            "encode(earlier_secrets.sha256, 'hex')",
        ),
        _ => (
            "json_extract(payload, '$.sha256')",
            "lower(hex(earlier_secrets.sha256))",
        ),
    };
    format!(
        "UPDATE earlier_secrets SET user_id = (SELECT CASE given.actor_kind \
         WHEN 'user' THEN given.actor_id \
         ELSE (SELECT maker.user_id FROM keys AS maker WHERE maker.id = given.actor_id) END \
         FROM control_events AS given JOIN keys ON keys.tenant_id = given.tenant_id \
         WHERE keys.id = earlier_secrets.key_id \
         AND given.kind IN ('key_created', 'key_rotated') AND {said} = {digits} LIMIT 1)"
    )
}

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add_column(manager, "earlier_secrets", uuid_null("user_id")).await?;
    index(manager, "earlier_secrets", "user", &["user_id"]).await?;
    add_column(manager, "sessions", binary_len_null("secret_sha256", 32)).await?;
    let sql = manager.get_connection();
    for statement in [
        END_WITH_LATER_ROTATIONS,
        &people(manager.get_database_backend()),
        END_WITH_MEMBERS,
    ] {
        sql.execute_unprepared(statement).await?;
    }
    Ok(())
}
