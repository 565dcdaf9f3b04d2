//! The schema of the catalog, one migration after the other.
//!
//! Migrations are written by hand with the portable schema builder, so that SQLite and PostgreSQL
//! get the same tables. A migration that was released is never edited: a later one changes what it
//! made. They only go forward. Every one runs in a transaction of its own, on SQLite too, so that a
//! crash leaves either all of it or nothing.
//!
//! Types are chosen for both databases:
//! - ids are `uuid` (16 bytes in SQLite), digests are bytes;
//! - times are microseconds since 1970 in a `bigint`, as everywhere else in Primatomic;
//! - JSON is `text` in SQLite and `jsonb` in PostgreSQL. It is read whole and compared by its
//!   values, never by its bytes, which `jsonb` does not keep.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod ddl;
mod m0001_control_events;
mod m0002_read_model;
mod m0003_operations;
mod m0004_postgresql;
mod m0005_archive;
mod m0006_people;
mod m0007_key_rotation;
mod m0008_tenant_deletions;
mod m0010_quotas;
mod m0011_deletion_jobs;
mod m0012_secrets_of_people;
mod m0013_usage;
mod m0014_billing;
mod m0015_invitation_tokens;
mod m0016_accounts;
mod m0017_activity;

/// All migrations, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            migration("m0001_control_events", m0001_control_events::up),
            migration("m0002_read_model", m0002_read_model::up),
            migration("m0003_operations", m0003_operations::up),
            migration("m0004_postgresql", m0004_postgresql::up),
            migration("m0005_archive", m0005_archive::up),
            migration("m0006_people", m0006_people::up),
            migration("m0007_key_rotation", m0007_key_rotation::up),
            migration("m0008_tenant_deletions", m0008_tenant_deletions::up),
            migration("m0010_quotas", m0010_quotas::up),
            migration("m0011_deletion_jobs", m0011_deletion_jobs::up),
            migration("m0012_secrets_of_people", m0012_secrets_of_people::up),
            migration("m0013_usage", m0013_usage::up),
            migration("m0014_billing", m0014_billing::up),
            migration("m0015_invitation_tokens", m0015_invitation_tokens::up),
            migration("m0016_accounts", m0016_accounts::up),
            migration("m0017_activity", m0017_activity::up),
        ]
    }
}

/// What a migration does to the schema: an `async fn` of the manager.
trait Up<'a>: Send + Sync {
    fn up(&self, manager: &'a SchemaManager<'a>) -> impl Future<Output = Result<(), DbErr>> + Send;
}

impl<'a, F, Done> Up<'a> for F
where
    F: Fn(&'a SchemaManager<'a>) -> Done + Send + Sync,
    Done: Future<Output = Result<(), DbErr>> + Send,
{
    fn up(&self, manager: &'a SchemaManager<'a>) -> impl Future<Output = Result<(), DbErr>> + Send {
        self(manager)
    }
}

struct Migration<F> {
    name: &'static str,
    up: F,
}

fn migration(name: &'static str, up: impl for<'a> Up<'a> + 'static) -> Box<dyn MigrationTrait> {
    Box::new(Migration { name, up })
}

impl<F> MigrationName for Migration<F> {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides the lifetime, and spelling it out makes another signature"
)]
#[async_trait::async_trait]
impl<F: for<'a> Up<'a>> MigrationTrait for Migration<F> {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.up.up(manager).await
    }
}
