//! Events that a version can't fold, and queries that it does not survive.

use std::sync::Arc;

use protocol::view::VersionSpec;
use storage::bus::{BuildOutcome, QueryError, ViewService};
use worker::{Worker, WorkerOptions};

use super::world::{World, ask, sequence, tallied, tally, text};

/// Waits until the catalog knows that the version halted.
async fn halted(world: &World, spec: &VersionSpec) -> Arc<VersionSpec> {
    for _ in 0..200 {
        let read = world.reread(spec).await;
        if read.halted.is_some() {
            return read;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the halt was not written down");
}

async fn halt_of(worker: &Worker, spec: &Arc<VersionSpec>, after: u64) -> u64 {
    let error = ask(worker, spec, Some(sequence(after)), "")
        .await
        .unwrap_err();
    let QueryError::Halted(halt) = error else {
        panic!("{error:?}");
    };
    halt.sequence.get()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_halts_at_the_exact_event_and_serves_the_state_before_it() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    // In the middle of one batch, so that the call into the component that traps holds many.
    let mut events: Vec<Vec<u8>> = (0..700u32).map(|n| vec![b'a' + (n % 20) as u8]).collect();
    events[437] = b"x".to_vec();
    let slices: Vec<&[u8]> = events.iter().map(Vec::as_slice).collect();
    world.append(log, &slices).await;
    assert_eq!(halt_of(&worker, &spec, 700).await, 438);
    assert_eq!(halt_of(&worker, &spec, 438).await, 438);
    let before = ask(&worker, &spec, Some(sequence(437)), "").await.unwrap();
    assert_eq!(before.sequence.get(), 437);
    assert_eq!(before.bytes, tallied(&events[..437]));
    let without = ask(&worker, &spec, None, "").await.unwrap();
    assert_eq!(without.sequence.get(), 437);
    let status = worker.status(Arc::clone(&spec)).await;
    assert_eq!(status.halted.unwrap().sequence.get(), 438);
    // After a restart, the version is loaded to the event before and does not try again.
    let read = halted(&world, &spec).await;
    worker.shutdown().await;
    let worker = world.worker(WorkerOptions::default());
    assert_eq!(halt_of(&worker, &read, 500).await, 438);
    let again = ask(&worker, &read, None, "").await.unwrap();
    assert_eq!((again.sequence.get(), again.bytes), (437, before.bytes));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_resumes_where_the_old_one_halted() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, example_views::counter()).await;
    world
        .append(log, &[br#"{"inc":1}"#, b"x", br#"{"inc":2}"#])
        .await;
    assert_eq!(halt_of(&worker, &spec, 3).await, 2);
    assert_eq!(
        text(&worker, &spec, None).await,
        (1, r#"{"value":1}"#.into())
    );
    // The counter can't be built over the event; one that skips it can.
    let same = world.upload(&worker, log, example_views::counter()).await;
    let outcome = worker.build(Arc::clone(&same)).await.unwrap();
    let BuildOutcome::Failed(halt) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(halt.sequence.get(), 2);
    let fixed = tally_that_folds_everything();
    let fixed = world.deploy(&worker, log, &fixed).await;
    let answer = ask(&worker, &fixed, Some(sequence(3)), "").await.unwrap();
    assert_eq!(answer.sequence.get(), 3);
    worker.shutdown().await;
}

fn tally_that_folds_everything() -> Vec<u8> {
    super::world::tally_with_first_trap("(i32.const 300)")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_traps_fails_alone() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let last = world.append(log, &[b"a", b"b"]).await;
    for _ in 0..2 {
        let error = ask(&worker, &spec, Some(last), "trap").await.unwrap_err();
        assert!(matches!(error, QueryError::Failed { .. }), "{error:?}");
        let answer = ask(&worker, &spec, Some(last), "").await.unwrap();
        assert_eq!(answer.bytes, tallied(&[b"a".to_vec(), b"b".to_vec()]));
    }
    assert!(worker.status(spec).await.halted.is_none());
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_whose_queries_always_trap_is_loaded_only_a_few_times_in_a_second() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions {
        reloads_per_second: 2,
        ..WorkerOptions::default()
    });
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let mut refused = 0;
    for _ in 0..20 {
        match ask(&worker, &spec, None, "trap").await.unwrap_err() {
            QueryError::Failed { .. } => {}
            QueryError::Overloaded(_) => refused += 1,
            error => panic!("{error:?}"),
        }
    }
    assert!(refused >= 10, "{refused} queries were refused");
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_end_is_interrupted_and_the_next_one_works() {
    let world = World::new().await;
    let mut options = WorkerOptions::default();
    options.machine.query_cpu = std::time::Duration::from_millis(100);
    let worker = world.worker(options);
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let error = ask(&worker, &spec, None, "loop").await.unwrap_err();
    assert!(matches!(error, QueryError::Failed { .. }), "{error:?}");
    assert_eq!(
        ask(&worker, &spec, None, "").await.unwrap().bytes,
        tallied(&[])
    );
    worker.shutdown().await;
}
