//! Versions in memory.
//!
//! A version that is asked for gets a [`resident::Resident`]: an instance, a driver task that loads
//! it and follows its log, and turns on the worker's threads that fold and answer. The
//! [`Registry`] holds the residents, in a cache that is weighed by their memory and drops those
//! that were not asked for the longest time. A cold version takes no memory at all.
//!
//! Whatever is dropped here can be had again from the log; only the catalog and the object store
//! outlive a worker.

mod backlog;
pub(crate) mod context;
mod driver;
mod instance;
mod loading;
mod mailbox;
mod recovery;
mod resident;
mod room;
mod saving;
mod turn;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use dashmap::DashMap;
use moka::notification::RemovalCause;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use protocol::VersionId;
use protocol::view::VersionSpec;
use storage::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest};

use context::Context;
use resident::Resident;

/// The cache weighs in units of this many bytes, so that its weights fit.
const WEIGHT_UNIT_BYTES: u64 = 1 << 10;

/// A query that finds its view closing this often gives up.
const ATTEMPTS_MAX: usize = 16;

pub(crate) struct Registry {
    context: Arc<Context>,
    cache: Cache<VersionId, Arc<Resident>>,
    /// Every resident that is not closed, also those that the cache has dropped and that are still
    /// in use. Looking here does not count as use.
    residents: DashMap<VersionId, Weak<Resident>>,
}

impl Registry {
    pub(crate) fn new(context: Arc<Context>) -> Arc<Self> {
        let options = &context.options;
        let capacity = (options.memory_bytes / WEIGHT_UNIT_BYTES).max(1);
        // No instance weighs less than its share, so that their number is limited as well.
        let weight_min = (capacity / u64::from(options.instances_max.max(1))).max(1);
        let evictions = context.metrics.evictions.clone();
        let cache = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(options.idle)
            .weigher(move |_, resident: &Arc<Resident>| {
                let units = (resident.memory_bytes() / WEIGHT_UNIT_BYTES).max(weight_min);
                u32::try_from(units).unwrap_or(u32::MAX)
            })
            .eviction_listener(move |_, resident: Arc<Resident>, cause| {
                if cause != RemovalCause::Replaced {
                    evictions.increment(1);
                    resident.retire();
                }
            })
            .build();
        Arc::new(Self {
            context,
            cache,
            residents: DashMap::new(),
        })
    }

    /// The resident of a version, started if there is none.
    fn resident(self: &Arc<Self>, spec: &Arc<VersionSpec>) -> Result<Arc<Resident>, QueryError> {
        if let Some(resident) = self.cache.get(&spec.version) {
            return Ok(resident);
        }
        self.replace_closed(spec)
    }

    fn replace_closed(
        self: &Arc<Self>,
        spec: &Arc<VersionSpec>,
    ) -> Result<Arc<Resident>, QueryError> {
        if self.context.stopping.is_cancelled() {
            return Err(QueryError::Unavailable("the worker is stopping".into()));
        }
        let start = || self.start(Arc::clone(spec));
        let entry = self
            .cache
            .entry(spec.version)
            .or_insert_with_if(start, |resident| resident.is_closed());
        Ok(entry.into_value())
    }

    fn start(self: &Arc<Self>, spec: Arc<VersionSpec>) -> Arc<Resident> {
        let version = spec.version;
        let resident = Arc::new(Resident::new(spec, Arc::clone(&self.context)));
        self.residents.insert(version, Arc::downgrade(&resident));
        self.context.metrics.hot.increment(1);
        let driving = driver::drive(Arc::clone(&resident), Arc::downgrade(self));
        self.context.tasks.spawn(driving);
        resident
    }

    pub(crate) async fn query(
        self: &Arc<Self>,
        mut request: QueryRequest,
    ) -> Result<QueryAnswer, QueryError> {
        let mut resident = self.resident(&request.version)?;
        for _ in 0..ATTEMPTS_MAX {
            match resident.ask(request).await {
                Ok(outcome) => return outcome,
                Err(unanswered) => request = unanswered,
            }
            resident = self.replace_closed(&request.version)?;
        }
        let text = "the view is being dropped from memory again and again; try again";
        Err(QueryError::Unavailable(text.into()))
    }

    pub(crate) async fn build(
        self: &Arc<Self>,
        spec: Arc<VersionSpec>,
    ) -> Result<BuildOutcome, QueryError> {
        let mut resident = self.resident(&spec)?;
        for _ in 0..ATTEMPTS_MAX {
            let _building = Building::of(&resident);
            if resident.is_closed() {
                resident = self.replace_closed(&spec)?;
                continue;
            }
            let mut built = resident.built.subscribe();
            let outcome = built.wait_for(Option::is_some).await;
            let outcome = outcome.ok().and_then(|it| it.clone());
            return outcome.unwrap_or_else(|| {
                let text = "the build was stopped; try again";
                Err(QueryError::Unavailable(text.into()))
            });
        }
        let text = "the view is being dropped from memory again and again; try again";
        Err(QueryError::Unavailable(text.into()))
    }

    /// The resident of a version if there is one. Does not count as use.
    pub(crate) fn peek(&self, version: VersionId) -> Option<Arc<Resident>> {
        self.residents.get(&version)?.upgrade()
    }

    /// Drops versions that were deleted.
    pub(crate) fn forget(&self, versions: &[VersionId]) {
        for version in versions {
            if let Some(resident) = self.peek(*version) {
                resident.abandon();
            }
            self.cache.invalidate(version);
        }
    }

    /// Lets the cache do what it put off, such as dropping what is idle.
    pub(crate) fn tidy(&self) {
        self.cache.run_pending_tasks();
        self.context.sweep_shares();
    }

    /// Asks every resident to save and close.
    pub(crate) fn retire_all(&self) {
        for resident in self.all() {
            resident.retire();
        }
    }

    /// Closes every resident at once.
    pub(crate) fn abandon_all(&self) {
        for resident in self.all() {
            resident.abandon();
        }
    }

    fn all(&self) -> Vec<Arc<Resident>> {
        let upgraded = |entry: dashmap::mapref::multiple::RefMulti<'_, _, Weak<Resident>>| {
            entry.value().upgrade()
        };
        self.residents.iter().filter_map(upgraded).collect()
    }

    fn reweigh(&self, resident: &Arc<Resident>) {
        let entry = self.cache.entry(resident.spec.version);
        entry.and_compute_with(|present| match present {
            Some(entry) if Arc::ptr_eq(entry.value(), resident) => Op::Put(Arc::clone(resident)),
            _ => Op::Nop,
        });
    }

    fn remove(&self, resident: &Arc<Resident>) {
        let version = resident.spec.version;
        let entry = self.cache.entry(version);
        entry.and_compute_with(|present| match present {
            Some(entry) if Arc::ptr_eq(entry.value(), resident) => Op::Remove,
            _ => Op::Nop,
        });
        let is_this = |_: &VersionId, held: &Weak<Resident>| held.as_ptr() == Arc::as_ptr(resident);
        self.residents.remove_if(&version, is_this);
        self.context.metrics.hot.decrement(1);
    }
}

/// Counts a build that waits for a resident.
struct Building(Arc<Resident>);

impl Building {
    fn of(resident: &Arc<Resident>) -> Self {
        resident.builders.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(resident))
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        self.0.builders.fetch_sub(1, Ordering::AcqRel);
        self.0.bell.notify_one();
    }
}
