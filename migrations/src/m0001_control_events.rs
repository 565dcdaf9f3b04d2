//! The control events: the source of truth that the read model derives from.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, small_integer, string_len, text, uuid, uuid_null};

use crate::ddl::{index, unique};

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // `position` is the order over all tenants in which a rebuild applies the events again.
    let table = Table::create()
        .table("control_events")
        .col(big_integer("position").primary_key().auto_increment())
        .col(uuid("tenant_id"))
        .col(big_integer("sequence"))
        .col(big_integer("at"))
        .col(string_len("actor_kind", 16))
        .col(uuid_null("actor_id"))
        .col(uuid("request_id"))
        .col(string_len("kind", 64))
        .col(small_integer("version"))
        .col(text("payload"))
        .to_owned();
    manager.create_table(table).await?;
    unique(
        manager,
        "control_events",
        "sequence",
        &["tenant_id", "sequence"],
    )
    .await?;
    // Audit pages filtered by kind must not walk over every event of a large tenant.
    index(
        manager,
        "control_events",
        "kind",
        &["tenant_id", "kind", "sequence"],
    )
    .await
}
