//! What answers reflect: invariants 5 and 6.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use protocol::Sequence;
use protocol::view::VersionSpec;
use storage::bus::{QueryError, QueryRequest, ViewService};
use worker::{Worker, WorkerOptions};

use super::world::{World, ask, request, sequence, tallied, tally, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_answers_after_an_append() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, example_views::counter()).await;
    assert_eq!(
        text(&worker, &spec, None).await,
        (0, r#"{"value":0}"#.into())
    );
    world.append(log, &[br#"{"inc":10}"#]).await;
    let last = world.append(log, &[br#"{"dec":5}"#]).await;
    let answer = text(&worker, &spec, Some(last)).await;
    assert_eq!(answer, (2, r#"{"value":5}"#.into()));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_of_world_1_gets_its_parameters() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world
        .deploy(&worker, log, example_views::usage_metering())
        .await;
    let asked = QueryRequest {
        parameters: vec![("month".into(), "2025-03".into())],
        ..request(&spec, None)
    };
    let answer = worker.query(asked).await.unwrap();
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_query_never_answers_from_a_state_before_its_after() {
    let world = Arc::new(World::new().await);
    let worker = Arc::new(world.worker(WorkerOptions::default()));
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (world, worker, spec) = (Arc::clone(&world), Arc::clone(&worker), Arc::clone(&spec));
        readers.spawn(async move {
            for _ in 0..50 {
                let last = world.append(log, &[b"a", b"b"]).await;
                let answer = ask(&worker, &spec, Some(last), "").await.unwrap();
                assert!(answer.sequence >= last);
                // The state is the one that the answer names.
                assert_eq!(answer.bytes[..8], answer.sequence.get().to_le_bytes());
            }
        });
    }
    while let Some(outcome) = readers.join_next().await {
        outcome.unwrap();
    }
    assert_eq!(text_count(&worker, &spec).await, 800);
    worker.shutdown().await;
}

async fn text_count(worker: &Worker, spec: &Arc<VersionSpec>) -> u64 {
    ask(worker, spec, Some(sequence(800)), "")
        .await
        .unwrap()
        .sequence
        .get()
}

#[tokio::test(flavor = "multi_thread")]
async fn invariant_5_a_query_beyond_the_head_is_behind_and_not_answered() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    world.append(log, &[b"a"]).await;
    let late = QueryRequest {
        timeout: Duration::from_millis(200),
        ..request(&spec, Some(sequence(3)))
    };
    let error = worker.query(late).await.unwrap_err();
    let QueryError::Behind { wanted, applied } = error else {
        panic!("{error:?}");
    };
    assert_eq!((wanted.get(), applied.get()), (3, 1));
    // One that waits long enough is answered as soon as the event is there.
    let waiting = request(&spec, Some(sequence(3)));
    let (answer, _) = tokio::join!(worker.query(waiting), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.append(log, &[b"b", b"c"]).await
    });
    assert_eq!(answer.unwrap().sequence.get(), 3);
    worker.shutdown().await;
}

/// Its timeout is for the state. It is answered after a query of another view that has the only permit.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_with_a_timeout_of_zero_is_answered_from_a_state_that_is_there() {
    let world = World::new().await;
    let mut options = WorkerOptions::default();
    options.machine.query_cpu = Duration::from_millis(200);
    options.pool.running_per_tenant_max = 1;
    let worker = world.worker(options);
    let (log, other) = (world.log("log").await, world.log("other").await);
    let spec = world.deploy(&worker, log, &tally()).await;
    let busy = world.deploy(&worker, other, &tally()).await;
    world.append(log, &[b"a"]).await;
    ask(&worker, &spec, Some(sequence(1)), "").await.unwrap();
    let hasty = QueryRequest {
        timeout: Duration::ZERO,
        ..request(&spec, Some(sequence(1)))
    };
    let (endless, answer) = tokio::join!(ask(&worker, &busy, None, "loop"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        worker.query(hasty).await
    });
    assert_eq!(answer.unwrap().sequence.get(), 1);
    assert!(endless.is_err());
    worker.shutdown().await;
}

/// Random events in random batches, with a reload, a snapshot or a restart after any of them: at
/// every sequence the answer is the same function of the events, however the state was made.
#[test]
fn invariant_6_answers_are_the_same_hot_cold_from_snapshots_and_after_restarts() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let step = (
        prop::collection::vec(prop::collection::vec(b'a'..b'w', 0..4), 1..40),
        0u8..4,
    );
    let steps = prop::collection::vec(step, 1..6);
    let mut runner = TestRunner::new(Config {
        cases: 5,
        failure_persistence: None,
        ..Config::default()
    });
    let world = runtime.block_on(World::new());
    let world = &world;
    let counter = std::cell::RefCell::new(0);
    runner
        .run(&steps, |steps| {
            *counter.borrow_mut() += 1;
            let name = format!("log-{}", counter.borrow());
            runtime.block_on(check(world, &name, steps));
            Ok(())
        })
        .unwrap();
}

/// Snapshots are taken as often as there is a reason.
fn eager() -> WorkerOptions {
    let mut options = WorkerOptions::default();
    options.snapshots.after_events = 5;
    options.snapshots.at_eviction_events = 0;
    options.snapshots.keep = 100;
    options
}

async fn check(world: &World, name: &str, steps: Vec<(Vec<Vec<u8>>, u8)>) {
    let mut worker = world.worker(eager());
    let log = world.log(name).await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let mut events: Vec<Vec<u8>> = Vec::new();
    for (batch, what) in steps {
        let slices: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
        let last = world.append(log, &slices).await;
        events.extend(batch);
        match what {
            0 => worker.evict(vec![spec.version]).await,
            1 => {
                worker.shutdown().await;
                worker = world.worker(eager());
            }
            _ => {}
        }
        expect(&worker, &spec, last, &events).await;
    }
    worker.shutdown().await;
    // From every snapshot that there is: each time without the newest one.
    let infos = world.catalog.snapshots(spec.version).await.unwrap();
    for newest in infos.iter().rev() {
        let worker = world.worker(WorkerOptions::default());
        expect(&worker, &spec, sequence(events.len() as u64), &events).await;
        worker.shutdown().await;
        let forgotten = world.catalog.forget_snapshot(spec.version, newest.sequence);
        forgotten.await.unwrap();
    }
    let worker = world.worker(WorkerOptions::default());
    expect(&worker, &spec, sequence(events.len() as u64), &events).await;
    worker.shutdown().await;
}

async fn expect(worker: &Worker, spec: &Arc<VersionSpec>, last: Sequence, events: &[Vec<u8>]) {
    let answer = ask(worker, spec, Some(last), "").await.unwrap();
    assert_eq!(answer.sequence, last);
    assert_eq!(answer.bytes, tallied(events));
}
