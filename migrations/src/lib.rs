//! The schema of the catalog, one migration after the other.
//!
//! Migrations are written by hand with the portable schema builder, so that SQLite and PostgreSQL
//! get the same tables. A migration that was released is never edited: a later one changes what it
//! made. Every one runs in a transaction of its own, on SQLite too, so that a crash leaves either
//! all of it or nothing.
//!
//! Types are chosen for both databases:
//! - ids are `uuid` (16 bytes in SQLite), digests are bytes;
//! - times are microseconds since 1970 in a `bigint`, as everywhere else in Primatomic;
//! - JSON is `text` in SQLite and `jsonb` in PostgreSQL. It is read whole and compared by its
//!   values, never by its bytes, which `jsonb` does not keep.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

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
            Box::new(m0001_control_events::Migration),
            Box::new(m0002_read_model::Migration),
            Box::new(m0003_operations::Migration),
            Box::new(m0004_postgresql::Migration),
            Box::new(m0005_archive::Migration),
            Box::new(m0006_people::Migration),
            Box::new(m0007_key_rotation::Migration),
            Box::new(m0008_tenant_deletions::Migration),
            Box::new(m0010_quotas::Migration),
            Box::new(m0011_deletion_jobs::Migration),
            Box::new(m0012_secrets_of_people::Migration),
        ]
    }
}
