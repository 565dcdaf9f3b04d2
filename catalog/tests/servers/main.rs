//! The catalog on a real PostgreSQL server: the suite that SQLite passes too, and what only a
//! database that many nodes share can show.

#[cfg(test)]
mod contention;
#[cfg(test)]
mod database;
#[cfg(test)]
mod lost_commits;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod schema;
#[cfg(test)]
#[path = "../it/suite/mod.rs"]
mod suite;
