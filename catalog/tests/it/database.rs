//! A SQLite file for one test.

use std::path::PathBuf;
use std::time::Duration;

use catalog::clock::SharedClock;
use catalog::{Catalog, CatalogError, CatalogLimits};
use rusqlite::Connection;
use rusqlite::types::Value;

/// A file in a directory of its own.
pub(crate) struct TestDatabase {
    directory: tempfile::TempDir,
}

impl TestDatabase {
    /// A value of a column of bytes.
    pub(super) const BYTES: &str = "x'00'";
    /// Random histories of a property test, so many that it takes seconds.
    pub(super) const HISTORIES: u32 = 24;

    /// A column of JSON without one of its fields.
    pub(super) fn without(column: &str, field: &str) -> String {
        format!("json_remove({column}, '$.{field}')")
    }

    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    pub(super) async fn open(
        &self,
        clock: SharedClock,
        limits: CatalogLimits,
    ) -> Result<Catalog, CatalogError> {
        Catalog::open_sqlite_with(&self.path(), clock, limits).await
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("catalog.db")
    }

    /// A second way into the file, past the catalog.
    fn raw(&self) -> Connection {
        let raw = Connection::open(self.path()).unwrap();
        raw.busy_timeout(Duration::from_secs(10)).unwrap();
        raw
    }

    pub(super) async fn execute(&self, statement: &str) {
        self.raw().execute(statement, []).unwrap();
    }

    /// The only number that a query finds.
    pub(super) async fn number(&self, query: &str) -> i64 {
        self.raw().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// The first column of what a query finds.
    pub(super) async fn texts(&self, query: &str) -> Vec<String> {
        let raw = self.raw();
        let mut statement = raw.prepare(query).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }

    /// The names of all tables.
    pub(super) async fn tables(&self) -> Vec<String> {
        self.texts(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        )
        .await
    }

    /// Every row of a table as text.
    pub(super) async fn rows(&self, table: &str) -> Vec<String> {
        let raw = self.raw();
        let mut statement = raw.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let found = statement
            .query_map([], |row| {
                let values: Result<Vec<Value>, _> =
                    (0..columns).map(|column| row.get(column)).collect();
                Ok(format!("{:?}", values?))
            })
            .unwrap();
        found.map(Result::unwrap).collect()
    }
}
