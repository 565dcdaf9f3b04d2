//! Snapshots: what is saved, when it is trusted, and what happens to damaged ones.

use std::sync::Arc;

use bytes::Bytes;
use protocol::view::VersionSpec;
use storage::bus::ViewService;
use storage::objects::ObjectKey;
use worker::{Worker, WorkerOptions};

use super::world::{World, ask, tallied, tally, tally_with};

fn eager(events: u64) -> WorkerOptions {
    let mut options = WorkerOptions::default();
    options.snapshots.after_events = u64::MAX;
    options.snapshots.after_cpu = std::time::Duration::MAX;
    options.snapshots.at_eviction_events = events;
    options
}

async fn fill(world: &World, worker: &Worker, spec: &Arc<VersionSpec>, count: usize) -> Vec<u8> {
    let events: Vec<Vec<u8>> = (0..count)
        .map(|n| vec![b'a' + u8::try_from(n % 20).unwrap()])
        .collect();
    let slices: Vec<&[u8]> = events.iter().map(Vec::as_slice).collect();
    let last = world.append(spec.log, &slices).await;
    let answer = ask(worker, spec, Some(last), "").await.unwrap();
    answer.bytes.to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_saves_and_the_next_worker_continues_from_there() {
    let world = World::new().await;
    let worker = world.worker(eager(10));
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let before = fill(&world, &worker, &spec, 100).await;
    worker.shutdown().await;
    let snapshots = world.catalog.snapshots(spec.version).await.unwrap();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].sequence.get(), 100);
    let worker = world.worker(eager(10));
    let status = worker.status(Arc::clone(&spec)).await;
    assert_eq!(status.applied.map(protocol::Sequence::get), Some(100));
    let after = ask(&worker, &spec, None, "").await.unwrap();
    assert_eq!((after.sequence.get(), after.bytes.to_vec()), (100, before));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_snapshot_is_skipped_and_never_an_error_to_a_reader() {
    let world = World::new().await;
    let log = world.log("log").await;
    let worker = world.worker(eager(10));
    let spec = world.deploy(&worker, log, &tally()).await;
    fill(&world, &worker, &spec, 100).await;
    worker.shutdown().await;
    let worker = world.worker(eager(10));
    let before = fill(&world, &worker, &spec, 50).await;
    worker.shutdown().await;
    let snapshots = world.catalog.snapshots(spec.version).await.unwrap();
    let sequences: Vec<u64> = snapshots.iter().map(|it| it.sequence.get()).collect();
    assert_eq!(sequences, [100, 150]);
    // The newest is cut off, the older one is gone altogether.
    for (info, damage) in snapshots.iter().zip([None, Some(b"PSNP\x01".as_slice())]) {
        let key = ObjectKey::snapshot(spec.version, info.sequence);
        world.objects.delete(&key).await.unwrap();
        if let Some(bytes) = damage {
            let bytes = Bytes::from_static(bytes);
            world.objects.put_if_absent(&key, bytes).await.unwrap();
        }
    }
    let worker = world.worker(eager(10));
    let after = ask(&worker, &spec, None, "").await.unwrap();
    assert_eq!((after.sequence.get(), after.bytes.to_vec()), (150, before));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_survive_its_snapshot_works_without() {
    let world = World::new().await;
    let worker = world.worker(eager(0));
    let log = world.log("log").await;
    // It restores the count and forgets the hash.
    let spec = world.upload(&worker, log, &tally_with("nop")).await;
    world
        .append(log, &[b"a".as_slice(), b"b", b"c", b"d"])
        .await;
    worker.build(Arc::clone(&spec)).await.unwrap();
    world.activate(&spec).await;
    let off = worker.status(Arc::clone(&spec)).await.snapshots_off;
    assert!(off.unwrap().contains("not equal"));
    worker.shutdown().await;
    assert!(
        world
            .catalog
            .snapshots(spec.version)
            .await
            .unwrap()
            .is_empty()
    );
    let worker = world.worker(eager(0));
    let events = [b"a", b"b", b"c", b"d"].map(|event| event.to_vec());
    let answer = ask(&worker, &spec, None, "").await.unwrap();
    assert_eq!(answer.bytes, tallied(&events));
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_view_is_saved_while_it_is_hot_and_old_snapshots_go() {
    let world = World::new().await;
    let mut options = eager(u64::MAX);
    options.snapshots.after_events = 10;
    options.snapshots.keep = 2;
    let worker = world.worker(options);
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    let mut seen = 0;
    for _ in 0..60 {
        fill(&world, &worker, &spec, 20).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let snapshots = world.catalog.snapshots(spec.version).await.unwrap();
        seen = seen.max(snapshots.last().map_or(0, |it| it.sequence.get()));
        assert!(snapshots.len() <= 3, "{snapshots:?}");
        if seen > 100 {
            break;
        }
    }
    assert!(seen > 100, "the newest snapshot is at {seen}");
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compute_time_is_counted_for_the_version() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    fill(&world, &worker, &spec, 50_000).await;
    let pending = worker.status(Arc::clone(&spec)).await.compute_us;
    assert!(pending > 0);
    worker.shutdown().await;
    assert!(world.catalog.compute_us(spec.version).await.unwrap() >= pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_artifact_is_compiled_again() {
    let world = World::new().await;
    let worker = world.worker(WorkerOptions::default());
    let log = world.log("log").await;
    let spec = world.deploy(&worker, log, &tally()).await;
    worker.shutdown().await;
    let digest = worker::compile::artifact_digest(spec.component);
    let key = ObjectKey::artifact(digest);
    let mut artifact = world.objects.get(&key).await.unwrap().to_vec();
    let middle = artifact.len() / 2;
    artifact[middle] ^= 1;
    world.objects.delete(&key).await.unwrap();
    let damaged = Bytes::from(artifact.clone());
    world.objects.put_if_absent(&key, damaged).await.unwrap();
    let worker = world.worker(WorkerOptions::default());
    assert_eq!(
        ask(&worker, &spec, None, "").await.unwrap().bytes,
        tallied(&[])
    );
    assert_ne!(world.objects.get(&key).await.unwrap(), artifact);
    worker.shutdown().await;
}
