//! The appender: what an idempotency key promises.

use std::time::Duration;

use protocol::LogId;
use storage::event_log::appender::{AppendError, AppenderOptions};
use tokio::task::JoinSet;

use crate::fixture::{Setup, batch, event, expecting, keyed, sequences, shared};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_4_a_key_appends_once_in_its_window() {
    let setup = Setup::new();
    let appender = setup.appender();
    let log = setup.log;
    appender.append(log, event(b"before")).await.unwrap();
    let request = || keyed("order-1", batch(&["a", "b"]));
    let original = appender.append(log, request()).await.unwrap();
    setup.clock.advance(Duration::from_secs(3_599));
    // At once, from another node, and after everything that was remembered is gone.
    for appender in [appender.clone(), setup.appender(), setup.appender()] {
        let replay = appender.append(log, request()).await.unwrap();
        assert_eq!(sequences(replay), (2, 2, true));
        assert_eq!(replay.timestamp, original.timestamp);
        // The head has moved past what the original expected, and the answer is still the same.
        let replay = appender.append(log, expecting(1, request())).await.unwrap();
        assert!(replay.replayed);
        let error = appender
            .append(log, keyed("order-1", event(b"c")))
            .await
            .unwrap_err();
        assert!(
            matches!(error, AppendError::KeyReused { first } if first.get() == 2),
            "{error}"
        );
        appender.evict(log);
    }
    setup.clock.advance(Duration::from_secs(2));
    let again = appender.append(log, request()).await.unwrap();
    assert_eq!(sequences(again), (4, 2, false));
    assert_eq!(
        sequences(setup.appender().append(log, request()).await.unwrap()),
        (4, 2, true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_4_the_same_key_twice_at_one_time_appends_once() {
    let setup = Setup::new();
    let appenders = [setup.appender(), setup.appender()];
    for round in 0..20 {
        let key = format!("round {round}");
        let mut appends = JoinSet::new();
        for number in 0..16 {
            let (appender, log) = (appenders[number % 2].clone(), setup.log);
            let request = keyed(&key, event(key.as_bytes()));
            appends.spawn(async move { appender.append(log, request).await.unwrap() });
        }
        let appends = appends.join_all().await;
        assert!(
            appends
                .iter()
                .all(|appended| appended.first == appends[0].first)
        );
        let originals = appends.iter().filter(|appended| !appended.replayed).count();
        assert_eq!(originals, 1);
    }
    assert_eq!(setup.events().await.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_are_bounded_in_memory_and_still_right() {
    let setup = Setup::new();
    let options = AppenderOptions {
        keys_max: 10,
        ..AppenderOptions::default()
    };
    let appender = setup.appender_with(shared(&setup.event_log), options);
    let logs: Vec<_> = (0..4).map(|_| LogId::generate()).collect();
    for pass in 0..2 {
        for number in 0..30 {
            for log in &logs {
                let request = keyed(&format!("{number}"), event(b"x"));
                let appended = appender.append(*log, request).await.unwrap();
                assert_eq!(sequences(appended), (number + 1, 1, pass == 1));
            }
        }
    }
}

/// A key older than the last so many of its log is not remembered, as the contract says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_remembers_its_newest_keys() {
    let setup = Setup::new();
    let options = || AppenderOptions {
        keys_per_log_max: 3,
        ..AppenderOptions::default()
    };
    let appender = setup.appender_with(shared(&setup.event_log), options());
    for key in ["a", "b", "c", "d"] {
        appender
            .append(setup.log, keyed(key, event(b"x")))
            .await
            .unwrap();
    }
    let fresh = setup.appender_with(shared(&setup.event_log), options());
    for appender in [appender, fresh] {
        let replay = appender
            .append(setup.log, keyed("b", event(b"x")))
            .await
            .unwrap();
        assert_eq!(sequences(replay), (2, 1, true));
    }
    let fresh = setup.appender_with(shared(&setup.event_log), options());
    let again = fresh
        .append(setup.log, keyed("a", event(b"x")))
        .await
        .unwrap();
    assert_eq!(sequences(again), (5, 1, false));
}
