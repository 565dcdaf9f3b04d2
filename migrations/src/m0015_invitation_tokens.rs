//! The second token of an invitation, which is in the mail alone, and who made the invitation.
//!
//! Invitations that are there by then have one token, and get their inviter from the control events.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary_len_null, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

use crate::ddl::{add_column, unique};

fn inviters(backend: DbBackend) -> String {
    let (said, digits) = match backend {
        DbBackend::Postgres => (
            "payload ->> 'token_sha256'",
            "encode(invitations.token_sha256, 'hex')",
        ),
        _ => (
            "json_extract(payload, '$.token_sha256')",
            "lower(hex(invitations.token_sha256))",
        ),
    };
    format!(
        "UPDATE invitations SET invited_by = (SELECT made.actor_id FROM control_events AS made \
         WHERE made.tenant_id = invitations.tenant_id AND made.kind = 'invitation_created' \
         AND made.actor_kind = 'user' AND {said} = {digits} LIMIT 1)"
    )
}

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add_column(manager, "invitations", binary_len_null("mailed_sha256", 32)).await?;
    add_column(manager, "invitations", uuid_null("invited_by")).await?;
    unique(manager, "invitations", "mailed_sha256", &["mailed_sha256"]).await?;
    let sql = manager.get_connection();
    let inviters = inviters(manager.get_database_backend());
    sql.execute_unprepared(&inviters).await?;
    Ok(())
}
