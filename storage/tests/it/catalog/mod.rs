//! The catalog on real SQLite files.

mod database;
mod file;
mod suite;
