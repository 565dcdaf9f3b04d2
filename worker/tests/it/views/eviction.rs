//! The memory that the views of one tenant may use together.

use std::sync::Arc;
use std::time::Duration;

use catalog::QuotaOverrides;
use catalog::access::Access;
use protocol::view::VersionSpec;
use storage::bus::{QueryError, ViewService};
use tokio::task::JoinSet;
use worker::{Worker, WorkerOptions};

use super::world::{World, ask, context, new_tenant, request, sequence, tally};

/// The memory of one tally.
const TALLY_BYTES: u64 = 64 * (64 << 10);

impl World {
    async fn limit_memory(&self, access: &Access, bytes: u64) {
        let quotas = QuotaOverrides {
            view_memory_bytes: Some(bytes),
            ..QuotaOverrides::default()
        };
        let tenant = access.tenant;
        let set = self.catalog.set_quotas(tenant, context(), quotas).await;
        assert!(set.unwrap());
    }
}

async fn is_hot(worker: &Worker, spec: &Arc<VersionSpec>) -> bool {
    worker.status(Arc::clone(spec)).await.hot
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_s_idlest_views_are_evicted_for_the_next_one() {
    let world = World::new().await;
    world.limit_memory(&world.access, 2 * TALLY_BYTES).await;
    let worker = world.worker(WorkerOptions::default());
    let mut views = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let log = world.log(name).await;
        views.push(world.deploy(&worker, log, &tally()).await);
    }
    for round in 0..3 {
        for view in &views {
            let answer = ask(&worker, view, None, "").await;
            assert!(answer.is_ok(), "round {round}: {answer:?}");
        }
    }
    let mut hot = Vec::new();
    for view in &views {
        hot.push(is_hot(&worker, view).await);
    }
    assert_eq!(hot, [false, false, true, true]);
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_someone_waits_for_stays_and_another_one_is_refused() {
    let world = World::new().await;
    let other = new_tenant(&world.catalog, "two").await;
    world.limit_memory(&world.access, TALLY_BYTES).await;
    let worker = Arc::new(world.worker(WorkerOptions::default()));
    let a = world.log("a").await;
    let first = world.deploy(&worker, a, &tally()).await;
    let b = world.log("b").await;
    let second = world.upload(&worker, b, &tally()).await;
    let mut waiting = JoinSet::new();
    let query = request(&first, Some(sequence(1)));
    let asked = Arc::clone(&worker);
    waiting.spawn(async move { asked.query(query).await });
    // Until the query waits, the first view is evicted for the second; from then on it stays.
    let mut refused = None;
    for _ in 0..100 {
        match ask(&worker, &second, None, "").await {
            Err(error) => refused = Some(error),
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        worker.evict(vec![second.version]).await;
        if refused.is_some() {
            break;
        }
    }
    let expected = QueryError::MemoryLimitReached {
        limit: TALLY_BYTES,
        used: TALLY_BYTES,
    };
    assert_eq!(refused, Some(expected));
    assert!(is_hot(&worker, &first).await);

    // Another tenant has memory of its own.
    let log = world.log_of(&other, "a").await;
    let third = world.upload_of(&other, &worker, log, &tally()).await;
    ask(&worker, &third, None, "").await.unwrap();

    world.append(a, &[b"a"]).await;
    let answered = waiting.join_next().await.unwrap().unwrap();
    answered.unwrap();
    ask(&worker, &second, None, "").await.unwrap();
    assert!(!is_hot(&worker, &first).await);
    worker.shutdown().await;
}
