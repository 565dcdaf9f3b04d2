//! What people see of deletions of logs and views. Operational, without foreign keys: what they speak
//! of is gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string_len, string_len_null, uuid, uuid_null};

use crate::m0004_postgresql::retype;

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
        let jobs = Table::create()
            .table("deletion_jobs")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("log_id"))
            .col(string_len("log_name", 128))
            .col(uuid_null("view_id"))
            .col(string_len_null("view_name", 128))
            .col(big_integer("requested_at"))
            .col(string_len("step", 16))
            .col(big_integer("step_at"))
            .to_owned();
        manager.create_table(jobs).await?;
        let texts = [("deletion_jobs", &["log_name", "view_name", "step"] as &[_])];
        retype(manager, &texts, |_| "text COLLATE \"C\"".to_owned()).await?;
        let tenants = Index::create()
            .name("deletion_jobs_tenant")
            .table("deletion_jobs")
            .col("tenant_id")
            .col("id")
            .to_owned();
        manager.create_index(tenants).await?;
        let steps = Index::create()
            .name("deletion_jobs_step")
            .table("deletion_jobs")
            .col("step")
            .col("step_at")
            .to_owned();
        manager.create_index(steps).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let jobs = Table::drop().table("deletion_jobs").to_owned();
        manager.drop_table(jobs).await
    }
}
