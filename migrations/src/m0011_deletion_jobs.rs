//! What people see of deletions of logs and views. Operational, without foreign keys: what they speak
//! of is gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string_len, string_len_null, uuid, uuid_null};

use crate::ddl::{index, retype};

pub(crate) async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
    index(manager, "deletion_jobs", "tenant", &["tenant_id", "id"]).await?;
    index(manager, "deletion_jobs", "step", &["step", "step_at"]).await
}
