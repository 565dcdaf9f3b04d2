//! A whole cluster on the loopback address: its stores, its processes, and a key for it.

mod metrics;
mod nats;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use catalog::archive::ArchiveStatus;
use catalog::clock::SystemClock;
use catalog::{Catalog, PostgresOptions};
use test_servers::cluster::{ARCHIVERS, Node, Stores};
use test_servers::{NatsCluster, free_port};
use tokio::time::Instant;

use self::metrics::Metrics;
pub(crate) use self::nats::{Streams, Twin};
use crate::api::Endpoint;
use crate::progress;
use crate::server::{endpoint_of, sign_up};

const CONTROL_PLANES: usize = 2;
const WORKERS: usize = 3;
const NATS_SERVERS: usize = 3;
/// As the stores have it, and `make cluster`.
const SHARDS: u16 = 4;
/// How often the archive is looked at while something waits for it.
const ARCHIVE_POLL: Duration = Duration::from_millis(250);

/// The cluster under load. Dropping it kills every process of it.
pub(crate) struct Cluster {
    planes: Vec<Process>,
    pub workers: Vec<Process>,
    pub archivers: Vec<Process>,
    settings: Settings,
    stores: Stores,
}

/// Names and values of environment variables.
pub(crate) type Settings = &'static [(&'static str, &'static str)];

/// One process.
pub(crate) struct Process {
    pub node: Node,
    /// Where its API is, or what it counts if it has none.
    endpoint: Endpoint,
}

impl Process {
    /// What it counts.
    pub(crate) async fn metrics(&self) -> Result<Metrics> {
        Metrics::read(&self.endpoint).await
    }
}

impl Cluster {
    /// Starts a cluster. Every process gets the settings.
    pub(crate) fn start(program: PathBuf, settings: Settings) -> Result<Self> {
        progress::say("  starting a cluster");
        let stores = Stores::start(program, NatsCluster::start(NATS_SERVERS)?)?;
        let mut cluster = Self {
            planes: Vec::new(),
            workers: Vec::new(),
            archivers: Vec::new(),
            settings,
            stores,
        };
        let nodes: Vec<_> = (0..CONTROL_PLANES)
            .map(|_| cluster.run("control-plane", &[]))
            .collect::<Result<_>>()?;
        let first = nodes.first().context("there is no control plane")?;
        let key = sign_up(first, "bench")?.key;
        for node in nodes {
            let endpoint = endpoint_of(&node.url, &key)?;
            cluster.planes.push(Process { node, endpoint });
        }
        for _ in 0..WORKERS {
            cluster.add_worker()?;
        }
        for _ in 0..ARCHIVERS {
            let archiver = cluster.process("archiver")?;
            cluster.archivers.push(archiver);
        }
        Ok(cluster)
    }

    fn run(&self, role: &str, more: &[(&str, &str)]) -> Result<Node> {
        self.stores.run_with(role, &[self.settings, more].concat())
    }

    fn process(&self, role: &str) -> Result<Process> {
        let internal = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let listen = [("PRIMATOMIC_INTERNAL_LISTEN", &*internal.to_string())];
        Ok(Process {
            node: self.run(role, &listen)?,
            endpoint: Endpoint::new(internal, ""),
        })
    }

    /// Starts one more worker.
    pub(crate) fn add_worker(&mut self) -> Result<()> {
        let worker = self.process("worker")?;
        self.workers.push(worker);
        Ok(())
    }

    /// Where the control planes are.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> + Clone {
        self.planes.iter().map(|plane| &plane.endpoint)
    }

    /// The first control plane.
    pub(crate) fn endpoint(&self) -> Result<&Endpoint> {
        self.endpoints().next().context("there is no control plane")
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.endpoints().map(|endpoint| endpoint.address).collect()
    }

    /// The streams that hold the events.
    pub(crate) async fn streams(&self) -> Result<Streams> {
        Streams::open(&self.stores.nats.urls(), SHARDS).await
    }

    pub(crate) async fn catalog(&self) -> Result<Catalog> {
        let (url, options) = (self.stores.database.url(), PostgresOptions::default());
        let opened = Catalog::open_postgres(&url, &options, Arc::new(SystemClock)).await;
        opened.context("can't open the catalog")
    }

    pub(crate) async fn archive_status(&self) -> Result<ArchiveStatus> {
        let catalog = self.catalog().await?;
        let status = catalog.archive_status().await;
        catalog.close().await;
        status.context("can't read the catalog")
    }

    /// Kills all workers as crashes would.
    pub(crate) fn kill_workers(&mut self) {
        for worker in self.workers.drain(..) {
            worker.node.kill();
        }
    }

    /// Waits until every frame is archived, and returns how long that took.
    pub(crate) async fn wait_until_archived(&self, timeout: Duration) -> Result<Duration> {
        let (streams, catalog) = (self.streams().await?, self.catalog().await?);
        let start = Instant::now();
        loop {
            let behind = behind(&streams, &catalog).await?;
            if behind == 0 {
                catalog.close().await;
                return Ok(start.elapsed());
            }
            if start.elapsed() > timeout {
                bail!("the archive is still {behind} frames behind");
            }
            tokio::time::sleep(ARCHIVE_POLL).await;
        }
    }
}

/// The sums over all of these processes of what they count.
pub(crate) async fn totals<const N: usize>(
    processes: &[Process],
    metrics: [&str; N],
) -> Result<[f64; N]> {
    let mut totals = [0.0; N];
    for process in processes {
        let counted = process.metrics().await?;
        for (total, metric) in totals.iter_mut().zip(metrics) {
            *total += counted.sum(metric);
        }
    }
    Ok(totals)
}

/// Frames that are not archived, of all shards.
pub(crate) async fn behind(streams: &Streams, catalog: &Catalog) -> Result<u64> {
    let status = catalog.archive_status().await;
    let status = status.context("can't read the catalog")?;
    let ends = streams.ends().await?;
    let behind = ends.iter().enumerate().map(|(shard, end)| {
        let mut shards = status.shards.iter();
        let archived = shards.find(|it| usize::from(it.shard) == shard);
        end.saturating_sub(archived.map_or(0, |it| it.position.0))
    });
    Ok(behind.sum())
}
