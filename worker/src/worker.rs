//! The worker as the control plane sees it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use catalog::Catalog;
use catalog::clock::SharedClock;
use protocol::view::{ComponentError, ComponentReport, VersionSpec};
use protocol::{ComponentDigest, TenantId, VersionId};
use storage::bus::{
    BuildOutcome, QueryAnswer, QueryError, QueryRequest, VersionStatus, ViewService,
};
use storage::event_log::SharedEventLog;
use storage::history::History;
use storage::objects::SharedObjects;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::compile::CompilerCommand;
use crate::meter::CpuMeter;
use crate::options::WorkerOptions;
use crate::pool::Pool;
use crate::programs::Programs;
use crate::snapshots::Snapshots;
use crate::views::Registry;
use crate::views::context::{Context, Metrics};

/// How often compute time is recorded and the cache is tidied up.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// How long a stopping worker waits for queries and snapshots under way.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// What a worker works with.
pub struct WorkerParts {
    pub event_log: SharedEventLog,
    pub objects: SharedObjects,
    pub catalog: Catalog,
    pub clock: SharedClock,
    pub compiler: CompilerCommand,
    pub options: WorkerOptions,
}

/// Loads, folds and queries views. Made within an async runtime, and stopped by
/// [`Worker::shutdown`].
pub struct Worker {
    registry: Arc<Registry>,
    context: Arc<Context>,
}

impl Worker {
    /// Starts a worker's threads and its housekeeping.
    pub fn new(parts: WorkerParts) -> std::io::Result<Self> {
        let (objects, catalog, options) = (parts.objects, parts.catalog, parts.options);
        let snapshots = Snapshots {
            objects: objects.clone(),
            catalog: catalog.clone(),
            clock: parts.clock.clone(),
            options: options.snapshots.clone(),
        };
        let meter = Arc::new(CpuMeter::new(catalog.clone(), parts.clock));
        let compiler = parts.compiler;
        let programs = Programs::new(objects.clone(), catalog.clone(), compiler, meter.clone());
        let context = Arc::new(Context {
            programs,
            history: History::new(parts.event_log, catalog.clone(), objects),
            pool: Pool::new(options.pool.clone())?,
            meter,
            snapshots,
            metrics: Metrics::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            tenants: dashmap::DashMap::new(),
            catalog,
            options,
        });
        let registry = Registry::new(Arc::clone(&context));
        let housekeeping = keep_house(Arc::downgrade(&registry), Arc::clone(&context));
        context.tasks.spawn(housekeeping);
        Ok(Self { registry, context })
    }

    /// Stops in good order: what waits is answered, what pays is saved, compute time is recorded,
    /// as far as the grace period allows. Calling it again does nothing.
    pub async fn shutdown(&self) {
        let context = &self.context;
        context.stopping.cancel();
        self.registry.retire_all();
        context.tasks.close();
        let saved = tokio::time::timeout(SHUTDOWN_GRACE, context.tasks.wait()).await;
        if saved.is_err() {
            tracing::warn!("some views could not be saved in time; they will be loaded again");
            self.registry.abandon_all();
            // Abandoned drivers end at once; a task that does not is left behind.
            let _ = tokio::time::timeout(Duration::from_secs(1), context.tasks.wait()).await;
        }
        context.meter.flush().await;
        context.pool.stop();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.context.stopping.cancel();
        self.registry.abandon_all();
    }
}

/// Records compute time and tidies up until the worker stops.
async fn keep_house(registry: std::sync::Weak<Registry>, context: Arc<Context>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = context.stopping.cancelled() => return,
        }
        let Some(registry) = registry.upgrade() else {
            return;
        };
        registry.tidy();
        drop(registry);
        context.meter.flush().await;
    }
}

#[async_trait]
impl ViewService for Worker {
    #[tracing::instrument(level = "debug", skip_all, fields(%component))]
    async fn prepare(
        &self,
        tenant: TenantId,
        component: ComponentDigest,
    ) -> Result<ComponentReport, ComponentError> {
        let stopping = || ComponentError::Unavailable("the worker is stopping; try again".into());
        if self.context.stopping.is_cancelled() {
            return Err(stopping());
        }
        tracing::debug!(%tenant, "preparing a component");
        // On a task of its own: a client that goes away does not waste what was compiled.
        let context = Arc::clone(&self.context);
        let preparing = async move { context.programs.prepare(tenant, component).await };
        let prepared = self.context.tasks.spawn(preparing).await;
        prepared.unwrap_or_else(|_| Err(stopping()))
    }

    #[tracing::instrument(level = "debug", skip_all, fields(version = %version.version))]
    async fn build(&self, version: Arc<VersionSpec>) -> Result<BuildOutcome, QueryError> {
        self.registry.build(version).await
    }

    async fn query(&self, request: QueryRequest) -> Result<QueryAnswer, QueryError> {
        self.registry.query(request).await
    }

    async fn status(&self, version: Arc<VersionSpec>) -> VersionStatus {
        let id = version.version;
        let catalog = &self.context.catalog;
        // What the catalog can't tell right now is left out: a status is never an error.
        let snapshots = catalog.snapshots(id).await.unwrap_or_default();
        let snapshots_off = catalog.snapshots_off(id).await.unwrap_or_default();
        let recorded_us = catalog.compute_us(id).await.unwrap_or_default();
        let compute_us = recorded_us + self.context.meter.pending_us(id);
        let resident = self.registry.peek(id).filter(|it| !it.is_closed());
        let progress = resident.as_ref().map(|it| it.progress());
        let saved = snapshots.last().map(|snapshot| snapshot.sequence);
        VersionStatus {
            hot: resident.is_some(),
            applied: progress.map(|it| it.applied).or(saved),
            applied_at: progress.map(|it| it.applied_at),
            memory_bytes: progress.map_or(0, |it| it.memory_bytes),
            snapshots,
            snapshots_off,
            compute_us,
            halted: resident
                .and_then(|it| it.halted())
                .or_else(|| version.halted.clone()),
        }
    }

    async fn hot(&self) -> Vec<Arc<VersionSpec>> {
        self.registry.hot()
    }

    async fn save(&self, version: VersionId) {
        self.registry.save(version).await;
        // Whoever goes on from here folds what follows, and must not report that first.
        self.context.meter.flush().await;
    }

    async fn evict(&self, versions: Vec<VersionId>) {
        self.registry.forget(&versions);
    }

    async fn health(&self) -> Result<(), String> {
        if self.context.stopping.is_cancelled() {
            return Err("the worker is stopping".into());
        }
        Ok(())
    }
}
