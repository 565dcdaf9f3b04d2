//! The control events: the source of truth that the read model derives from.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, small_integer, string_len, text, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

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
        let dense = Index::create()
            .name("control_events_sequence")
            .table("control_events")
            .col("tenant_id")
            .col("sequence")
            .unique()
            .to_owned();
        manager.create_index(dense).await?;
        // Audit pages filtered by kind must not walk over every event of a large tenant.
        let kinds = Index::create()
            .name("control_events_kind")
            .table("control_events")
            .col("tenant_id")
            .col("kind")
            .col("sequence")
            .to_owned();
        manager.create_index(kinds).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::drop().table("control_events").to_owned();
        manager.drop_table(drop).await
    }
}
