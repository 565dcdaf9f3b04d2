//! What every view of a worker shares.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{Catalog, Context as ChangeContext, VersionError};
use dashmap::DashMap;
use metrics::{Counter, Gauge, Histogram};
use parking_lot::Mutex;
use protocol::view::{Halt, VersionSpec};
use protocol::{RequestId, TenantId};
use storage::history::History;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::meter::CpuMeter;
use crate::options::WorkerOptions;
use crate::pool::Pool;
use crate::programs::Programs;
use crate::snapshots::Snapshots;

/// Attempts to write a halt down are this far apart at most.
const HALT_RETRY_MAX: Duration = Duration::from_secs(30);

/// Versions of one tenant that are loaded at the same time; others wait.
const LOADS_PER_TENANT: usize = 4;

/// How long what the catalog said of a tenant's memory is valid.
const LIMIT_TTL: Duration = Duration::from_secs(30);

pub(crate) struct Context {
    pub(crate) history: History,
    pub(crate) catalog: Catalog,
    pub(crate) programs: Programs,
    pub(crate) snapshots: Snapshots,
    pub(crate) pool: Pool,
    pub(crate) meter: Arc<CpuMeter>,
    pub(crate) options: WorkerOptions,
    pub(crate) metrics: Metrics,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
    pub(crate) tenants: DashMap<TenantId, Arc<TenantShare>>,
}

/// What the views of one tenant may use together.
pub(crate) struct TenantShare {
    pub(crate) loads: Semaphore,
    /// A permit for each query that waits.
    pub(crate) queries: Arc<Semaphore>,
    /// The memory that they may use, and when the catalog said so.
    memory_limit: Mutex<Option<(u64, Instant)>>,
}

impl TenantShare {
    /// The memory that the tenant's views may use: what the catalog said lately, or says now.
    pub(crate) async fn memory_limit(&self, context: &Context, tenant: TenantId) -> u64 {
        let known = *self.memory_limit.lock();
        if let Some((limit, asked)) = known
            && asked.elapsed() < LIMIT_TTL
        {
            return limit;
        }
        let limit = match context.catalog.quotas(tenant).await {
            Ok(quotas) => quotas.view_memory_bytes,
            // Views are loaded while the catalog is away, with the limit from before.
            Err(error) => {
                tracing::debug!(%tenant, %error, "a tenant's quotas are not known");
                let usual = context.catalog.limits().quotas.view_memory_bytes;
                return known.map_or(usual, |(limit, _)| limit);
            }
        };
        *self.memory_limit.lock() = Some((limit, Instant::now()));
        limit
    }

    pub(crate) fn known_memory_limit(&self) -> Option<u64> {
        self.memory_limit.lock().map(|(limit, _)| limit)
    }
}

/// Handles of the metrics that are touched often. None carries the id of a tenant.
pub(crate) struct Metrics {
    pub(crate) hot: Gauge,
    pub(crate) loads: Counter,
    pub(crate) load_seconds: Histogram,
    pub(crate) halts: Counter,
    pub(crate) evictions: Counter,
    pub(crate) queries: Counter,
    pub(crate) query_seconds: Histogram,
    pub(crate) query_faults: Counter,
    pub(crate) fold_events: Counter,
    pub(crate) fold_seconds: Histogram,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            hot: metrics::gauge!("views_hot"),
            loads: metrics::counter!("views_loads"),
            load_seconds: metrics::histogram!("views_load_seconds"),
            halts: metrics::counter!("views_halts"),
            evictions: metrics::counter!("views_evictions"),
            queries: metrics::counter!("views_queries"),
            query_seconds: metrics::histogram!("views_query_seconds"),
            query_faults: metrics::counter!("views_query_faults"),
            fold_events: metrics::counter!("views_fold_events"),
            fold_seconds: metrics::histogram!("views_fold_seconds"),
        }
    }
}

impl Context {
    pub(crate) fn share(&self, tenant: TenantId) -> Arc<TenantShare> {
        let queries_max = self.options.waiting_per_tenant_max;
        let new = || {
            Arc::new(TenantShare {
                loads: Semaphore::new(LOADS_PER_TENANT),
                queries: Arc::new(Semaphore::new(queries_max.min(Semaphore::MAX_PERMITS))),
                memory_limit: Mutex::default(),
            })
        };
        Arc::clone(&self.tenants.entry(tenant).or_insert_with(new))
    }

    /// Drops the shares that no view uses.
    pub(crate) fn sweep_shares(&self) {
        self.tenants.retain(|_, share| Arc::strong_count(share) > 1);
    }

    /// Writes down that a live version halted, however long the catalog takes to accept it. If the
    /// worker ends before, the next one finds the same event again.
    pub(crate) fn persist_halt(self: &Arc<Self>, spec: &VersionSpec, halt: Halt) {
        let context = Arc::clone(self);
        let (tenant, version) = (spec.tenant, spec.version);
        self.tasks.spawn(async move {
            let mut pause = Duration::from_millis(100);
            loop {
                let change = ChangeContext::system(RequestId::generate());
                let outcome = context
                    .catalog
                    .halt_version(tenant, change, version, halt.clone())
                    .await;
                match outcome {
                    Ok(()) => return,
                    Err(VersionError::Catalog(error)) => {
                        tracing::warn!(%version, %error, "a halt is not written down yet");
                    }
                    Err(error) => {
                        tracing::debug!(%version, %error, "a halt needs no writing down");
                        return;
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(HALT_RETRY_MAX),
                    () = context.stopping.cancelled() => return,
                }
            }
        });
    }
}
