//! Archiving, trimming and merging change where events are, and nothing that a reader sees.

use std::time::Duration;

use archiver::ArchiverOptions;
use catalog::{LogChanges, Retention};
use protocol::{Sequence, Timestamp};
use storage::event_log::appender::{AppendRequest, Payload};
use storage::history::tail::Tail;

use crate::setup::{Setup, eager, event, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archived_and_trimmed_events_are_read_as_before() {
    let setup = Setup::new().await;
    let archived = setup.log("archived", Retention::Archive).await;
    let hot = setup.log("hot", Retention::KeepHot).await;
    setup.append(archived, 1, 75).await;
    setup.append(hot, 1, 30).await;
    let archiver = setup.archiver();
    until("both are archived", async || {
        setup.archived(archived).await == 75 && setup.archived(hot).await == 30
    })
    .await;
    until("one is trimmed", async || {
        setup.hot_events(archived, 75).await == 1
    })
    .await;
    // The newest frame stays, or sequences could be used again; a log that is kept hot stays whole.
    assert_eq!(setup.hot_events(hot, 30).await, 30);
    setup.check(archived, 75).await;
    setup.check(hot, 30).await;
    setup.append(archived, 76, 90).await;
    setup.check(archived, 90).await;
    archiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_nothing_of_merging() {
    let setup = Setup::new().await;
    let log = setup.log("merged", Retention::Archive).await;
    let archiver = setup.archiver_with(ArchiverOptions {
        segment_events: 1,
        ..eager()
    });
    for round in 0..12 {
        setup.append(log, round * 10 + 1, round * 10 + 10).await;
        setup.check(log, round * 10 + 10).await;
    }
    until("few blocks are left on each level", async || {
        let blocks = setup
            .catalog
            .archived_blocks(log, Sequence::FIRST, 1_000)
            .await
            .unwrap();
        setup.archived(log).await == 120
            && (0..4).all(|level| blocks.iter().filter(|it| it.level == level).count() < 4)
            && blocks.iter().any(|block| block.level > 0)
    })
    .await;
    setup.check(log, 120).await;
    until("waste is removed", async || {
        let status = setup.catalog.archive_status().await.unwrap();
        status.retired == 0 && setup.segments().await.len() as u64 == status.segments
    })
    .await;
    setup.check(log, 120).await;
    // Up to any time, the spans are some of those of all time, and no guess across others.
    let history = setup.history();
    let (begin, end) = (Timestamp(0), Timestamp(u64::MAX));
    let all = history.spans(log, begin, end).await.unwrap();
    for span in &all {
        let found = history.spans(log, begin, span.first_at).await.unwrap();
        assert!(all.starts_with(&found));
    }
    archiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_goes_from_the_archive_to_live_events_without_a_gap() {
    let setup = Setup::new().await;
    let log = setup.log("tailed", Retention::Archive).await;
    setup.append(log, 1, 60).await;
    let archiver = setup.archiver();
    until("it is trimmed", async || {
        setup.hot_events(log, 60).await == 1
    })
    .await;
    let mut tail = Tail::new(&setup.history(), log, Sequence::FIRST);
    let mut next = 1;
    while next <= 100 {
        if next == 61 {
            setup.append(log, 61, 100).await;
        }
        let run = tail.next().await.unwrap();
        for found in run.events() {
            assert_eq!(found.sequence.get(), next);
            assert_eq!(found.bytes, event(log, next));
            next += 1;
        }
    }
    archiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_trimmed_before_its_time() {
    let setup = Setup::new().await;
    let log = setup.log("young", Retention::Archive).await;
    setup.append(log, 1, 40).await;
    let archiver = setup.archiver_with(ArchiverOptions {
        hot: Duration::from_secs(3_600),
        ..eager()
    });
    until("it is archived", async || setup.archived(log).await == 40).await;
    // The keys of events that are kept for them are still found.
    let again = AppendRequest {
        payload: Payload::Event(event(log, 39).into()),
        key: Some(protocol::frame::KeyDigest::of("key-39")),
        expected: None,
    };
    let replayed = setup.appender.append(log, again).await.unwrap();
    assert!(replayed.replayed);
    assert_eq!(replayed.first.get(), 39);
    assert_eq!(setup.hot_events(log, 40).await, 40);
    archiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_retention_reaches_what_is_archived_already() {
    let setup = Setup::new().await;
    let log = setup.log("changed", Retention::KeepHot).await;
    setup.append(log, 1, 40).await;
    let archiver = setup.archiver();
    until("it is archived", async || setup.archived(log).await == 40).await;
    assert_eq!(setup.hot_events(log, 40).await, 40);
    let changes = LogChanges {
        description: None,
        retention: Some(Retention::Archive),
    };
    setup
        .catalog
        .update_log(&setup.access, setup.context(), log, changes)
        .await
        .unwrap();
    until("it is trimmed", async || {
        setup.hot_events(log, 40).await == 1
    })
    .await;
    setup.check(log, 40).await;
    archiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_log_is_archived_in_large_blocks() {
    let setup = Setup::new().await;
    let log = setup.log("large", Retention::Archive).await;
    for _ in 0..10 {
        let mut packed = Vec::new();
        for _ in 0..1_000 {
            let random: [u8; 16] = rand::random();
            protocol::packed::push(&mut packed, &random.repeat(64));
        }
        let batch = AppendRequest {
            payload: Payload::Batch {
                packed: packed.into(),
                count: 1_000,
            },
            key: None,
            expected: None,
        };
        setup.appender.append(log, batch).await.unwrap();
    }
    let archiver = setup.archiver();
    until("it is trimmed", async || {
        setup.hot_events(log, 10_000).await == 1_000
    })
    .await;
    let history = setup.history();
    let mut next = Sequence::FIRST;
    while next.get() <= 10_000 {
        let runs = history.read(log, next, 1 << 20).await.unwrap();
        assert_eq!(runs[0].first(), next);
        next = runs.last().unwrap().last().next();
    }
    let blocks = setup
        .catalog
        .archived_blocks(log, Sequence::FIRST, 100)
        .await
        .unwrap();
    assert!(blocks.len() <= 3, "{} blocks of 10 MB", blocks.len());
    archiver.shutdown().await;
}
