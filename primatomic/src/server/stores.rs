//! The stores that the roles share: embedded in this process, or those of a cluster.

use std::sync::Arc;

use catalog::clock::SharedClock;
use catalog::{Catalog, CatalogLimits, PostgresOptions};
use storage::bus::nats::Bus;
use storage::event_log::SharedEventLog;
use storage::event_log::jetstream::JetStreamEventLog;
use storage::event_log::sqlite::SqliteEventLog;
use storage::objects::SharedObjects;
use storage::objects::dir::DirObjects;
use storage::objects::s3::S3;

use crate::failure::Failure;
use crate::server::cluster::Cluster;
use crate::server::lock::DataDirectory;
use crate::server::options::EventOptions;

/// File of the catalog in the data directory.
pub(crate) const CATALOG_FILE: &str = "catalog.sqlite";

/// File of the event log in the data directory.
const EVENT_LOG_FILE: &str = "events.sqlite";

/// What is closed by its own kind.
enum Engine {
    Embedded(SqliteEventLog),
    Cluster(JetStreamEventLog, S3),
}

/// Everything that persists.
pub(crate) struct Stores {
    pub event_log: SharedEventLog,
    pub objects: SharedObjects,
    pub catalog: Catalog,
    /// How other processes are reached, where there are any.
    pub bus: Option<Bus>,
    engine: Engine,
}

impl Stores {
    /// Opens the stores in a directory, which belong to this process alone.
    pub(crate) async fn embedded(
        data: &DataDirectory,
        events: &EventOptions,
        limits: CatalogLimits,
        clock: SharedClock,
    ) -> Result<Self, Failure> {
        let path = data.join(EVENT_LOG_FILE);
        let bytes_max = events.event_log_bytes_max.map(|it| it.0);
        // Opening checks the file and may take a moment.
        let opened = tokio::task::spawn_blocking(move || SqliteEventLog::open(&path, bytes_max));
        let event_log = opened
            .await
            .map_err(Failure::other)?
            .map_err(Failure::other)?;
        let objects = DirObjects::open(&data.join("objects")).map_err(Failure::other)?;
        let catalog = data.join(CATALOG_FILE);
        let catalog = Catalog::open_sqlite_with(&catalog, clock, limits).await?;
        Ok(Self {
            event_log: Arc::new(event_log.clone()),
            objects: Arc::new(objects),
            catalog,
            bus: None,
            engine: Engine::Embedded(event_log),
        })
    }

    /// Connects to the stores of a cluster.
    pub(crate) async fn cluster(
        cluster: &Cluster,
        limits: CatalogLimits,
        clock: SharedClock,
    ) -> Result<Self, Failure> {
        let options = PostgresOptions::default();
        let catalog =
            Catalog::open_postgres_with(&cluster.database_url, &options, clock, limits).await?;
        let event_log = JetStreamEventLog::open(cluster.event_log.clone()).await;
        let event_log = event_log.map_err(Failure::other)?;
        let objects = S3::open(cluster.objects.clone()).await;
        let objects = objects.map_err(Failure::other)?;
        let bus = Bus::connect(&cluster.event_log.nats).await;
        Ok(Self {
            event_log: Arc::new(event_log.clone()),
            objects: Arc::new(objects.clone()),
            catalog,
            bus: Some(bus.map_err(Failure::other)?),
            engine: Engine::Cluster(event_log, objects),
        })
    }

    pub(crate) async fn close(self) {
        match self.engine {
            Engine::Embedded(event_log) => event_log.close().await,
            Engine::Cluster(event_log, objects) => {
                event_log.close().await;
                objects.close().await;
            }
        }
        self.catalog.close().await;
    }
}
