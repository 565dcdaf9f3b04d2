//! Deleting a log takes its bytes out of the archive.

use storage::catalog::Retention;
use storage::objects::{ObjectKey, ObjectStore as _};

use crate::setup::{Setup, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_log_leaves_the_archive_and_its_neighbours_stay() {
    let setup = Setup::new().await;
    let kept = setup.log("kept", Retention::Archive).await;
    let deleted = setup.log("deleted", Retention::Archive).await;
    for sequence in 1..=30 {
        setup.append(kept, sequence, sequence).await;
        setup.append(deleted, sequence, sequence).await;
    }
    let archiver = setup.archiver();
    until("both are trimmed", async || {
        setup.hot_events(kept, 30).await == 1 && setup.hot_events(deleted, 30).await == 1
    })
    .await;
    setup
        .catalog
        .delete_log(&setup.access, setup.context(), deleted)
        .await
        .unwrap();
    let rows = setup
        .catalog
        .archived_blocks(deleted, protocol::Sequence::FIRST, 10)
        .await
        .unwrap();
    assert!(rows.is_empty(), "its rows go at once");
    setup.event_log.delete(deleted).await.unwrap();
    until("no object holds a byte of it", async || {
        for object in setup.segments().await {
            let Ok(bytes) = setup.objects.get(&object.key).await else {
                return false;
            };
            let index = protocol::segment::verify(&bytes).unwrap();
            if index.iter().any(|entry| entry.log == deleted) {
                return false;
            }
        }
        true
    })
    .await;
    setup.check(kept, 30).await;
    archiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_log_that_is_gone_are_not_archived() {
    let setup = Setup::new().await;
    let gone = setup.log("gone", Retention::KeepHot).await;
    setup.append(gone, 1, 10).await;
    setup
        .catalog
        .delete_log(&setup.access, setup.context(), gone)
        .await
        .unwrap();
    let there = setup.log("there", Retention::KeepHot).await;
    setup.append(there, 1, 10).await;
    let archiver = setup.archiver();
    until("the other one is archived", async || {
        setup.archived(there).await == 10
    })
    .await;
    for object in setup.segments().await {
        let bytes = setup.objects.get(&object.key).await.unwrap();
        let index = protocol::segment::verify(&bytes).unwrap();
        assert!(index.iter().all(|entry| entry.log == there));
    }
    archiver.shutdown().await;
}

/// A segment that an archiver uploaded and did not come to record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_that_nobody_recorded_is_removed_once_it_is_old() {
    let setup = Setup::new().await;
    let day_ago = uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, 0);
    let old = ObjectKey::segment(protocol::SegmentId(uuid::Uuid::new_v7(day_ago)));
    let young = ObjectKey::segment(protocol::SegmentId::generate());
    for key in [&old, &young] {
        let bytes = bytes::Bytes::from_static(b"waste");
        setup.objects.put_if_absent(key, bytes).await.unwrap();
    }
    let archiver = setup.archiver();
    until("the old one is gone", async || {
        setup.objects.get(&old).await.is_err()
    })
    .await;
    // An archiver may be about to record the young one.
    assert!(setup.objects.get(&young).await.is_ok());
    archiver.shutdown().await;
}
