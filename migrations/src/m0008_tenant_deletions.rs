//! Deletions of tenants, and what they need to find everything that a tenant leaves.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary_len_null, string_len, uuid};
use sea_orm_migration::sea_orm::DbBackend;

use crate::m0004_postgresql::retype;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The control events about one person. The tenant's id is that of the people: all zeros.
const PEOPLE_SQLITE: &str = "CREATE INDEX control_events_person ON control_events \
     (payload ->> 'user') WHERE tenant_id = x'00000000000000000000000000000000'";
const PEOPLE_POSTGRES: &str = "CREATE INDEX control_events_person ON control_events \
     ((payload ->> 'user')) WHERE tenant_id = '00000000-0000-0000-0000-000000000000'";

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
        let tenants = Index::create()
            .name("tenant_deletions_tenant")
            .table("tenant_deletions")
            .col("tenant_id")
            .unique()
            .to_owned();
        manager.create_index(tenants).await?;
        let steps = Index::create()
            .name("tenant_deletions_step")
            .table("tenant_deletions")
            .col("step")
            .col("delete_at")
            .to_owned();
        manager.create_index(steps).await?;
        let tenants = Table::alter()
            .table("tenants")
            .add_column(big_integer_null("delete_at"))
            .to_owned();
        manager.alter_table(tenants).await?;
        let artifacts = Table::alter()
            .table("artifacts")
            .add_column(binary_len_null("component", 32))
            .to_owned();
        manager.alter_table(artifacts).await?;
        let components = Index::create()
            .name("artifacts_component")
            .table("artifacts")
            .col("component")
            .to_owned();
        manager.create_index(components).await?;
        let owners = Index::create()
            .name("deletions_tenant")
            .table("deletions")
            .col("tenant_id")
            .to_owned();
        manager.create_index(owners).await?;
        let usage = Index::create()
            .name("compute_usage_tenant")
            .table("compute_usage")
            .col("tenant_id")
            .to_owned();
        manager.create_index(usage).await?;
        let sessions = Index::create()
            .name("sessions_tenant")
            .table("sessions")
            .col("tenant_id")
            .to_owned();
        manager.create_index(sessions).await?;
        let people = if manager.get_database_backend() == DbBackend::Postgres {
            PEOPLE_POSTGRES
        } else {
            PEOPLE_SQLITE
        };
        manager.get_connection().execute_unprepared(people).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (index, table) in [
            ("control_events_person", "control_events"),
            ("sessions_tenant", "sessions"),
            ("compute_usage_tenant", "compute_usage"),
            ("deletions_tenant", "deletions"),
            ("artifacts_component", "artifacts"),
        ] {
            let index = Index::drop().name(index).table(table).to_owned();
            manager.drop_index(index).await?;
        }
        for (table, column) in [("artifacts", "component"), ("tenants", "delete_at")] {
            let change = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(change).await?;
        }
        let deletions = Table::drop().table("tenant_deletions").to_owned();
        manager.drop_table(deletions).await
    }
}
