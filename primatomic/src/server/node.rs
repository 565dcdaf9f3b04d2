//! One process with its roles: opens the stores, starts the roles, stops them.

use std::sync::Arc;
use std::time::Duration;

use archiver::{Archiver, ArchiverOptions, ArchiverParts};
use catalog::clock::{SharedClock, SystemClock};
use control_plane::{ControlPlane, Mailbox, Parts, internal};
use protocol::Rate;
use storage::bus::SharedViews;
use storage::bus::nats::{Peers, RemoteViews, Serving, serve};
use storage::event_log::appender::{Appender, AppenderOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::compile::CompilerCommand;
use worker::engine::MachineLimits;
use worker::{Worker, WorkerOptions, WorkerParts};

use crate::failure::Failure;
use crate::server::dev_clock::DevClock;
use crate::server::lock::DataDirectory;
use crate::server::options::{MailOptions, Role, ServerOptions, ViewOptions};
use crate::server::readiness;
use crate::server::stores::Stores;

/// Components that are compiled at the same time. Each compiler uses every core for a moment.
const COMPILERS_MAX: usize = 2;

/// How long a control plane of a cluster says that it stops before it does. Load balancers look every
/// second or so.
const DRAIN_SECS: u64 = 2;

/// The stores and the roles on them.
pub(crate) struct Node {
    pub stores: Stores,
    appender: Appender,
    worker: Option<Arc<Worker>>,
    /// The worker takes calls of other processes.
    serving: Option<Arc<Serving>>,
    control_plane: Option<ControlPlane>,
    archiver: Option<Archiver>,
    metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
    grace: Duration,
}

impl Node {
    /// Starts the roles. `url` is where the HTTP API is reached.
    pub(crate) async fn start(
        options: &ServerOptions,
        role: Role,
        data: &DataDirectory,
        url: &str,
    ) -> Result<Self, Failure> {
        let metrics = match options.internal_listen {
            Some(_) => Some(control_plane::metrics::install().map_err(Failure::other)?),
            None => None,
        };
        let clock: SharedClock = match &options.dev_clock {
            Some(file) => Arc::new(DevClock::new(file.clone())),
            None => Arc::new(SystemClock),
        };
        let limits = options.quotas.limits();
        let stores = match options.cluster.cluster()? {
            Some(cluster) => Stores::cluster(&cluster, limits, Arc::clone(&clock)).await?,
            None => Stores::embedded(data, &options.events, limits, Arc::clone(&clock)).await?,
        };
        let appender = Appender::new(
            Arc::clone(&stores.event_log),
            Arc::clone(&clock),
            AppenderOptions {
                key_window: Duration::from_secs(options.events.idempotency_window_secs),
                ..AppenderOptions::default()
            },
        );
        let runs = |part| role == Role::All || role == part;
        let worker = match runs(Role::Worker) {
            true => Some(start_worker(options, &stores, &clock)?),
            false => None,
        };
        // A worker that shares its process with the control plane serves that one alone.
        let serving = match (role, &worker, &stores.bus) {
            (Role::Worker, Some(worker), Some(bus)) => {
                let views: SharedViews = Arc::clone(worker) as _;
                let serving = serve(bus.clone(), views).await;
                Some(Arc::new(serving.map_err(Failure::other)?))
            }
            _ => None,
        };
        let archiver = runs(Role::Archiver).then(|| start_archiver(options, &stores, &clock));
        let control_plane = match runs(Role::ControlPlane) {
            true => Some(ControlPlane::new(Parts {
                catalog: stores.catalog.clone(),
                event_log: Arc::clone(&stores.event_log),
                appender: appender.clone(),
                objects: Arc::clone(&stores.objects),
                views: views(&stores, worker.as_ref()).await?,
                peers: peers(&stores, &appender).await?,
                clock,
                mail: mailbox(&options.mail, data)?,
                options: control_plane_options(options, role, url)?,
            })),
            false => None,
        };
        Ok(Self {
            stores,
            appender,
            worker,
            serving,
            control_plane,
            archiver,
            metrics,
            grace: Duration::from_secs(options.shutdown_timeout_secs),
        })
    }

    /// The control plane, where this process has that role.
    pub(crate) fn control_plane(&self) -> Result<&ControlPlane, Failure> {
        let missing = || Failure::Other("this process has no control plane".to_owned());
        self.control_plane.as_ref().ok_or_else(missing)
    }

    /// Serves until the token is cancelled and the requests under way are answered.
    pub(crate) async fn serve(
        &self,
        listener: Option<TcpListener>,
        internal: Option<TcpListener>,
        stop: CancellationToken,
    ) -> Result<(), Failure> {
        let answered = CancellationToken::new();
        let serving = async {
            let served = match (listener, &self.control_plane) {
                (Some(listener), Some(control_plane)) => {
                    let serving = control_plane.clone().serve(listener, stop.clone());
                    serving.await.map_err(Failure::other)
                }
                _ => {
                    stop.cancelled().await;
                    Ok(())
                }
            };
            // A worker that stops hands its hot views off, while it still answers.
            if let Some(serving) = &self.serving {
                serving.hand_off(self.grace).await;
            }
            answered.cancel();
            served
        };
        let pages = async {
            let (Some(listener), Some(metrics)) = (internal, &self.metrics) else {
                return Ok(());
            };
            let needs = readiness::needs(
                &self.stores,
                self.control_plane.as_ref(),
                self.serving.as_ref(),
                stop.clone(),
            );
            let serving = internal::serve(listener, metrics.clone(), needs, answered.clone());
            serving.await.map_err(Failure::other)
        };
        let (served, pages) = tokio::join!(serving, pages);
        served.and(pages)
    }

    /// Stops the roles and closes the stores, in this order: each needs what is closed after it.
    /// A worker first answers the calls that it has taken, and then saves what pays.
    pub(crate) async fn close(self) {
        if let Some(control_plane) = self.control_plane {
            control_plane.stop().await;
        }
        if let Some(serving) = self.serving {
            serving.leave(self.grace).await;
        }
        if let Some(worker) = self.worker {
            worker.shutdown().await;
        }
        if let Some(archiver) = self.archiver {
            archiver.shutdown().await;
        }
        self.appender.close().await;
        self.stores.close().await;
    }
}

/// Where mails go: to the SMTP server, or else into files.
fn mailbox(options: &MailOptions, data: &DataDirectory) -> Result<Mailbox, Failure> {
    match (&options.smtp_url, &options.mail_from) {
        (Some(url), Some(sender)) => Mailbox::smtp(url, sender)
            .map_err(|error| Failure::Usage(format!("mails can't be sent: {error}"))),
        (Some(_), None) => Err(Failure::Usage(
            "an SMTP server needs a sender: name one with --mail-from".to_owned(),
        )),
        (None, _) => Mailbox::directory(data.join("mail")).map_err(Failure::other),
    }
}

/// The workers: the one in this process, or those of the cluster.
async fn views(stores: &Stores, own: Option<&Arc<Worker>>) -> Result<SharedViews, Failure> {
    match (own, &stores.bus) {
        (Some(worker), _) => Ok(Arc::clone(worker) as _),
        (None, Some(bus)) => {
            let remote = RemoteViews::listen(bus.clone()).await;
            Ok(Arc::new(remote.map_err(Failure::other)?))
        }
        (None, None) => Err(Failure::Other("there is no way to a worker".to_owned())),
    }
}

/// Other control planes, where there can be any.
async fn peers(stores: &Stores, appender: &Appender) -> Result<Option<Peers>, Failure> {
    let Some(bus) = &stores.bus else {
        return Ok(None);
    };
    let peers = Peers::join(bus.clone(), appender.clone()).await;
    peers.map(Some).map_err(Failure::other)
}

fn start_archiver(options: &ServerOptions, stores: &Stores, clock: &SharedClock) -> Archiver {
    let archive = &options.archive;
    let key_window = options.events.idempotency_window_secs;
    let hot = archive.archive_hot_secs.max(key_window);
    Archiver::start(ArchiverParts {
        id: match stores.bus {
            Some(_) => Uuid::now_v7(),
            None => Uuid::nil(),
        },
        event_log: Arc::clone(&stores.event_log),
        objects: Arc::clone(&stores.objects),
        catalog: stores.catalog.clone(),
        clock: Arc::clone(clock),
        options: ArchiverOptions {
            segment_events: archive.archive_segment_events,
            segment_age: Duration::from_secs(archive.archive_segment_secs),
            hot: Duration::from_secs(hot),
            erase: Duration::from_secs(archive.archive_erase_secs),
            tidy: Duration::from_secs(archive.archive_tidy_secs),
            merged_blocks: archive.archive_merged_blocks,
            grace: Duration::from_secs(archive.archive_grace_secs),
            record_within: Duration::from_secs(archive.archive_record_secs),
            backup: Duration::from_secs(archive.backup_secs),
            backups_kept: archive.backups_kept.into(),
            ..ArchiverOptions::default()
        },
    })
}

fn start_worker(
    options: &ServerOptions,
    stores: &Stores,
    clock: &SharedClock,
) -> Result<Arc<Worker>, Failure> {
    Worker::new(WorkerParts {
        event_log: Arc::clone(&stores.event_log),
        objects: Arc::clone(&stores.objects),
        catalog: stores.catalog.clone(),
        clock: Arc::clone(clock),
        compiler: compiler()?,
        options: worker_options(&options.views),
    })
    .map(Arc::new)
    .map_err(Failure::other)
}

fn compiler() -> Result<CompilerCommand, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::Other(format!("the path of this program is not known: {error}"))
    })?;
    let arguments = ["compile-component"];
    Ok(CompilerCommand::new(program, arguments, COMPILERS_MAX))
}

