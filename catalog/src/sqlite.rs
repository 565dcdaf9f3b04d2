//! The catalog in a SQLite file.

use std::path::Path;
use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::connection::Connection;
use super::error::is_busy;
use super::lock::LocalLocks;
use super::{Catalog, CatalogError, CatalogLimits};
use crate::clock::SharedClock;

/// Readers at the same time. SQLite reads from memory nearly always, so a few are enough.
const READERS: u32 = 4;

/// How long another process may hold the database, as a rebuild by the command line does.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two attempts to open a file that another process creates right now.
const BUSY_RETRY: Duration = Duration::from_millis(10);

/// SQLite's default, and what the limit on the size of the file is counted in.
const SQLITE_PAGE_BYTES: u32 = 4_096;

/// More than the distinct statements that the catalog uses.
const STATEMENTS_CACHED: usize = 256;

impl Catalog {
    /// Opens the catalog in a SQLite file, creates it if it is not there, and migrates it.
    pub async fn open_sqlite(path: &Path, clock: SharedClock) -> Result<Self, CatalogError> {
        Self::open_sqlite_with(path, clock, CatalogLimits::default()).await
    }

    /// Like [`Catalog::open_sqlite`], with other limits.
    pub async fn open_sqlite_with(
        path: &Path,
        clock: SharedClock,
        limits: CatalogLimits,
    ) -> Result<Self, CatalogError> {
        let writer = Connection::new(connect(path, 1, &limits).await?, None);
        let readers = Connection::new(connect(path, READERS, &limits).await?, None);
        Self::open(writer, readers, LocalLocks::new(1), clock, limits).await
    }
}

async fn connect(
    path: &Path,
    connections: u32,
    limits: &CatalogLimits,
) -> Result<DatabaseConnection, CatalogError> {
    let path = path.to_owned();
    let pages = (limits.database_bytes / u64::from(SQLITE_PAGE_BYTES)).max(1);
    // The path goes in as a path: as part of a URL, some characters would mean something else.
    let mut options = ConnectOptions::new("sqlite:catalog");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        // A file does not go away like a server does, and asking would double the cost of a read.
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&path)
                .create_if_missing(true)
                .page_size(SQLITE_PAGE_BYTES)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .statement_cache_capacity(STATEMENTS_CACHED)
                .pragma("max_page_count", pages.to_string())
                // What is removed is overwritten: free pages would else keep it.
                .pragma("secure_delete", "ON")
        });
    let begun = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            // SQLite does not wait for others where a new file is put into WAL mode.
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(BUSY_RETRY).await;
            }
            connected => return Ok(connected?),
        }
    }
}
