//! Quotas of tenants, and what they are compared with: the number of views, and the bytes stored.
//!
//! `stored_bytes` is operational, without a foreign key; a tenant without a row is counted when it is
//! next seen.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};
use sea_orm_migration::sea_orm::DbBackend;

use crate::ddl::add_column;

const COUNT_VIEWS: &str = "UPDATE tenants SET view_count = \
     (SELECT COUNT(*) FROM views WHERE views.tenant_id = tenants.id)";

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add_column(manager, "tenants", big_integer("view_count").default(0)).await?;
    let connection = manager.get_connection();
    connection.execute_unprepared(COUNT_VIEWS).await?;
    let json = match manager.get_database_backend() {
        DbBackend::Postgres => "jsonb",
        _ => "text",
    };
    let quotas = format!("ALTER TABLE tenants ADD COLUMN quotas {json}");
    connection.execute_unprepared(&quotas).await?;
    let stored = Table::create()
        .table("stored_bytes")
        .col(uuid("tenant_id").primary_key())
        .col(big_integer("bytes"))
        .to_owned();
    manager.create_table(stored).await
}