fn worker_options(views: &ViewOptions) -> WorkerOptions {
    WorkerOptions {
        machine: MachineLimits {
            memory_bytes: views.view_memory.0,
            fold_cpu: Duration::from_millis(views.view_fold_cpu_ms),
            query_cpu: Duration::from_millis(views.view_query_cpu_ms),
            result_bytes: views.view_result_bytes.0,
            snapshot_bytes: views.view_snapshot_bytes.0,
            ..MachineLimits::default()
        },
        memory_bytes: views.views_memory.0,
        instances_max: views.views_in_memory_max,
        idle: Duration::from_secs(views.view_idle_secs),
        ..WorkerOptions::default()
    }
}

fn control_plane_options(
    options: &ServerOptions,
    role: Role,
    url: &str,
) -> Result<control_plane::Options, Failure> {
    let requests = &options.requests;
    let stripe = options.stripe.stripe()?;
    if stripe.is_some() && options.prices.is_none() {
        return Err(Failure::Usage(
            "a key of Stripe needs prices too: name their file with --prices".to_owned(),
        ));
    }
    Ok(control_plane::Options {
        public_url: options.public_url.clone().unwrap_or_else(|| url.to_owned()),
        tenant_rate: Rate {
            per_second: requests.rate_limit,
            burst: requests.rate_burst,
        },
        auth_rate: Rate {
            per_second: requests.auth_rate_limit,
            burst: requests.auth_rate_limit,
        },
        trusted_proxies: requests.trusted_proxies.clone(),
        connections_max: size(requests.connections_max.into()),
        streams_max: size(requests.streams_max.into()),
        body_memory_bytes: size(requests.body_memory.0),
        drain: Duration::from_secs(match (options.drain_secs, role) {
            (Some(secs), _) => secs,
            (None, Role::ControlPlane) => DRAIN_SECS,
            // A process by itself has no other one that requests could be sent to.
            (None, _) => 0,
        }),
        shutdown_timeout: Duration::from_secs(options.shutdown_timeout_secs),
        deletion_grace: Duration::from_secs(options.deletion_grace_secs),
        prices: options.prices.clone(),
        stripe,
        private_webhooks: options.allow_private_webhooks,
        ..control_plane::Options::default()
    })
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
