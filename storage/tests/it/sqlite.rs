//! The SQLite event log: the conformance suite, and what is its own.

use protocol::frame::{FrameBuilder, Head};
use protocol::{Frame, LogId, Position, Sequence, Timestamp};
use storage::event_log::sqlite::{OpenError, SqliteEventLog};
use storage::event_log::{EventLog as _, PublishError};

use crate::conformance::event_log as conformance;
use crate::fixture::{checked_frames, open, path_in, shared};

macro_rules! conforms {
    ($($check:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            let directory = tempfile::tempdir().unwrap();
            let event_log = open(&path_in(&directory));
            conformance::$check(shared(&event_log)).await.unwrap();
            event_log.close().await;
        }
    )*};
}

conforms!(
    a_deleted_log_stays_deleted,
    a_frame_of_ten_megabytes_is_stored,
    a_subscriber_hears_of_every_frame,
    a_wrong_expectation_is_a_conflict,
    an_empty_log_has_no_frames,
    many_publishers_of_many_logs_are_independent,
    many_publishers_of_one_log_never_overwrite,
    reads_are_bounded_and_gapless,
    frames_are_found_by_their_time,
    reads_go_back,
    tails_have_no_gap,
    trimming_keeps_the_newest_frame,
    shards_hold_every_frame_in_order,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_survive_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let event_log = open(&path);
    let reopen = async || {
        event_log.close().await;
        shared(&open(&path))
    };
    conformance::frames_survive_reopening(shared(&event_log), reopen)
        .await
        .unwrap();
}

fn frame(log: LogId, head: Head, bytes: usize) -> Frame {
    let mut builder = FrameBuilder::new(log, head, Timestamp(1), rand::random());
    builder.push([vec![7; bytes].as_slice()], None).unwrap();
    builder.finish().unwrap()
}

#[tokio::test]
async fn a_second_process_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let event_log = open(&path);
    let refused = SqliteEventLog::open(&path, None).err().unwrap();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("in use by another process"));
    event_log.close().await;
    open(&path).close().await;
}

#[tokio::test]
async fn a_file_of_a_newer_format_or_another_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    open(&path).close().await;
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let refused = SqliteEventLog::open(&path, None).err().unwrap();
    assert!(
        matches!(refused, OpenError::Newer { found: 99, .. }),
        "{refused}"
    );

    let other = directory.path().join("other.sqlite");
    let file = rusqlite::Connection::open(&other).unwrap();
    file.execute_batch("CREATE TABLE other (id INTEGER)")
        .unwrap();
    drop(file);
    let refused = SqliteEventLog::open(&other, None).err().unwrap();
    assert!(
        matches!(refused, OpenError::NotAnEventLog { .. }),
        "{refused}"
    );
}

/// A full disk refuses what does not fit, keeps what was acknowledged, and works again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_file_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let event_log = SqliteEventLog::open(&path_in(&directory), Some(4 << 20)).unwrap();
    let (log, other) = (LogId::generate(), LogId::generate());
    let (mut head, mut position, mut stored) = (Head::origin(log), Position::START, 0);
    let full = loop {
        let frame = frame(log, head, 300_000);
        match event_log.publish(frame.clone(), position).await {
            Ok(next) => (head, position, stored) = (frame.head(), next, stored + 1),
            Err(error) => break error,
        }
        assert!(stored < 20, "4 MiB hold 20 frames of 300 kB");
    };
    assert!(matches!(full, PublishError::Full), "{full}");
    assert!(stored >= 10);
    // A frame that still fits is not taken down by one that is committed with it and does not.
    let (large, small) = (
        frame(log, head, 300_000),
        frame(other, Head::origin(other), 10),
    );
    let (large, small) = tokio::join!(
        event_log.publish(large, position),
        event_log.publish(small, Position::START),
    );
    assert!(matches!(large, Err(PublishError::Full)));
    assert!(small.is_ok());
    event_log.health().await.unwrap();
    assert_eq!(checked_frames(&event_log, log).await.len(), stored);
    event_log
        .trim(log, Sequence::new(5).unwrap())
        .await
        .unwrap();
    let again = event_log.publish(frame(log, head, 300_000), position).await;
    assert!(again.unwrap() > position);
    event_log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_leaves_a_gap_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let event_log = open(&path_in(&directory));
    let log = LogId::generate();
    let at = |sequence| Head {
        sequence: Sequence::new(sequence).unwrap(),
        ..Head::origin(log)
    };
    // A log that is restored begins where its archive ends; from then on nothing may be missing.
    let first = event_log
        .publish(frame(log, at(5), 1), Position::START)
        .await
        .unwrap();
    let outcome = event_log.publish(frame(log, at(7), 1), first).await;
    assert!(
        matches!(outcome, Err(PublishError::Unavailable(_))),
        "{outcome:?}"
    );
    event_log.close().await;
}

/// The deletion is durable at once, its frames go later; a crash in between loses neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_a_deleted_log_are_removed_from_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let event_log = open(&path);
    let log = LogId::generate();
    let (mut head, mut position) = (Head::origin(log), Position::START);
    for _ in 0..300 {
        let frame = frame(log, head, 100);
        position = event_log.publish(frame.clone(), position).await.unwrap();
        head = frame.head();
    }
    event_log.delete(log).await.unwrap();
    event_log.close().await;
    let event_log = open(&path);
    // What is committed after the start waits behind the removal at most a few groups.
    let file = rusqlite::Connection::open(&path).unwrap();
    let left = || {
        file.query_row("SELECT count(*) FROM frames", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    for _ in 0..1_000 {
        if left() == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(left(), 0);
    event_log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_commits_what_was_accepted_and_refuses_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let event_log = open(&path);
    let mut publishes = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let event_log = event_log.clone();
        publishes.spawn(async move {
            let log = LogId::generate();
            let frame = frame(log, Head::origin(log), 100);
            (log, event_log.publish(frame, Position::START).await)
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    event_log.close().await;
    assert!(event_log.newest(LogId::generate()).await.is_err());
    assert!(event_log.health().await.is_err());
    let event_log = open(&path);
    for (log, outcome) in publishes.join_all().await {
        let there = event_log.newest(log).await.unwrap().is_some();
        match outcome {
            Ok(_) => assert!(there, "an acknowledged frame is gone"),
            Err(PublishError::Unavailable(_)) => assert!(!there, "a refused frame is there"),
            Err(error) => panic!("{error}"),
        }
    }
    event_log.close().await;
}
