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

use std::pin::Pin;

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

/// All migrations, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            migration("m0001_control_events", |manager| {
                Box::pin(m0001_control_events::up(manager))
            }),
            migration("m0002_read_model", |manager| {
                Box::pin(m0002_read_model::up(manager))
            }),
            migration("m0003_operations", |manager| {
                Box::pin(m0003_operations::up(manager))
            }),
            migration("m0004_postgresql", |manager| {
                Box::pin(m0004_postgresql::up(manager))
            }),
            migration("m0005_archive", |manager| {
                Box::pin(m0005_archive::up(manager))
            }),
            migration("m0006_people", |manager| {
                Box::pin(m0006_people::up(manager))
            }),
            migration("m0007_key_rotation", |manager| {
                Box::pin(m0007_key_rotation::up(manager))
            }),
            migration("m0008_tenant_deletions", |manager| {
                Box::pin(m0008_tenant_deletions::up(manager))
            }),
            migration("m0010_quotas", |manager| {
                Box::pin(m0010_quotas::up(manager))
            }),
            migration("m0011_deletion_jobs", |manager| {
                Box::pin(m0011_deletion_jobs::up(manager))
            }),
            migration("m0012_secrets_of_people", |manager| {
                Box::pin(m0012_secrets_of_people::up(manager))
            }),
        ]
    }
}

/// What a migration does to the schema.
type Up = for<'a> fn(
    &'a SchemaManager<'a>,
) -> Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>>;

struct Migration {
    name: &'static str,
    up: Up,
}

fn migration(name: &'static str, up: Up) -> Box<dyn MigrationTrait> {
    Box::new(Migration { name, up })
}

impl MigrationName for Migration {
    fn name(&self) -> &str {
        self.name
    }
}

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
        (self.up)(manager).await
    }
}
