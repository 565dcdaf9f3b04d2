//! Versions in memory.
//!
//! A version that is asked for gets a [`resident::Resident`]: an instance, a driver task that loads
//! it and follows its log, and turns on the worker's threads that fold and answer. The
//! [`Registry`] finds or starts the residents; [`eviction`] decides which of them stay in memory.
//! A cold version takes no memory at all.
//!
//! Whatever is dropped here can be had again from the log; only the catalog and the object store
//! outlive a worker.

mod backlog;
pub(crate) mod context;
mod driver;
mod effects;
mod eviction;
mod instance;
mod mailbox;
mod queries;
mod resident;
mod saving;

use std::sync::Arc;

use protocol::VersionId;
use protocol::view::VersionSpec;
use storage::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest};

use context::Context;
use eviction::Residents;
use resident::Resident;

/// A query that finds its view closing this often gives up.
const ATTEMPTS_MAX: usize = 16;

pub(crate) struct Registry {
    context: Arc<Context>,
    residents: Residents,
}

fn closing() -> QueryError {
    let text = "the view is being dropped from memory again and again; try again";
    QueryError::Unavailable(text.into())
}

impl Registry {
    pub(crate) fn new(context: Arc<Context>) -> Arc<Self> {
        Arc::new(Self {
            residents: Residents::new(&context),
            context,
        })
    }

    /// The resident of a version, started if there is none.
    fn resident(self: &Arc<Self>, spec: &Arc<VersionSpec>) -> Result<Arc<Resident>, QueryError> {
        if let Some(resident) = self.residents.get(spec.version) {
            return Ok(resident);
        }
        if self.context.stopping.is_cancelled() {
            return Err(QueryError::Unavailable("the worker is stopping".into()));
        }
        let start = || {
            let resident = Resident::new(Arc::clone(spec), Arc::clone(&self.context));
            let resident = Arc::new(resident);
            self.context.metrics.hot.increment(1);
            let driving = driver::drive(Arc::clone(&resident), Arc::downgrade(self));
            self.context.tasks.spawn(driving);
            resident
        };
        Ok(self.residents.get_or_start(spec.version, start))
    }

    fn remove(&self, resident: &Arc<Resident>) {
        self.residents.remove(resident);
        self.context.metrics.hot.decrement(1);
    }

    pub(crate) async fn query(
        self: &Arc<Self>,
        mut request: QueryRequest,
    ) -> Result<QueryAnswer, QueryError> {
        for _ in 0..ATTEMPTS_MAX {
            let resident = self.resident(&request.version)?;
            match resident.query(request).await {
                Ok(outcome) => return outcome,
                Err(unanswered) => request = unanswered,
            }
        }
        Err(closing())
    }

    pub(crate) async fn build(
        self: &Arc<Self>,
        spec: Arc<VersionSpec>,
    ) -> Result<BuildOutcome, QueryError> {
        for _ in 0..ATTEMPTS_MAX {
            if let Some(outcome) = self.resident(&spec)?.build().await {
                return outcome;
            }
        }
        Err(closing())
    }

    /// The resident of a version if there is one. Does not count as use.
    pub(crate) fn peek(&self, version: VersionId) -> Option<Arc<Resident>> {
        self.residents.peek(version)
    }

    /// What is in memory and serves, the largest first: it takes longest to load.
    pub(crate) fn hot(&self) -> Vec<Arc<VersionSpec>> {
        let mut hot = self.residents.all();
        hot.retain(|resident| resident.is_serving());
        hot.sort_by_key(|resident| std::cmp::Reverse(resident.progress().memory_bytes));
        hot.iter().map(|it| Arc::clone(&it.spec)).collect()
    }

    /// Saves a version that is in memory, where loading it from the last snapshot would take longer.
    pub(crate) async fn save(&self, version: VersionId) {
        if let Some(resident) = self.peek(version).filter(|it| it.is_serving()) {
            saving::save_if_it_pays(resident).await;
        }
    }

    /// Evicts versions that were deleted.
    pub(crate) fn forget(&self, versions: &[VersionId]) {
        for version in versions {
            if let Some(resident) = self.peek(*version) {
                resident.abandon();
            }
            self.residents.cache.invalidate(version);
        }
    }

    pub(crate) fn tidy(&self) {
        // Has the cache do what it put off, such as evicting what is idle.
        self.residents.cache.run_pending_tasks();
        self.context.sweep_shares();
    }

    /// Asks every resident to save and close.
    pub(crate) fn retire_all(&self) {
        for resident in self.residents.all() {
            resident.retire();
        }
    }

    /// Closes every resident at once.
    pub(crate) fn abandon_all(&self) {
        for resident in self.residents.all() {
            resident.abandon();
        }
    }
}
