//! Deleting a log takes its bytes out of the archive.

use std::sync::Arc;
use std::time::Duration;

use archiver::restore::{RestoreParts, restore};
use archiver::{Archiver, ArchiverOptions, ArchiverParts};
use catalog::clock::{SharedClock, SystemClock};
use catalog::{Catalog, DeletionStep, Retention};
use protocol::{LogId, Sequence};
use storage::history::History;
use storage::objects::{ObjectKey, ObjectStore as _};

use crate::setup::{Setup, eager, open, until};

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

/// Where the blocks of a deleted log were stands in no backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_that_is_under_way_goes_on_after_a_restore() {
    let setup = Setup::new().await;
    let kept = setup.log("kept", Retention::KeepHot).await;
    let gone = setup.log("gone", Retention::KeepHot).await;
    for sequence in 1..=30 {
        setup.append(kept, sequence, sequence).await;
        setup.append(gone, sequence, sequence).await;
    }
    let options = || ArchiverOptions {
        backup: Duration::from_millis(100),
        backups_kept: 1,
        record_within: Duration::from_millis(100),
        ..eager()
    };
    let archiver = setup.archiver_with(ArchiverOptions {
        erase: Duration::from_secs(3_600),
        ..options()
    });
    until("both are archived", async || {
        setup.archived(kept).await == 30 && setup.archived(gone).await == 30
    })
    .await;
    let catalog = &setup.catalog;
    let deletion = catalog
        .delete_log(&setup.access, setup.context(), gone)
        .await
        .unwrap();
    setup.event_log.delete(gone).await.unwrap();
    catalog.finish_removal(&deletion).await.unwrap();
    let jobs = catalog.removed_deletions(9).await.unwrap();
    catalog
        .advance_deletions(&jobs, DeletionStep::Bytes, DeletionStep::Archive)
        .await
        .unwrap();
    let deleted = uuid::Uuid::now_v7();
    until("a backup was made since", async || {
        let backups = setup.objects.list(ObjectKey::BACKUPS, None, 1_000).await;
        let backups = backups.unwrap();
        let manifest = backups
            .iter()
            .rfind(|it| it.key.as_str().ends_with("manifest"));
        manifest.and_then(|it| it.key.as_backup()) > Some(deleted)
    })
    .await;
    archiver.shutdown().await;

    let directory = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(SystemClock);
    let catalog = Catalog::open_sqlite(&directory.path().join("catalog.db"), Arc::clone(&clock))
        .await
        .unwrap();
    let parts = RestoreParts {
        event_log: open(&directory.path().join("events.db")),
        objects: Arc::clone(&setup.objects) as _,
        catalog: catalog.clone(),
        clock: Arc::clone(&clock),
        key_window: Duration::ZERO,
        take_over: true,
    };
    let report = restore(&parts, None, &|_| {}).await.unwrap();
    assert_eq!((report.logs, report.events), (1, 30));
    assert!(is_archived(&setup, gone).await, "there is nothing to erase");
    let archiver = Archiver::start(ArchiverParts {
        id: uuid::Uuid::now_v7(),
        event_log: Arc::clone(&parts.event_log),
        objects: Arc::clone(&parts.objects),
        catalog: catalog.clone(),
        clock,
        options: options(),
    });
    until("it is done", async || {
        let job = catalog.deletion(&setup.access, deletion.id).await;
        job.unwrap().unwrap().step == DeletionStep::Done
    })
    .await;
    assert!(!is_archived(&setup, gone).await);
    let history = History::new(parts.event_log, catalog, parts.objects);
    let read = history.read(kept, Sequence::FIRST, usize::MAX).await;
    assert_eq!(read.unwrap()[0].first(), Sequence::FIRST);
    archiver.shutdown().await;
}

/// Whether a segment has a block of a log.
async fn is_archived(setup: &Setup, log: LogId) -> bool {
    for object in setup.segments().await {
        // It may be gone by now.
        if let Ok(bytes) = setup.objects.get(&object.key).await {
            let index = protocol::segment::verify(&bytes).unwrap();
            if index.iter().any(|entry| entry.log == log) {
                return true;
            }
        }
    }
    false
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
