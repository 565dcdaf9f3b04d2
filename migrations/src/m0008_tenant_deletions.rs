//! Deletions of tenants, and what they need to find everything that a tenant leaves.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary_len_null, string_len, uuid};
use sea_orm_migration::sea_orm::DbBackend;

use crate::ddl::{add_column, index, retype, unique};

/// The control events about one person. The tenant's id is that of the people: all zeros.
const PEOPLE_SQLITE: &str = "CREATE INDEX control_events_person ON control_events \
     (payload ->> 'user') WHERE tenant_id = x'00000000000000000000000000000000'";
const PEOPLE_POSTGRES: &str = "CREATE INDEX control_events_person ON control_events \
     ((payload ->> 'user')) WHERE tenant_id = '00000000-0000-0000-0000-000000000000'";

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let deletions = Table::create()
        .table("tenant_deletions")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(big_integer("requested_at"))
        .col(big_integer("delete_at"))
        .col(string_len("step", 16))
        .col(big_integer("step_at"))
        .to_owned();
    manager.create_table(deletions).await?;
    retype(manager, &[("tenant_deletions", &["step"])], |_| {
        "text COLLATE \"C\"".to_owned()
    })
    .await?;
    unique(manager, "tenant_deletions", "tenant", &["tenant_id"]).await?;
    index(manager, "tenant_deletions", "step", &["step", "delete_at"]).await?;
    add_column(manager, "tenants", big_integer_null("delete_at")).await?;
    add_column(manager, "artifacts", binary_len_null("component", 32)).await?;
    index(manager, "artifacts", "component", &["component"]).await?;
    index(manager, "deletions", "tenant", &["tenant_id"]).await?;
    index(manager, "compute_usage", "tenant", &["tenant_id"]).await?;
    index(manager, "sessions", "tenant", &["tenant_id"]).await?;
    let people = if manager.get_database_backend() == DbBackend::Postgres {
        PEOPLE_POSTGRES
    } else {
        PEOPLE_SQLITE
    };
    manager.get_connection().execute_unprepared(people).await?;
    Ok(())
}
