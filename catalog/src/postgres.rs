//! The catalog in a PostgreSQL database, which any number of nodes share.

use std::time::Duration;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::connection::Connection;
use super::lock::LocalLocks;
use super::{Catalog, CatalogError, CatalogLimits};
use crate::clock::SharedClock;

/// More than the distinct statements that the catalog uses.
const STATEMENTS_CACHED: usize = 256;

/// What the server shows in its list of connections.
const APPLICATION_NAME: &str = "primatomic";

/// How a node uses the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Connections of this node at most, for changes and reads together.
    pub connections_max: u32,
    /// Connections that stay open without work.
    pub connections_min: u32,
    /// How long an operation waits for a connection.
    pub acquire_timeout: Duration,
    /// How long opening the catalog waits for the first connection.
    pub connect_timeout: Duration,
    /// How long the server works on one statement, waiting for other changes included.
    pub statement_timeout: Duration,
    /// After how long without work a connection is closed.
    pub idle_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections_max: 20,
            connections_min: 1,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(600),
        }
    }
}

impl Catalog {
    /// Opens the catalog in a PostgreSQL database, `postgres://user:password@host:port/database`,
    /// and migrates it. Whether the connection is encrypted, and how the server is verified, stands
    /// in the parameters `sslmode` and `sslrootcert` of the address.
    pub async fn open_postgres(
        url: &str,
        options: &PostgresOptions,
        clock: SharedClock,
    ) -> Result<Self, CatalogError> {
        Self::open_postgres_with(url, options, clock, CatalogLimits::default()).await
    }

    /// Like [`Catalog::open_postgres`], with other limits.
    pub async fn open_postgres_with(
        url: &str,
        options: &PostgresOptions,
        clock: SharedClock,
        limits: CatalogLimits,
    ) -> Result<Self, CatalogError> {
        let pool = connect(url, options).await?;
        // After so long a statement fails without an answer. The server's own time-out comes first
        // wherever there still is a server.
        let deadline = Some(options.acquire_timeout + options.statement_timeout);
        let writer = Connection::new(pool.clone(), deadline);
        let readers = Connection::new(pool, deadline);
        // Changes that wait for each other never take all connections from the readers.
        let locks = LocalLocks::new(options.connections_max / 2);
        Self::open(writer, readers, locks, clock, limits).await
    }
}

async fn connect(url: &str, options: &PostgresOptions) -> Result<DatabaseConnection, CatalogError> {
    let server = server(url, options)?;
    let mut pool = ConnectOptions::new("postgres://catalog");
    pool.max_connections(options.connections_max.max(1))
        .min_connections(options.connections_min.min(options.connections_max))
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(options.idle_timeout)
        .test_before_acquire(true)
        .map_sqlx_postgres_opts(move |_| server.clone());
    let connected = tokio::time::timeout(options.connect_timeout, Database::connect(pool)).await;
    match connected {
        Ok(pool) => Ok(pool?),
        Err(_) => Err(CatalogError::Unavailable(format!(
            "the database did not answer within {} ms",
            options.connect_timeout.as_millis()
        ))),
    }
}

/// The server, and what each connection asks of it. Errors never show the address, because it may
/// hold a password.
fn server(url: &str, options: &PostgresOptions) -> Result<PgConnectOptions, CatalogError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(CatalogError::Unavailable(
            "the address of its database does not begin with postgres://".to_owned(),
        ));
    }
    let server: PgConnectOptions = url.parse().map_err(|error| {
        CatalogError::Unavailable(format!(
            "the address of its database can't be read: {error}"
        ))
    })?;
    let statement_timeout = options.statement_timeout.as_millis().to_string();
    Ok(server
        .application_name(APPLICATION_NAME)
        .statement_cache_capacity(STATEMENTS_CACHED)
        .options([
            ("statement_timeout", statement_timeout.as_str()),
            // A node that stops in the middle of a change must not keep its locks for ever.
            (
                "idle_in_transaction_session_timeout",
                statement_timeout.as_str(),
            ),
            // What locks rely on, whatever the server's default is.
            ("default_transaction_isolation", "read committed"),
            ("tcp_keepalives_idle", "30"),
            ("tcp_keepalives_interval", "10"),
            ("tcp_keepalives_count", "3"),
        ])
        .disable_statement_logging())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_can_not_be_read_is_not_shown() {
        let options = PostgresOptions::default();
        for url in [
            "mysql://user:secret@host/catalog",
            "postgres://user:secret@host:port/catalog",
            "postgres://user:secret@host/catalog?sslmode=perhaps",
        ] {
            let error = server(url, &options).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_address_says_how_the_connection_is_encrypted() {
        let url = "postgres://user@host/catalog?sslmode=verify-full";
        let server = server(url, &PostgresOptions::default()).unwrap();
        assert_eq!(format!("{:?}", server.get_ssl_mode()), "VerifyFull");
        let asked = server.get_options().unwrap_or_default();
        assert!(asked.contains("statement_timeout=30000"), "{asked}");
    }
}
