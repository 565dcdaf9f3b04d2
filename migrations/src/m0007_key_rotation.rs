//! Keys that change their secret.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary_len, uuid};

use crate::ddl::{add_column, index, reference};

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    add_column(manager, "keys", big_integer_null("rotated_at")).await?;
    let earlier = Table::create()
        .table("earlier_secrets")
        .col(binary_len("sha256", 32).primary_key())
        .col(uuid("key_id"))
        .col(big_integer("sequence"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut reference("earlier_secrets", "key_id", "keys"))
        .to_owned();
    manager.create_table(earlier).await?;
    index(manager, "earlier_secrets", "key", &["key_id"]).await?;
    index(manager, "keys", "maker", &["created_by_id"]).await
}
