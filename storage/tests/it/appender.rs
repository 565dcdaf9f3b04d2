//! The appender, one promise at a time; those about keys are in [`crate::appender_keys`].

use std::time::Duration;

use catalog::clock::Clock as _;
use protocol::{LogId, Timestamp};
use storage::event_log::EventLog as _;
use storage::event_log::appender::{AppendError, Appender, AppenderOptions, Payload};
use storage::event_log::sqlite::SqliteEventLog;
use tokio::task::JoinSet;

use crate::fixture::{
    Fault, Lossy, Setup, batch, checked_frames, event, expecting, manual_clock, path_in, sequences,
    shared,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_1_and_2_events_are_readable_at_their_sequences() {
    let setup = Setup::new();
    let appender = setup.appender();
    let one = appender.append(setup.log, event(b"one")).await.unwrap();
    let more = appender
        .append(setup.log, batch(&["two", "", "four"]))
        .await
        .unwrap();
    assert_eq!(
        (sequences(one), sequences(more)),
        ((1, 1, false), (2, 3, false))
    );
    assert_eq!(one.timestamp, setup.clock.now());
    let head = appender.head(setup.log).await.unwrap();
    assert_eq!((head.sequence.get(), head.payload_bytes), (4, 10));
    let stored = setup.events().await;
    assert_eq!(stored, [b"one".as_slice(), b"two", b"", b"four"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_share_frames() {
    let setup = Setup::new();
    let appender = setup.appender();
    let mut appends = JoinSet::new();
    for number in 0..2_000u32 {
        let (appender, log) = (appender.clone(), setup.log);
        appends.spawn(async move {
            let bytes = number.to_le_bytes();
            (bytes, appender.append(log, event(&bytes)).await.unwrap())
        });
    }
    let appends = appends.join_all().await;
    let stored = setup.events().await;
    assert_eq!(stored.len(), appends.len());
    for (bytes, appended) in appends {
        assert_eq!(
            stored[usize::try_from(appended.first.get()).unwrap() - 1],
            bytes
        );
    }
    let frames = checked_frames(&setup.event_log, setup.log).await.len();
    assert!(frames < 1_000, "{frames} frames for 2,000 appends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_3_a_batch_is_never_split_over_frames() {
    let setup = Setup::new();
    let options = AppenderOptions {
        frame_events_max: 10,
        frame_bytes_max: 100,
        ..AppenderOptions::default()
    };
    let appender = setup.appender_with(shared(&setup.event_log), options);
    let mut appends = JoinSet::new();
    for size in [1usize, 7, 40, 3, 11, 2, 9] {
        let (appender, log) = (appender.clone(), setup.log);
        let request = batch(&vec![vec![u8::try_from(size).unwrap(); 20]; size]);
        appends.spawn(async move { appender.append(log, request).await.unwrap() });
    }
    let appends = appends.join_all().await;
    let frames = checked_frames(&setup.event_log, setup.log).await;
    for appended in appends {
        let holds = |frame: &&protocol::Frame| frame.first() <= appended.first;
        let frame = frames.iter().rev().find(holds).unwrap();
        let last = appended
            .first
            .advance(u64::from(appended.count) - 1)
            .unwrap();
        assert!(frame.last() >= last, "a batch lies in two frames");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expected_sequence_is_compared_in_the_order_of_arrival() {
    let setup = Setup::new();
    let appender = setup.appender();
    let log = setup.log;
    let (first, second, third) = tokio::join!(
        appender.append(log, expecting(0, event(b"a"))),
        appender.append(log, expecting(0, event(b"b"))),
        appender.append(log, expecting(1, event(b"c"))),
    );
    assert_eq!(first.unwrap().first.get(), 1);
    let error = second.unwrap_err();
    assert!(
        matches!(error, AppendError::SequenceMismatch { actual, .. } if actual.get() == 1),
        "{error}"
    );
    assert_eq!(third.unwrap().first.get(), 2);
    assert_eq!(setup.events().await, [b"a", b"c"]);
}

/// Another node has appended meanwhile: what this one remembers must not decide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expected_sequence_is_judged_by_the_log_and_not_by_memory() {
    let setup = Setup::new();
    let (here, elsewhere) = (setup.appender(), setup.appender());
    let log = setup.log;
    here.append(log, event(b"1")).await.unwrap();
    elsewhere.append(log, batch(&["2", "3"])).await.unwrap();
    let error = here
        .append(log, expecting(1, event(b"x")))
        .await
        .unwrap_err();
    assert!(matches!(error, AppendError::SequenceMismatch { actual, .. } if actual.get() == 3));
    elsewhere.append(log, event(b"4")).await.unwrap();
    let error = here
        .append(log, expecting(9, event(b"x")))
        .await
        .unwrap_err();
    assert!(matches!(error, AppendError::SequenceMismatch { actual, .. } if actual.get() == 4));
    elsewhere.append(log, event(b"5")).await.unwrap();
    let appended = here.append(log, expecting(5, event(b"6"))).await.unwrap();
    assert_eq!(appended.first.get(), 6);
}

/// A lost answer is found by its nonce, a lost request is sent again: neither appends twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_2_lost_requests_and_answers_append_once() {
    let setup = Setup::new();
    let faults = [
        vec![Fault::AnswerLost],
        vec![Fault::RequestLost],
        vec![Fault::RequestLost, Fault::AnswerLost, Fault::RequestLost],
        vec![Fault::AnswerLost, Fault::AnswerLost, Fault::AnswerLost],
    ];
    for (number, faults) in faults.into_iter().enumerate() {
        let lossy = Lossy::new(shared(&setup.event_log), faults);
        let appender = setup.appender_with(lossy, AppenderOptions::default());
        let number = u8::try_from(number).unwrap();
        let appended = appender.append(setup.log, event(&[number])).await.unwrap();
        assert_eq!(sequences(appended), (u64::from(number) + 1, 1, false));
    }
    assert_eq!(setup.events().await, [[0], [1], [2], [3]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_log_that_never_answers_is_unavailable_and_works_again() {
    let setup = Setup::new();
    let options = AppenderOptions {
        attempts_max: 3,
        ..AppenderOptions::default()
    };
    let lossy = Lossy::new(shared(&setup.event_log), vec![Fault::RequestLost; 3]);
    let appender = setup.appender_with(lossy, options);
    let error = appender.append(setup.log, event(b"x")).await.unwrap_err();
    assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
    assert_eq!(
        appender
            .append(setup.log, event(b"y"))
            .await
            .unwrap()
            .first
            .get(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_leaves_its_append_going() {
    let setup = Setup::new();
    let appender = setup.appender();
    for _ in 0..50 {
        let append = appender.append(setup.log, event(b"gone"));
        let _ = tokio::time::timeout(Duration::ZERO, append).await;
    }
    appender.close().await;
    assert_eq!(setup.events().await.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_waiting_requests_are_refused_and_nothing_is_stored_of_them() {
    let setup = Setup::new();
    let options = AppenderOptions {
        requests_per_log_max: 8,
        ..AppenderOptions::default()
    };
    let appender = setup.appender_with(shared(&setup.event_log), options);
    let mut appends = JoinSet::new();
    for _ in 0..200 {
        let (appender, log) = (appender.clone(), setup.log);
        appends.spawn(async move { appender.append(log, event(b"x")).await });
    }
    let (mut stored, mut refused) = (0, 0);
    for outcome in appends.join_all().await {
        match outcome {
            Ok(_) => stored += 1,
            Err(AppendError::Overloaded) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(
        refused > 0 && stored >= 8,
        "{stored} stored, {refused} refused"
    );
    assert_eq!(setup.events().await.len(), stored);
    appender
        .append(setup.log, event(b"room again"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_logs_than_are_remembered_work_as_well() {
    let setup = Setup::new();
    let options = AppenderOptions {
        logs_max: 8,
        ..AppenderOptions::default()
    };
    let appender = setup.appender_with(shared(&setup.event_log), options);
    let logs: Vec<_> = (0..40).map(|_| LogId::generate()).collect();
    for round in 1..=3 {
        let mut appends = JoinSet::new();
        for log in logs.clone() {
            let appender = appender.clone();
            appends.spawn(async move { appender.append(log, event(b"x")).await.unwrap() });
        }
        let appends = appends.join_all().await;
        assert!(appends.iter().all(|appended| appended.first.get() == round));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_never_goes_backwards() {
    let setup = Setup::new();
    let appender = setup.appender();
    let first = appender.append(setup.log, event(b"a")).await.unwrap();
    setup.clock.set(Timestamp(5));
    let second = appender.append(setup.log, event(b"b")).await.unwrap();
    assert_eq!(second.timestamp, first.timestamp);
    assert_eq!(setup.events().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_payloads_are_refused() {
    let setup = Setup::new();
    let appender = setup.appender();
    let empty = appender
        .append(setup.log, batch::<&str>(&[]))
        .await
        .unwrap_err();
    assert!(matches!(empty, AppendError::EmptyBatch), "{empty}");
    for (packed, count) in [
        (vec![9, 0, 0, 0], 1),
        (vec![0; 4], 2),
        (vec![0; 12 << 20], 3 << 20),
    ] {
        let mut request = event(b"");
        request.payload = Payload::Batch {
            packed: packed.into(),
            count,
        };
        let invalid = appender.append(setup.log, request).await.unwrap_err();
        assert!(matches!(invalid, AppendError::Invalid(_)), "{invalid}");
    }
    let large = batch(&vec![vec![1; 1 << 20]; 10]);
    assert_eq!(appender.append(setup.log, large).await.unwrap().count, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_log_and_a_full_disk_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let event_log = SqliteEventLog::open(&path_in(&directory), Some(1 << 20)).unwrap();
    let appender = Appender::new(
        shared(&event_log),
        manual_clock(),
        AppenderOptions::default(),
    );
    let (log, small) = (LogId::generate(), LogId::generate());
    let full = appender
        .append(log, event(&vec![0; 1 << 20]))
        .await
        .unwrap_err();
    assert!(matches!(full, AppendError::StorageFull), "{full}");
    appender.append(small, event(b"fits")).await.unwrap();
    event_log.delete(small).await.unwrap();
    appender.evict(small);
    let deleted = appender.append(small, event(b"x")).await.unwrap_err();
    assert!(matches!(deleted, AppendError::Deleted), "{deleted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_answers_what_was_accepted_and_refuses_the_rest() {
    let setup = Setup::new();
    let appender = setup.appender();
    let mut appends = JoinSet::new();
    for _ in 0..500 {
        let (appender, log) = (appender.clone(), setup.log);
        appends.spawn(async move { appender.append(log, event(b"x")).await });
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    appender.close().await;
    let error = appender
        .append(setup.log, event(b"late"))
        .await
        .unwrap_err();
    assert!(matches!(error, AppendError::ShuttingDown), "{error}");
    let stored = setup.events().await.len();
    let mut acknowledged = 0;
    for outcome in appends.join_all().await {
        match outcome {
            Ok(_) => acknowledged += 1,
            Err(AppendError::ShuttingDown) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(stored, acknowledged);
}
