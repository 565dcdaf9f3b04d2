//! Cold and hot: sharing loads, eviction, restarts.

use std::sync::Arc;
use std::time::Duration;

use protocol::Sequence;
use storage::bus::{QueryError, ViewService};
use worker::WorkerOptions;

use super::world::{World, ask, request, sequence, tallied, tally};

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_queries_of_a_cold_view_share_one_load() {
    let recorder = Loads::default();
    let loads = Arc::clone(&recorder.0);
    // Only this worker sees the recorder: it keeps the handles that it gets when it is made.
    let world = World::new().await;
    let answered = {
        let worker =
            metrics::with_local_recorder(&recorder, || world.worker(WorkerOptions::default()));
        let worker = Arc::new(worker);
        let log = world.log("log").await;
        let spec = world.upload(&worker, log, &tally()).await;
        let last = world.append(log, &vec![b"a".as_slice(); 5_000]).await;
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (worker, spec) = (Arc::clone(&worker), Arc::clone(&spec));
            readers.spawn(async move { ask(&worker, &spec, Some(last), "").await });
        }
        let mut answered = 0;
        while let Some(answer) = readers.join_next().await {
            assert_eq!(answer.unwrap().unwrap().sequence, last);
            answered += 1;
        }
        worker.shutdown().await;
        answered
    };
    assert_eq!(answered, 50);
    assert_eq!(loads.load(std::sync::atomic::Ordering::SeqCst), 1);
}

/// Counts the increments of `views_loads`.
#[derive(Default)]
struct Loads(Arc<std::sync::atomic::AtomicU64>);

impl metrics::Recorder for Loads {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        if key.name() == "views_loads" {
            metrics::Counter::from_arc(Arc::clone(&self.0))
        } else {
            metrics::Counter::noop()
        }
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_view_is_dropped_from_memory_and_loaded_again() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions {
        idle: Duration::from_millis(300),
        ..WorkerOptions::default()
    });
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let last = world.append(log, &[b"a", b"b"]).await;
    ask(&worker, &spec, Some(last), "").await.unwrap();
    assert!(worker.status(Arc::clone(&spec)).await.hot);
    let mut cold = false;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Looking at the status does not keep the view in memory.
        if !worker.status(Arc::clone(&spec)).await.hot {
            cold = true;
            break;
        }
    }
    assert!(cold, "the view is still in memory");
    let answer = ask(&worker, &spec, Some(last), "").await.unwrap();
    assert_eq!(answer.bytes, tallied(&[b"a".to_vec(), b"b".to_vec()]));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_views_than_fit_into_memory_are_all_answered() {
    let world = World::new().await;
    let worker = Arc::new(world.worker(WorkerOptions {
        instances_max: 3,
        ..WorkerOptions::default()
    }));
    let component = tally();
    let mut views = Vec::new();
    for number in 1..=8u64 {
        let log = world.log(&format!("log-{number}")).await;
        let spec = world.deploy(&worker, log, &component).await;
        world
            .append(
                log,
                &vec![b"a".as_slice(); usize::try_from(number).unwrap()],
            )
            .await;
        views.push((spec, number));
    }
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (worker, views) = (Arc::clone(&worker), views.clone());
        readers.spawn(async move {
            for (spec, number) in views {
                let answer = ask(&worker, &spec, Some(sequence(number)), "")
                    .await
                    .unwrap();
                assert_eq!(answer.sequence.get(), number);
            }
        });
    }
    while let Some(outcome) = readers.join_next().await {
        outcome.unwrap();
    }
    let mut hot = usize::MAX;
    for _ in 0..100 {
        hot = 0;
        for (spec, _) in &views {
            hot += usize::from(worker.status(Arc::clone(spec)).await.hot);
        }
        if hot <= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(hot <= 3, "{hot} views are in memory");
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_leaves_the_load_going() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.upload(&worker, log, &tally()).await;
    let last = world.append(log, &vec![b"a".as_slice(); 50_000]).await;
    for _ in 0..20 {
        let hasty = worker.query(request(&spec, Some(last)));
        let _ = tokio::time::timeout(Duration::from_micros(300), hasty).await;
    }
    let answer = ask(&worker, &spec, Some(last), "").await.unwrap();
    assert_eq!(answer.sequence, last);
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_version_is_dropped_and_a_stopped_worker_refuses() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    worker.evict(vec![spec.version]).await;
    let mut hot = true;
    for _ in 0..100 {
        hot = worker.status(Arc::clone(&spec)).await.hot;
        if !hot {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!hot);
    worker.shutdown().await;
    assert!(worker.health().await.is_err());
    let error = ask(&worker, &spec, Some(Sequence::ZERO), "")
        .await
        .unwrap_err();
    assert!(matches!(error, QueryError::Unavailable(_)), "{error:?}");
}
