//! Keys that change their secret.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary_len, uuid};

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
        let keys = Table::alter()
            .table("keys")
            .add_column(big_integer_null("rotated_at"))
            .to_owned();
        manager.alter_table(keys).await?;
        let earlier = Table::create()
            .table("earlier_secrets")
            .col(binary_len("sha256", 32).primary_key())
            .col(uuid("key_id"))
            .col(big_integer("sequence"))
            .col(big_integer("expires_at"))
            .foreign_key(
                ForeignKey::create()
                    .from("earlier_secrets", "key_id")
                    .to("keys", "id"),
            )
            .to_owned();
        manager.create_table(earlier).await?;
        for (name, table, column) in [
            ("earlier_secrets_key", "earlier_secrets", "key_id"),
            ("keys_maker", "keys", "created_by_id"),
        ] {
            let index = Index::create()
                .name(name)
                .table(table)
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let earlier = Table::drop().table("earlier_secrets").to_owned();
        manager.drop_table(earlier).await?;
        let maker = Index::drop().name("keys_maker").table("keys").to_owned();
        manager.drop_index(maker).await?;
        let keys = Table::alter()
            .table("keys")
            .drop_column("rotated_at")
            .to_owned();
        manager.alter_table(keys).await
    }
}
