//! Quotas of tenants, and what they are compared with: the number of views, and the bytes stored.
//!
//! `stored_bytes` is operational, without a foreign key; a tenant without a row is counted when it is
//! next seen.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COUNT_VIEWS: &str = "UPDATE tenants SET view_count = \
     (SELECT COUNT(*) FROM views WHERE views.tenant_id = tenants.id)";

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
        let view_count = Table::alter()
            .table("tenants")
            .add_column(big_integer("view_count").default(0))
            .to_owned();
        manager.alter_table(view_count).await?;
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

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let stored = Table::drop().table("stored_bytes").to_owned();
        manager.drop_table(stored).await?;
        for column in ["view_count", "quotas"] {
            let tenants = Table::alter()
                .table("tenants")
                .drop_column(column)
                .to_owned();
            manager.alter_table(tenants).await?;
        }
        Ok(())
    }
}
