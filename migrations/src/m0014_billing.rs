//! Money: what the payment provider knows of tenants, what each month costs them, what is still to be
//! reported, and what the provider said.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, json_binary, string_len, text, text_null, uuid,
};

use crate::ddl::index;

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let accounts = Table::create()
        .table("billing_accounts")
        .col(uuid("tenant_id").primary_key())
        .col(text_null("customer"))
        .col(json_binary("account"))
        .to_owned();
    manager.create_table(accounts).await?;
    index(manager, "billing_accounts", "customer", &["customer"]).await?;

    let months = Table::create()
        .table("billing_months")
        .col(uuid("tenant_id"))
        .col(big_integer("month"))
        .col(big_integer("version"))
        .col(string_len("status", 16))
        .col(boolean("settled"))
        .col(big_integer_null("due_at"))
        .col(json_binary("bill"))
        .primary_key(Index::create().col("tenant_id").col("month"))
        .to_owned();
    manager.create_table(months).await?;
    index(manager, "billing_months", "due", &["due_at"]).await?;

    let outbox = Table::create()
        .table("billing_outbox")
        .col(uuid("tenant_id"))
        .col(string_len("meter", 16))
        .col(big_integer("hour"))
        .col(big_integer("part"))
        .col(big_integer("month"))
        .col(text("customer"))
        .col(big_integer("units"))
        .col(big_integer("timestamp"))
        .col(string_len("state", 16))
        .col(integer("attempts"))
        .col(big_integer_null("attempted_at"))
        .col(big_integer("due_at"))
        .col(text_null("error"))
        .primary_key(
            Index::create()
                .col("tenant_id")
                .col("meter")
                .col("hour")
                .col("part"),
        )
        .to_owned();
    manager.create_table(outbox).await?;
    index(manager, "billing_outbox", "due", &["state", "due_at"]).await?;
    let of_month = &["tenant_id", "month"];
    index(manager, "billing_outbox", "month", of_month).await?;

    let webhooks = Table::create()
        .table("billing_webhooks")
        .col(string_len("id", 255).primary_key())
        .col(text("kind"))
        .col(text("object"))
        .col(big_integer("received_at"))
        .col(integer("attempts"))
        .col(big_integer_null("due_at"))
        .to_owned();
    manager.create_table(webhooks).await?;
    index(manager, "billing_webhooks", "due", &["due_at"]).await
}
