//! What is cached of the catalog, so that appends and queries cost no SQL.
//!
//! Every entry is invalidated when the catalog announces a change of it, and asked for again after
//! `cache_ttl` in case an announcement was missed. While the catalog is not reachable, entries go
//! on serving for `cache_ttl_offline`: appends and queries of known tenants survive its absence.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use parking_lot::Mutex;
use protocol::ErrorCode;

use crate::errors::Result;
use crate::options::Options;

#[derive(Clone)]
struct Entry<V> {
    value: V,
    /// When the catalog said so.
    asked: Instant,
    /// When to ask again.
    ask_again: Instant,
}

/// One kind of thing.
pub(crate) struct CatalogCache<K, V> {
    entries: Cache<K, Entry<V>>,
    ttl: Duration,
    ttl_offline: Duration,
    /// Counts invalidations. An answer that was asked for before one of them may be the old one and
    /// is not kept.
    invalidations: AtomicU64,
    /// When the catalog last said something that is kept.
    answered: Mutex<Option<Instant>>,
}

impl<K, V> CatalogCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(entries_max: u64, options: &Options) -> Self {
        Self {
            entries: Cache::builder()
                .max_capacity(entries_max)
                .time_to_idle(options.cache_ttl_offline.max(options.cache_ttl))
                .support_invalidation_closures()
                .build(),
            ttl: options.cache_ttl,
            ttl_offline: options.cache_ttl_offline,
            invalidations: AtomicU64::new(0),
            answered: Mutex::default(),
        }
    }

    /// The entry, from memory or by asking. `None` is never kept: what does not exist may be made
    /// at any moment.
    ///
    /// # Errors
    /// Those of `ask`, unless an entry that is not too old can stand in for a catalog that is away.
    pub(crate) async fn get<F>(&self, key: &K, ask: F) -> Result<Option<V>>
    where
        F: Future<Output = Result<Option<V>>>,
    {
        let known = self.entries.get(key);
        let now = Instant::now();
        if let Some(entry) = &known {
            if now < entry.ask_again {
                return Ok(Some(entry.value.clone()));
            }
            // One request asks, the others go on with what is known meanwhile.
            let asked_for = Entry {
                ask_again: now + self.ttl,
                ..entry.clone()
            };
            self.entries.insert(key.clone(), asked_for);
        }
        let before = self.invalidations.load(Ordering::Acquire);
        let found = ask.await;
        let is_away = matches!(&found, Err(failure) if failure.code == ErrorCode::Unavailable);
        if let Some(entry) = known
            && is_away
            && now.duration_since(entry.asked) < self.ttl_offline
        {
            return Ok(Some(entry.value));
        }
        let Ok(Some(value)) = &found else {
            self.entries.invalidate(key);
            return found;
        };
        let entry = Entry {
            value: value.clone(),
            asked: now,
            ask_again: now + self.ttl,
        };
        self.entries.insert(key.clone(), entry);
        *self.answered.lock() = Some(now);
        if self.invalidations.load(Ordering::Acquire) != before {
            self.entries.invalidate(key);
        }
        found
    }

    /// Whether there are entries that would stand in for a catalog that is away.
    pub(crate) fn is_warm(&self) -> bool {
        let answered = *self.answered.lock();
        answered.is_some_and(|at| at.elapsed() < self.ttl_offline)
    }

    pub(crate) fn invalidate(&self, key: &K) {
        self.invalidations.fetch_add(1, Ordering::AcqRel);
        self.entries.invalidate(key);
    }

    pub(crate) fn invalidate_if(&self, matches: impl Fn(&V) -> bool + Send + Sync + 'static) {
        self.invalidations.fetch_add(1, Ordering::AcqRel);
        let predicate = move |_: &K, entry: &Entry<V>| matches(&entry.value);
        if self.entries.invalidate_entries_if(predicate).is_err() {
            self.entries.invalidate_all();
        }
    }

    pub(crate) fn invalidate_all(&self) {
        self.invalidations.fetch_add(1, Ordering::AcqRel);
        *self.answered.lock() = None;
        self.entries.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::Failure;

    fn cache(ttl: Duration, ttl_offline: Duration) -> CatalogCache<u32, u32> {
        let options = Options {
            cache_ttl: ttl,
            cache_ttl_offline: ttl_offline,
            ..Options::default()
        };
        CatalogCache::new(10, &options)
    }

    fn away() -> Failure {
        Failure::new(ErrorCode::Unavailable, "away")
    }

    #[tokio::test]
    async fn an_entry_is_asked_for_once_and_again_after_it_was_invalidated() {
        let cache = cache(Duration::from_secs(60), Duration::from_secs(600));
        assert_eq!(cache.get(&1, async { Ok(Some(7)) }).await, Ok(Some(7)));
        assert_eq!(cache.get(&1, async { Ok(Some(8)) }).await, Ok(Some(7)));
        cache.invalidate_if(|value| *value == 7);
        assert_eq!(cache.get(&1, async { Ok(Some(8)) }).await, Ok(Some(8)));
        cache.invalidate_all();
        assert!(!cache.is_warm());
        assert_eq!(cache.get(&1, async { Ok(None) }).await, Ok(None));
        assert_eq!(cache.get(&1, async { Ok(Some(9)) }).await, Ok(Some(9)));
    }

    #[tokio::test]
    async fn an_answer_from_before_a_change_is_not_kept() {
        let cache = cache(Duration::from_secs(60), Duration::from_secs(600));
        let ask = async {
            cache.invalidate_if(|_| true);
            Ok(Some(1))
        };
        assert_eq!(cache.get(&1, ask).await, Ok(Some(1)));
        assert_eq!(cache.get(&1, async { Ok(Some(2)) }).await, Ok(Some(2)));
    }

    #[tokio::test]
    async fn a_known_entry_stands_in_while_the_catalog_is_away() {
        let old = cache(Duration::ZERO, Duration::from_secs(600));
        assert_eq!(old.get(&1, async { Ok(Some(7)) }).await, Ok(Some(7)));
        assert_eq!(old.get(&1, async { Err(away()) }).await, Ok(Some(7)));
        assert!(old.is_warm());
        assert_eq!(old.get(&2, async { Err(away()) }).await, Err(away()));
        let too_old = cache(Duration::ZERO, Duration::ZERO);
        assert_eq!(too_old.get(&1, async { Ok(Some(7)) }).await, Ok(Some(7)));
        assert_eq!(too_old.get(&1, async { Err(away()) }).await, Err(away()));
        assert!(!too_old.is_warm());
    }
}
