//! Tenants that share a worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use storage::bus::ViewService;
use worker::WorkerOptions;

use super::world::{World, ask, new_tenant, tally};

/// Invariant 7: queries that use up all their time don't stall another tenant's.
#[tokio::test(flavor = "multi_thread")]
async fn invariant_7_endless_queries_of_one_tenant_do_not_stall_another() {
    let world = World::new().await;
    let mut options = WorkerOptions::default();
    options.machine.query_cpu = Duration::from_secs(3);
    options.pool.threads = 1;
    let worker = Arc::new(world.worker(options));
    let component = tally();
    let hog = new_tenant(&world.catalog, "hog").await;
    let mut endless = tokio::task::JoinSet::new();
    for number in 0..3 {
        let log = world.log_of(&hog, &format!("log-{number}")).await;
        let spec = world.upload_of(&hog, &worker, log, &component).await;
        worker.build(Arc::clone(&spec)).await.unwrap();
        let worker = Arc::clone(&worker);
        endless.spawn(async move { ask(&worker, &spec, None, "loop").await });
    }
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &component).await;
    let started = Instant::now();
    for _ in 0..20 {
        let last = world.append(log, &[b"a"]).await;
        ask(&worker, &spec, Some(last), "").await.unwrap();
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(3), "20 queries took {took:?}");
    while let Some(outcome) = endless.join_next().await {
        assert!(outcome.unwrap().is_err());
    }
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_takes_only_so_many_waiting_queries() {
    let world = World::new().await;
    let worker = Arc::new(world.worker(WorkerOptions {
        waiting_per_view_max: 10,
        ..WorkerOptions::default()
    }));
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (worker, spec) = (Arc::clone(&worker), Arc::clone(&spec));
        waiting.spawn(async move {
            let after = Some(super::world::sequence(1));
            ask(&worker, &spec, after, "").await
        });
    }
    let mut refused = 0;
    while let Some(outcome) = waiting.join_next().await {
        match outcome.unwrap() {
            Err(storage::bus::QueryError::Overloaded(_)) => refused += 1,
            other => panic!("{other:?}"),
        }
        if refused == 20 {
            break;
        }
    }
    world.append(log, &[b"a"]).await;
    while let Some(outcome) = waiting.join_next().await {
        assert_eq!(outcome.unwrap().unwrap().sequence.get(), 1);
    }
    worker.shutdown().await;
}
