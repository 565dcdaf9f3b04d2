//! A PostgreSQL database for one test.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use catalog::clock::SharedClock;
use catalog::{Catalog, CatalogError, CatalogLimits, PostgresOptions};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement,
};
use test_servers::PostgresServer;

/// The server of all tests that run at a time. It ends with the last of them.
static SERVER: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());

fn server() -> Arc<PostgresServer> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    server.upgrade().unwrap_or_else(|| {
        let started = Arc::new(PostgresServer::start().unwrap());
        // It is there once it makes a database.
        create_database(&started, "first");
        *server = Arc::downgrade(&started);
        started
    })
}

/// Makes a database on a server that may just have begun to let clients in.
pub(super) fn create_database(server: &PostgresServer, name: &str) -> String {
    let begun = Instant::now();
    loop {
        match server.create_database(name) {
            Ok(url) => return url,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
        }
    }
}

/// Options with which a test does not wait for long.
pub(super) fn options() -> PostgresOptions {
    PostgresOptions {
        connections_max: 8,
        connections_min: 0,
        acquire_timeout: Duration::from_secs(5),
        ..PostgresOptions::default()
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// One connection of its own, for statements that belong together.
pub(super) struct Session(DatabaseConnection);

impl Session {
    pub(super) async fn run(&self, statement: &str) {
        self.0.execute_unprepared(statement).await.unwrap();
    }
}

/// A database of its own.
pub(crate) struct TestDatabase {
    pub(super) url: String,
    raw: DatabaseConnection,
    _server: Arc<PostgresServer>,
}

impl TestDatabase {
    /// A value of a column of bytes.
    pub(super) const BYTES: &str = "'\\x00'::bytea";

    /// Random histories of a property test, so many that it takes seconds.
    pub(super) const HISTORIES: u32 = 6;

    /// A column of JSON without one of its fields.
    pub(super) fn without(column: &str, field: &str) -> String {
        format!("{column} - '{field}'")
    }

    pub(super) async fn new() -> Self {
        let server = server();
        let name = uuid::Uuid::new_v4().simple().to_string();
        let url = server.create_database(&name).unwrap();
        Self::at(server, url).await
    }

    /// A database whose texts sort as people of some country expect it.
    pub(super) async fn with_locale(locale: &str) -> Self {
        let server = server();
        let name = uuid::Uuid::new_v4().simple().to_string();
        let create = format!(
            "CREATE DATABASE \"{name}\" TEMPLATE template0 LOCALE_PROVIDER icu \
             ICU_LOCALE '{locale}'"
        );
        let postgres = connect(&server.url()).await;
        postgres.execute_unprepared(&create).await.unwrap();
        let url = server.url();
        let (server_url, _) = url.rsplit_once('/').unwrap();
        let url = format!("{server_url}/{name}");
        Self::at(server, url).await
    }

    async fn at(server: Arc<PostgresServer>, url: String) -> Self {
        let raw = connect(&url).await;
        Self {
            url,
            raw,
            _server: server,
        }
    }

    pub(super) async fn open(
        &self,
        clock: SharedClock,
        limits: CatalogLimits,
    ) -> Result<Catalog, CatalogError> {
        Catalog::open_postgres_with(&self.url, &options(), clock, limits).await
    }

    pub(super) async fn session(&self) -> Session {
        Session(connect(&self.url).await)
    }

    pub(super) async fn execute(&self, statement: &str) {
        self.raw.execute_unprepared(statement).await.unwrap();
    }

    /// The only number that a query finds.
    pub(super) async fn number(&self, query: &str) -> i64 {
        let statement = Statement::from_string(DbBackend::Postgres, query);
        let row = self.raw.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// The first column of what a query finds.
    pub(super) async fn texts(&self, query: &str) -> Vec<String> {
        let statement = Statement::from_string(DbBackend::Postgres, query);
        let rows = self.raw.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    /// The names of all tables.
    pub(super) async fn tables(&self) -> Vec<String> {
        self.texts("SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'public'")
            .await
    }

    /// Every row of a table as text.
    pub(super) async fn rows(&self, table: &str) -> Vec<String> {
        self.texts(&format!("SELECT CAST({table} AS text) FROM {table}"))
            .await
    }
}
