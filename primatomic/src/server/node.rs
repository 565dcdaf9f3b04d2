//! One process with every role on embedded stores: opens the stores, starts the roles, stops them.

use std::sync::Arc;
use std::time::Duration;

use control_plane::{ControlPlane, Mailbox, Parts, Rate};
use storage::catalog::Catalog;
use storage::clock::{SharedClock, SystemClock};
use storage::event_log::appender::{Appender, AppenderOptions};
use storage::event_log::sqlite::{SqliteEventLog, SqliteOptions};
use storage::objects::dir::DirObjects;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use worker::compile::CompilerCommand;
use worker::engine::MachineLimits;
use worker::{Worker, WorkerOptions, WorkerParts};

use crate::failure::Failure;
use crate::server::lock::DataDirectory;
use crate::server::options::{RequestOptions, ServerOptions, ViewOptions};

/// Components that are compiled at the same time. Each compiler uses every core for a moment.
const COMPILERS_MAX: usize = 2;

/// File of the catalog in the data directory.
pub(crate) const CATALOG_FILE: &str = "catalog.sqlite";

/// File of the event log in the data directory.
const EVENT_LOG_FILE: &str = "events.sqlite";

/// The stores and the roles on them.
pub(crate) struct Node {
    event_log: SqliteEventLog,
    appender: Appender,
    pub catalog: Catalog,
    worker: Arc<Worker>,
    pub control_plane: ControlPlane,
    metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl Node {
    pub(crate) async fn start(
        options: &ServerOptions,
        data: &DataDirectory,
        url: &str,
    ) -> Result<Self, Failure> {
        let metrics = match options.internal_listen {
            Some(_) => Some(control_plane::metrics::install().map_err(Failure::other)?),
            None => None,
        };
        let clock: SharedClock = Arc::new(SystemClock);
        let event_log = open_event_log(options, data).await?;
        let objects = DirObjects::open(&data.join("objects")).map_err(Failure::other)?;
        let catalog = Catalog::open_sqlite(&data.join(CATALOG_FILE), Arc::clone(&clock))
            .await
            .map_err(Failure::other)?;
        let appender = Appender::new(
            Arc::new(event_log.clone()),
            Arc::clone(&clock),
            AppenderOptions {
                key_window: Duration::from_secs(options.events.idempotency_window_secs),
                ..AppenderOptions::default()
            },
        );
        let worker = Worker::new(WorkerParts {
            event_log: Arc::new(event_log.clone()),
            objects: Arc::new(objects.clone()),
            catalog: catalog.clone(),
            clock: Arc::clone(&clock),
            compiler: compiler()?,
            options: worker_options(&options.views),
        })
        .map_err(Failure::other)?;
        let worker = Arc::new(worker);
        let control_plane = ControlPlane::new(Parts {
            catalog: catalog.clone(),
            event_log: Arc::new(event_log.clone()),
            appender: appender.clone(),
            objects: Arc::new(objects),
            views: Arc::clone(&worker) as _,
            clock,
            mail: Mailbox::directory(data.join("mail")).map_err(Failure::other)?,
            options: control_plane_options(options, url),
        });
        Ok(Self {
            event_log,
            appender,
            catalog,
            worker,
            control_plane,
            metrics,
        })
    }

    /// Serves until the token is cancelled and the requests under way are answered.
    pub(crate) async fn serve(
        &self,
        listener: TcpListener,
        internal: Option<TcpListener>,
        stop: CancellationToken,
    ) -> Result<(), Failure> {
        let serving = self.control_plane.clone().serve(listener, stop.clone());
        let (served, internal) = match (internal, &self.metrics) {
            (Some(internal), Some(metrics)) => {
                let endpoint = control_plane::metrics::endpoint(metrics.clone());
                let acceptor =
                    poem::listener::TcpAcceptor::from_tokio(internal).map_err(Failure::other)?;
                let internal = poem::Server::new_with_acceptor(acceptor)
                    .run_with_graceful_shutdown(endpoint, stop.cancelled(), None);
                tokio::join!(serving, internal)
            }
            _ => (serving.await, Ok(())),
        };
        served.and(internal).map_err(Failure::other)
    }

    /// Stops the worker, which saves what pays, and closes the stores, in this order: each needs
    /// those that are closed after it.
    pub(crate) async fn close(self) {
        self.control_plane.stop().await;
        self.worker.shutdown().await;
        self.appender.close().await;
        self.event_log.close().await;
        self.catalog.close().await;
    }
}

/// Opening checks the file and may take a moment, so it happens off the runtime's threads.
async fn open_event_log(
    options: &ServerOptions,
    data: &DataDirectory,
) -> Result<SqliteEventLog, Failure> {
    let path = data.join(EVENT_LOG_FILE);
    let options = SqliteOptions {
        file_bytes_max: options.events.event_log_bytes_max,
        ..SqliteOptions::default()
    };
    tokio::task::spawn_blocking(move || SqliteEventLog::open(&path, options))
        .await
        .map_err(Failure::other)?
        .map_err(Failure::other)
}

fn compiler() -> Result<CompilerCommand, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::Other(format!("the path of this program is not known: {error}"))
    })?;
    Ok(CompilerCommand::new(
        program,
        ["compile-component"],
        COMPILERS_MAX,
    ))
}

fn worker_options(views: &ViewOptions) -> WorkerOptions {
    WorkerOptions {
        machine: MachineLimits {
            memory_bytes: views.view_memory,
            fold_cpu: Duration::from_millis(views.view_fold_cpu_ms),
            query_cpu: Duration::from_millis(views.view_query_cpu_ms),
            result_bytes: views.view_result_bytes,
            snapshot_bytes: views.view_snapshot_bytes,
            ..MachineLimits::default()
        },
        memory_bytes: views.views_memory,
        instances_max: views.views_in_memory_max,
        idle: Duration::from_secs(views.view_idle_secs),
        ..WorkerOptions::default()
    }
}

fn control_plane_options(options: &ServerOptions, url: &str) -> control_plane::Options {
    let RequestOptions {
        rate_limit,
        rate_burst,
        auth_rate_limit,
        ref trusted_proxies,
        connections_max,
        streams_max,
        body_memory,
    } = options.requests;
    control_plane::Options {
        public_url: options.public_url.clone().unwrap_or_else(|| url.to_owned()),
        tenant_rate: Rate {
            per_second: rate_limit,
            burst: rate_burst,
        },
        auth_rate: Rate {
            per_second: auth_rate_limit,
            burst: auth_rate_limit,
        },
        trusted_proxies: trusted_proxies.clone(),
        connections_max: size(connections_max.into()),
        streams_max: size(streams_max.into()),
        body_memory_bytes: size(body_memory),
        shutdown_timeout: Duration::from_secs(options.shutdown_timeout_secs),
        ..control_plane::Options::default()
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
