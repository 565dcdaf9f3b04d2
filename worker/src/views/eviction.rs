//! Which versions are in memory, and which of them goes when another one needs its memory.
//!
//! The worker's memory and the number of its instances are limited. Beyond that, and after some idle
//! time, the cache evicts those that were not asked for the longest time.
//!
//! The views of one tenant may use so many bytes together. A view that is loaded has the idlest of
//! the others evicted until it fits. A view that someone waits for is never evicted for another;
//! when only such are left, the load is refused. Views grow while they fold, and a few are loaded at
//! a time, so a tenant may use as much above its quota as these take until the next one of them is
//! weighed.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use moka::notification::RemovalCause;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use protocol::VersionId;
use storage::bus::QueryError;

use super::context::Context;
use super::mailbox::Mailbox;
use super::resident::Resident;

/// The cache weighs in units of this many bytes, so that its weights fit.
const WEIGHT_UNIT_BYTES: u64 = 1 << 10;

/// How long a load waits for the views that are evicted: each of them may have to be saved.
const EVICTION_TIMEOUT: Duration = Duration::from_secs(10);
const EVICTION_POLL: Duration = Duration::from_millis(10);

/// The residents of a worker.
pub(super) struct Residents {
    pub(super) cache: Cache<VersionId, Arc<Resident>>,
    /// Every resident that is not closed, also those that the cache has evicted and that are still
    /// in use. Looking here does not count as use.
    all: DashMap<VersionId, Weak<Resident>>,
}

/// What the other views of a tenant use.
#[derive(Default)]
struct Others {
    used_bytes: u64,
    /// The one that nobody asked for the longest time, and when that was.
    idlest: Option<(Option<Instant>, Arc<Resident>)>,
    /// Some are being evicted.
    leaving: bool,
}

impl Residents {
    pub(super) fn new(context: &Context) -> Self {
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
                let units = resident.progress().memory_bytes / WEIGHT_UNIT_BYTES;
                u32::try_from(units.max(weight_min)).unwrap_or(u32::MAX)
            })
            .eviction_listener(move |_, resident: Arc<Resident>, cause| {
                if cause != RemovalCause::Replaced {
                    evictions.increment(1);
                    resident.retire();
                }
            })
            .build();
        Self {
            cache,
            all: DashMap::new(),
        }
    }

    /// The resident of a version. Counts as use.
    pub(super) fn get(&self, version: VersionId) -> Option<Arc<Resident>> {
        let resident = self.cache.get(&version);
        resident.filter(|resident| !resident.is_closed())
    }

    /// The resident of a version, started if there is none.
    pub(super) fn get_or_start(
        &self,
        version: VersionId,
        start: impl FnOnce() -> Arc<Resident>,
    ) -> Arc<Resident> {
        let start = || {
            let resident = start();
            self.all.insert(version, Arc::downgrade(&resident));
            resident
        };
        let entry = self.cache.entry(version);
        entry
            .or_insert_with_if(start, |resident| resident.is_closed())
            .into_value()
    }

    /// The resident of a version if there is one. Does not count as use.
    pub(super) fn peek(&self, version: VersionId) -> Option<Arc<Resident>> {
        self.all.get(&version)?.upgrade()
    }

    pub(super) fn all(&self) -> Vec<Arc<Resident>> {
        self.all.iter().filter_map(|it| it.upgrade()).collect()
    }

    /// Takes a closed resident out.
    pub(super) fn remove(&self, resident: &Arc<Resident>) {
        self.compute(resident, Op::Remove);
        let version = resident.spec.version;
        let is_this = |_: &VersionId, held: &Weak<Resident>| held.as_ptr() == Arc::as_ptr(resident);
        self.all.remove_if(&version, is_this);
    }

    fn compute(&self, resident: &Arc<Resident>, op: Op<Arc<Resident>>) {
        let entry = self.cache.entry(resident.spec.version);
        entry.and_compute_with(|present| match present {
            Some(entry) if Arc::ptr_eq(entry.value(), resident) => op,
            _ => Op::Nop,
        });
    }

    /// Waits until the tenant has memory for another view.
    pub(super) async fn admit(&self, resident: &Resident) -> Result<(), QueryError> {
        let tenant = resident.spec.tenant;
        let limit = resident.share.memory_limit(&resident.context, tenant).await;
        let begun = Instant::now();
        loop {
            let others = self.others(resident);
            let used = others.used_bytes;
            if used < limit {
                return Ok(());
            }
            match others.idlest {
                Some((_, idlest)) => idlest.retire(),
                None if others.leaving && begun.elapsed() < EVICTION_TIMEOUT => {}
                None => return Err(QueryError::MemoryLimitReached { limit, used }),
            }
            tokio::time::sleep(EVICTION_POLL).await;
        }
    }

    /// Weighs a resident anew, and has another one of its tenant evicted when they use too much.
    pub(super) fn has_grown(&self, resident: &Arc<Resident>) {
        self.compute(resident, Op::Put(Arc::clone(resident)));
        let Some(limit) = resident.share.known_memory_limit() else {
            return;
        };
        let others = self.others(resident);
        let used = others.used_bytes;
        if used.saturating_add(resident.progress().memory_bytes) > limit
            && !others.leaving
            && let Some((_, idlest)) = others.idlest
        {
            idlest.retire();
        }
    }

    fn others(&self, resident: &Resident) -> Others {
        let mut others = Others::default();
        for other in self.all() {
            let is_other = other.spec.version != resident.spec.version;
            if other.spec.tenant != resident.spec.tenant || !is_other || other.is_closed() {
                continue;
            }
            let memory_bytes = other.progress().memory_bytes;
            others.used_bytes = others.used_bytes.saturating_add(memory_bytes);
            if other.look(Mailbox::is_retired) {
                others.leaving = true;
            } else if other.is_serving() && !other.look(Mailbox::is_wanted) {
                let asked_at = other.look(Mailbox::asked_at);
                if others.idlest.as_ref().is_none_or(|it| asked_at < it.0) {
                    others.idlest = Some((asked_at, other));
                }
            }
        }
        others
    }
}
