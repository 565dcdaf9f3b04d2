//! The catalog on a real PostgreSQL server: the suite that SQLite passes too, and what only a
//! database that many nodes share can show.

mod contention;
mod database;
mod lost_commits;
mod outage;
mod proxy;
mod schema;
#[path = "../../it/catalog/suite/mod.rs"]
mod suite;
