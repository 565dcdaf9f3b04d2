//! Opening, migrating, checking and closing the catalog.

use std::sync::Arc;

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::lock::{LocalLocks, Lock};
use super::{Catalog, CatalogError, CatalogLimits, Inner};
use crate::clock::SharedClock;

/// Events that a receiver of changes may lag behind.
const CHANGES_KEPT: usize = 4_096;

impl Catalog {
    pub(super) async fn open(
        writer: Connection<DatabaseConnection>,
        readers: Connection<DatabaseConnection>,
        locks: LocalLocks,
        clock: SharedClock,
        limits: CatalogLimits,
    ) -> Result<Self, CatalogError> {
        let catalog = Self(Arc::new(Inner {
            writer,
            readers,
            locks,
            clock,
            limits,
            changes: broadcast::Sender::new(CHANGES_KEPT),
            tasks: TaskTracker::new(),
        }));
        catalog.migrate().await?;
        Ok(catalog)
    }

    /// Applies the migrations that are missing and says how many there were. Processes that start
    /// together go one after the other, because all of it happens in one write transaction: on PostgreSQL its
    /// advisory lock keeps every change out, and ends with it or with the process.
    ///
    /// # Errors
    /// When a migration fails; then none was applied.
    pub async fn migrate(&self) -> Result<u32, CatalogError> {
        // A node that starts with nothing to do holds nobody up.
        if self.pending_migrations().await?.is_empty() {
            return Ok(0);
        }
        let _guard = self.0.locks.acquire(Lock::All).await?;
        let connection = self.0.writer.begin(Arc::default()).await?;
        Lock::All.take(&connection).await?;
        let transaction = connection.without_deadline().await?;
        let pending = Migrator::get_pending_migrations(transaction).await?.len();
        Migrator::up(transaction, None).await?;
        connection.commit().await?;
        Ok(u32::try_from(pending).unwrap_or(u32::MAX))
    }

    /// The migrations that [`Catalog::migrate`] would apply.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, CatalogError> {
        let readers = self.readers();
        let pending = Migrator::get_pending_migrations_read_only(readers.inner());
        let pending = readers.within(pending).await?;
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
        for connection in [&self.0.readers, &self.0.writer] {
            if let Err(error) = connection.within(connection.inner().close_by_ref()).await {
                tracing::warn!(%error, "a catalog connection did not close cleanly");
            }
        }
    }
}
