//! Searches: what takes a core for long, a little of each tenant at a time.

use std::sync::Arc;

use dashmap::DashMap;
use protocol::TenantId;
use tokio::sync::Semaphore;

use super::permits::{Permit, Permits};
use crate::errors::{Failure, Result};

/// Pages of one tenant that are searched for at a time, on each node; more are refused.
const PAGES_MAX: u64 = 8;

/// Threads that search for one tenant; what is left of the node's is for others.
const THREADS_MAX: usize = 2;

/// Runs searches on threads of their own, as no search may hold up the async runtime.
pub(crate) struct Searches {
    pages: Permits,
    /// By tenant, for those that search right now.
    threads: DashMap<TenantId, Arc<Semaphore>>,
    /// Threads of all tenants; who waits first comes first.
    all: Semaphore,
}

impl Searches {
    /// Half of the cores search at most.
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            pages: Permits::default(),
            threads: DashMap::new(),
            all: Semaphore::new((cores / 2).max(1)),
        }
    }

    /// A permit to search for a page, until it is dropped.
    ///
    /// # Errors
    /// When the tenant searches for as many as it may.
    pub(crate) fn begin_page(&self, tenant: TenantId) -> Result<Permit> {
        self.pages.take(tenant, PAGES_MAX).map_err(|used| {
            Failure::overloaded(format!(
                "{used} requests with `text` or `filter` are under way; send this one again when one \
                 of them is answered"
            ))
        })
    }

    /// Runs a short piece of a search once it is the tenant's turn. When the caller goes away, a
    /// piece that runs still ends by itself.
    ///
    /// # Errors
    /// When the piece panics, which is an error of ours.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        tenant: TenantId,
        piece: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let _turn = Turn {
            searches: self,
            tenant,
        };
        let own = self.threads.entry(tenant);
        let own = Arc::clone(&own.or_insert_with(|| Arc::new(Semaphore::new(THREADS_MAX))));
        let _own = own.acquire_owned().await;
        let _all = self.all.acquire().await;
        let done = tokio::task::spawn_blocking(piece).await;
        done.map_err(|error| Failure::internal("a search failed", &error))
    }
}

/// Waits for a thread, or has one.
struct Turn<'a> {
    searches: &'a Searches,
    tenant: TenantId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Whoever waits or searches holds it, too.
        let is_unused = |_: &TenantId, own: &Arc<Semaphore>| Arc::strong_count(own) == 1;
        self.searches.threads.remove_if(&self.tenant, is_unused);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn pieces_wait_for_their_turn_and_leave_nothing_behind() {
        let searches = Searches {
            all: Semaphore::new(8),
            ..Searches::new()
        };
        let [one, other] = [(); 2].map(|()| TenantId::generate());
        let running = Arc::new(AtomicUsize::new(0));
        let piece = |tenant| {
            let running = Arc::clone(&running);
            searches.run(tenant, move || {
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                std::thread::sleep(Duration::from_millis(5));
                running.fetch_sub(1, Ordering::SeqCst);
                now
            })
        };
        let most = futures::future::join_all((0..10).map(|_| piece(one))).await;
        assert!(most.into_iter().all(|now| now.unwrap() <= THREADS_MAX));
        let pieces = (0..10).map(|index| piece(if index % 2 == 0 { one } else { other }));
        let most = futures::future::join_all(pieces).await;
        assert!(most.into_iter().all(|now| now.unwrap() <= 2 * THREADS_MAX));
        drop(tokio::time::timeout(Duration::ZERO, piece(one)).await);
        assert!(searches.threads.is_empty());
    }

    #[test]
    fn a_tenant_searches_for_so_many_pages_at_a_time() {
        let searches = Searches::new();
        let [one, other] = [(); 2].map(|()| TenantId::generate());
        let mut permits: Vec<_> = (0..PAGES_MAX)
            .map(|_| searches.begin_page(one).unwrap())
            .collect();
        let refused = searches.begin_page(one).unwrap_err();
        assert_eq!(refused.code, protocol::ErrorCode::Overloaded);
        assert!(searches.begin_page(other).is_ok());
        permits.pop();
        assert!(searches.begin_page(one).is_ok());
    }
}
