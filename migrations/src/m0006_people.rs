//! Invitations, links that set a new password, and the person behind each key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary_len, string_len, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The person who made a key, or who made the key that made it. Keys of keys that were revoked
/// before stay without one.
const MADE_BY_PEOPLE: &str =
    "UPDATE keys SET user_id = created_by_id WHERE created_by_kind = 'user'";
const MADE_BY_KEYS: &str = "UPDATE keys SET user_id = (SELECT maker.user_id FROM keys AS maker \
     WHERE maker.id = keys.created_by_id) WHERE user_id IS NULL AND EXISTS (SELECT 1 FROM keys AS \
     maker WHERE maker.id = keys.created_by_id AND maker.user_id IS NOT NULL)";

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
        invitations(manager).await?;
        password_resets(manager).await?;
        let column = Table::alter()
            .table("keys")
            .add_column(uuid_null("user_id"))
            .to_owned();
        manager.alter_table(column).await?;
        let sql = manager.get_connection();
        sql.execute_unprepared(MADE_BY_PEOPLE).await?;
        // One round for each key in the longest chain of keys that made keys.
        while sql.execute_unprepared(MADE_BY_KEYS).await?.rows_affected() > 0 {}
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("keys")
            .drop_column("user_id")
            .to_owned();
        manager.alter_table(column).await?;
        for table in ["password_resets", "invitations"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

async fn invitations(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let invitations = Table::create()
        .table("invitations")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(string_len("email", 254))
        .col(string_len("email_key", 254))
        .col(string_len("role", 16))
        .col(binary_len("token_sha256", 32))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .foreign_key(
            ForeignKey::create()
                .from("invitations", "tenant_id")
                .to("tenants", "id"),
        )
        .to_owned();
    manager.create_table(invitations).await?;
    let tokens = Index::create()
        .name("invitations_token_sha256")
        .table("invitations")
        .col("token_sha256")
        .unique()
        .to_owned();
    manager.create_index(tokens).await?;
    // A new invitation of an address takes the place of the one before.
    let addresses = Index::create()
        .name("invitations_email_key")
        .table("invitations")
        .col("tenant_id")
        .col("email_key")
        .unique()
        .to_owned();
    manager.create_index(addresses).await
}

async fn password_resets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let resets = Table::create()
        .table("password_resets")
        .col(binary_len("token_sha256", 32).primary_key())
        .col(uuid("user_id"))
        .col(big_integer("expires_at"))
        .foreign_key(
            ForeignKey::create()
                .from("password_resets", "user_id")
                .to("users", "id"),
        )
        .to_owned();
    manager.create_table(resets).await?;
    let people = Index::create()
        .name("password_resets_user")
        .table("password_resets")
        .col("user_id")
        .to_owned();
    manager.create_index(people).await
}
