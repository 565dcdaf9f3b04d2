//! One archiver at a time works on a shard, and one catalog's archivers on an object store.

use std::time::Duration;

use archiver::ArchiverOptions;
use catalog::Retention;
use catalog::archive::{ArchiveError, NewSegment};
use protocol::Position;
use uuid::Uuid;

use crate::setup::{Setup, eager, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_archiver_goes_on_where_one_ended() {
    let setup = Setup::new().await;
    let log = setup.log("log", Retention::Archive).await;
    let first = setup.archiver();
    let second = setup.archiver();
    for round in 0..4u64 {
        setup.append(log, round * 20 + 1, round * 20 + 20).await;
    }
    until("it is archived", async || setup.archived(log).await == 80).await;
    first.shutdown().await;
    setup.append(log, 81, 100).await;
    until("the rest is archived", async || {
        setup.archived(log).await == 100
    })
    .await;
    setup.check(log, 100).await;
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_is_taken_over_when_its_holder_says_nothing() {
    let setup = Setup::new().await;
    let lost = Uuid::now_v7();
    let lease = Duration::from_millis(300);
    let held = setup.catalog.claim_shard(0, lost, lease).await.unwrap();
    let held = held.unwrap();
    let log = setup.log("log", Retention::KeepHot).await;
    setup.append(log, 1, 20).await;
    let archiver = setup.archiver_with(ArchiverOptions { lease, ..eager() });
    until("it is archived", async || setup.archived(log).await == 20).await;
    // The old holder wakes up, and finds that it may not record anything.
    let nothing = NewSegment {
        id: protocol::SegmentId::generate(),
        bytes: 0,
        blocks: Vec::new(),
    };
    let late = setup
        .catalog
        .record_segment(held, Some(nothing), &[], Position(1))
        .await;
    assert!(matches!(late, Err(ArchiveError::LeaseLost)), "{late:?}");
    let renewed = setup
        .catalog
        .renew_shard(held, lease, Position(1), None)
        .await
        .unwrap();
    assert!(!renewed);
    archiver.shutdown().await;
}

/// Two clusters on one object store would take each other's segments for waste.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_of_another_catalog_is_left_alone() {
    let setup = Setup::new().await;
    let log = setup.log("log", Retention::Archive).await;
    setup.append(log, 1, 30).await;
    let archiver = setup.archiver();
    until("it is trimmed", async || {
        setup.hot_events(log, 30).await == 1
    })
    .await;
    archiver.shutdown().await;
    let segments = setup.segments().await;

    let other = Setup::on(std::sync::Arc::clone(&setup.objects)).await;
    let theirs = other.log("log", Retention::Archive).await;
    other.append(theirs, 1, 30).await;
    let archiver = other.archiver();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(other.archived(theirs).await, 0);
    assert_eq!(setup.segments().await, segments);
    setup.check(log, 30).await;
    archiver.shutdown().await;
}
