//! Opening, migrating, checking and closing the catalog.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::{Mutex, broadcast};
use tokio_util::task::TaskTracker;

use super::error::is_busy;
use super::{Catalog, CatalogError, CatalogLimits, Inner};
use crate::clock::SharedClock;

/// Readers at the same time. SQLite reads from memory nearly always, so a few are enough.
const READERS: u32 = 4;

/// How long another process may hold the database, as a rebuild by the command line does.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two attempts to open a file that another process creates right now.
const BUSY_RETRY: Duration = Duration::from_millis(10);

/// Events that a receiver of changes may lag behind.
const CHANGES_KEPT: usize = 4_096;

/// SQLite's default, and what the limit on the size of the file is counted in.
const SQLITE_PAGE_BYTES: u32 = 4_096;

/// More than the distinct statements that the catalog uses.
const STATEMENTS_CACHED: usize = 256;

impl Catalog {
    /// Opens the catalog in a SQLite file, creates it if it is not there, and migrates it.
    ///
    /// # Errors
    /// When the file can't be opened, is no database, or a migration fails.
    pub async fn open_sqlite(path: &Path, clock: SharedClock) -> Result<Self, CatalogError> {
        Self::open_sqlite_with(path, clock, CatalogLimits::default()).await
    }

    /// Like [`Catalog::open_sqlite`], with other limits.
    ///
    /// # Errors
    /// When the file can't be opened, is no database, or a migration fails.
    pub async fn open_sqlite_with(
        path: &Path,
        clock: SharedClock,
        limits: CatalogLimits,
    ) -> Result<Self, CatalogError> {
        let writer = connect(path, 1, &limits).await?;
        let readers = connect(path, READERS, &limits).await?;
        let catalog = Self(Arc::new(Inner {
            writer,
            readers,
            turn: Arc::new(Mutex::new(())),
            clock,
            limits,
            changes: broadcast::Sender::new(CHANGES_KEPT),
            tasks: TaskTracker::new(),
        }));
        catalog.migrate().await?;
        Ok(catalog)
    }

    /// Applies the migrations that are missing and says how many there were. Processes that start
    /// together take turns, because all of it happens in one write transaction.
    ///
    /// # Errors
    /// When a migration fails; then none was applied.
    pub async fn migrate(&self) -> Result<u32, CatalogError> {
        let _turn = self.turn().lock_owned().await;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer().begin_with_options(options).await?;
        let pending = Migrator::get_pending_migrations(&transaction).await?.len();
        Migrator::up(&transaction, None).await?;
        transaction.commit().await?;
        Ok(u32::try_from(pending).unwrap_or(u32::MAX))
    }

    /// The migrations that [`Catalog::migrate`] would apply.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, CatalogError> {
        let pending = Migrator::get_pending_migrations_read_only(self.readers()).await?;
        Ok(pending.iter().map(|it| it.name().to_owned()).collect())
    }

    /// Whether the catalog can be read right now.
    ///
    /// # Errors
    /// Why it can't, for operators.
    pub async fn health(&self) -> Result<(), String> {
        self.readers()
            .execute_unprepared("SELECT 1 FROM tenants LIMIT 1")
            .await
            .map(|_| ())
            .map_err(|error| CatalogError::from(error).to_string())
    }

    /// Waits for commits that are under way and closes all connections. Clones of this catalog
    /// fail from then on.
    pub async fn close(self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
        for connection in [self.readers(), self.writer()] {
            if let Err(error) = connection.close_by_ref().await {
                tracing::warn!(%error, "a catalog connection did not close cleanly");
            }
        }
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
        });
    let begun = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            // SQLite does not wait for others where a new file is put into WAL mode.
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(BUSY_RETRY).await;
            }
            outcome => return Ok(outcome?),
        }
    }
}
