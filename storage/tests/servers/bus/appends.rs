//! Appends through the node that their log prefers, and without it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::clock::SystemClock;
use futures::StreamExt as _;
use protocol::frame::KeyDigest;
use protocol::{LogId, Sequence, packed};
use serde::Serialize;
use storage::bus::nats::{Bus, Peers};
use storage::event_log::SharedEventLog;
use storage::event_log::appender::{
    AppendError, AppendRequest, Appended, Appender, AppenderOptions, Payload,
};
use storage::event_log::jetstream::{JetStreamEventLog, JetStreamOptions};
use storage::nats::NatsOptions;
use test_servers::{NatsCluster, NatsServer};
use uuid::Uuid;

use super::options;

/// A control plane as far as appends go.
struct Plane {
    peers: Peers,
    appender: Appender,
}

async fn plane(options: &NatsOptions, event_log: &SharedEventLog) -> Plane {
    let clock = Arc::new(SystemClock);
    let appender = Appender::new(Arc::clone(event_log), clock, AppenderOptions::default());
    let bus = Bus::connect(options).await.unwrap();
    let peers = Peers::join(bus, appender.clone()).await.unwrap();
    Plane { peers, appender }
}

/// An event log that two nodes share. Each node is preferred by half of its shards.
async fn event_log(server: &NatsServer, options: &NatsOptions) -> SharedEventLog {
    let event_log = JetStreamEventLog::open(JetStreamOptions {
        nats: options.clone(),
        monitors: vec![server.monitor_url()],
        replicas: 1,
        shards: 8,
        ..JetStreamOptions::default()
    });
    Arc::new(event_log.await.unwrap())
}

fn event(text: &str) -> AppendRequest {
    AppendRequest {
        payload: Payload::Event(Bytes::copy_from_slice(text.as_bytes())),
        key: None,
        expected: None,
    }
}

fn under_key(key: &str, text: &str) -> AppendRequest {
    AppendRequest {
        key: Some(KeyDigest::of(key)),
        ..event(text)
    }
}

/// A log that the other node appends to, seen from a node that can't append by itself.
async fn log_of_the_other(closed: &Plane) -> LogId {
    let start = Instant::now();
    loop {
        let log = LogId::generate();
        if closed.peers.append(log, event("probe")).await.is_ok() {
            return log;
        }
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

fn sequence(outcome: Result<Appended, AppendError>) -> u64 {
    outcome.unwrap().first.get()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preferred_node_appends_and_its_outcome_comes_back_whole() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    let event_log = event_log(&server, &options).await;
    let (one, two) = (
        plane(&options, &event_log).await,
        plane(&options, &event_log).await,
    );
    // What this node now appends was appended by the other one.
    one.appender.close().await;
    let log = log_of_the_other(&one).await;
    let first = one.peers.append(log, under_key("k", "a")).await.unwrap();
    assert_eq!(
        (first.first.get(), first.count, first.replayed),
        (2, 1, false)
    );
    let again = one.peers.append(log, under_key("k", "a")).await.unwrap();
    let replay = Appended {
        replayed: true,
        ..first
    };
    assert_eq!(again, replay);
    let reused = one.peers.append(log, under_key("k", "b")).await;
    assert!(
        matches!(reused, Err(AppendError::KeyReused { first }) if first.get() == 2),
        "{reused:?}"
    );
    let unexpected = AppendRequest {
        expected: Some(Sequence::FIRST),
        ..event("c")
    };
    let refused = one.peers.append(log, unexpected).await;
    assert!(
        matches!(&refused, Err(AppendError::SequenceMismatch { expected, actual })
            if expected.get() == 1 && actual.get() == 2),
        "{refused:?}"
    );
    // The largest batch there is.
    let mut packed = Vec::new();
    for _ in 0..10 {
        packed::push(&mut packed, &vec![7; 1 << 20]);
    }
    let batch = AppendRequest {
        payload: Payload::Batch {
            packed: packed.into(),
            count: 10,
        },
        key: None,
        expected: None,
    };
    let appended = one.peers.append(log, batch).await.unwrap();
    assert_eq!((appended.first.get(), appended.count), (3, 10));
    assert_eq!(sequence(two.peers.append(log, event("d")).await), 13);

    // Each node is preferred by about half of the logs.
    let mut by_the_other = 0;
    for _ in 0..60 {
        let outcome = one.peers.append(LogId::generate(), event("e")).await;
        by_the_other += u32::from(outcome.is_ok());
        assert!(
            matches!(outcome, Ok(_) | Err(AppendError::ShuttingDown)),
            "{outcome:?}"
        );
        // A preferred node that declines is no obstacle.
        two.peers
            .append(LogId::generate(), event("f"))
            .await
            .unwrap();
    }
    assert!((12..48).contains(&by_the_other), "{by_the_other} of 60");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_preferred_node_the_receiving_one_appends() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    let event_log = event_log(&server, &options).await;
    let one = plane(&options, &event_log).await;
    let logs: Vec<_> = (0..20).map(|_| LogId::generate()).collect();
    let append_to_all = async |text: &str, expected: u64| {
        for log in &logs {
            let start = Instant::now();
            assert_eq!(
                sequence(one.peers.append(*log, event(text)).await),
                expected
            );
            assert!(start.elapsed() < Duration::from_secs(2));
        }
    };
    append_to_all("alone", 1).await;
    let leaving = plane(&options, &event_log).await;
    append_to_all("through both", 2).await;
    leaving.peers.leave(Duration::from_secs(5)).await;
    append_to_all("after one left", 3).await;

    // One that died is still believed in. Many notice it at once, and for none of them that makes
    // the outcome unknown.
    let nats = async_nats::connect(server.url()).await.unwrap();
    for _ in 0..10 {
        say_alive(&nats, &options, Uuid::now_v7()).await;
        let at_once = logs.iter().flat_map(|log| vec![log; 50]);
        let at_once = at_once.map(|log| one.peers.append(*log, event("after one died")));
        for outcome in futures::future::join_all(at_once).await {
            outcome.unwrap();
        }
    }
}

/// A heartbeat of a node that then never answers.
#[derive(Serialize)]
struct Heartbeat {
    node: Uuid,
    standing: &'static str,
}

async fn say_alive(nats: &async_nats::Client, options: &NatsOptions, node: Uuid) {
    let heartbeat = Heartbeat {
        node,
        standing: "Alive",
    };
    let heartbeat = rmp_serde::to_vec_named(&heartbeat).unwrap();
    let alive = format!("{}.planes.alive", options.prefix);
    nats.publish(alive, heartbeat.into()).await.unwrap();
    nats.flush().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_got_lost_on_its_way_is_stored_once_or_not_known() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    let event_log = event_log(&server, &options).await;
    let one = plane(&options, &event_log).await;
    let nats = async_nats::connect(server.url()).await.unwrap();
    let node = Uuid::now_v7();
    let subject = format!("{}.plane.{}.append", options.prefix, node.simple());
    let mut calls = nats.subscribe(subject).await.unwrap();
    // It takes an append, and its next heartbeat does not come.
    let (mut unknown, mut stored) = (0, 0);
    for number in 0.. {
        say_alive(&nats, &options, node).await;
        let log = LogId::generate();
        let is_keyed = number % 2 == 0;
        let request = match is_keyed {
            true => under_key("k", "a"),
            false => event("a"),
        };
        let start = Instant::now();
        let outcome = one.peers.append(log, request).await;
        let was_sent = futures::FutureExt::now_or_never(calls.next()).is_some();
        if was_sent {
            println!(
                "the outcome was known after {:?}: {outcome:?}",
                start.elapsed()
            );
        }
        match (was_sent, is_keyed) {
            (false, _) => assert_eq!(sequence(outcome), 1),
            (true, true) => {
                assert_eq!(sequence(outcome), 1);
                let again = one.peers.append(log, under_key("k", "a")).await.unwrap();
                assert_eq!((again.first.get(), again.replayed), (1, true));
                stored += 1;
            }
            (true, false) => {
                assert!(
                    matches!(outcome, Err(AppendError::Unavailable(_))),
                    "{outcome:?}"
                );
                let head = one.appender.head(log).await.unwrap();
                assert_eq!(head.sequence, Sequence::ZERO);
                unknown += 1;
            }
        }
        if unknown > 0 && stored > 0 {
            return;
        }
        assert!(number < 200);
    }
}

const CLIENTS: usize = 64;
const APPENDS: usize = 100;

/// How long clients waited for their appends to one log, through two nodes in turn.
async fn contend(planes: &[Plane; 2], is_forwarded: bool) -> Vec<Duration> {
    let log = LogId::generate();
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|client| async move {
        let mut waits = Vec::new();
        for number in 0..APPENDS {
            let plane = &planes[(client + number) % 2];
            let asked = Instant::now();
            let outcome = match is_forwarded {
                true => plane.peers.append(log, event("x")).await,
                false => plane.appender.append(log, event("x")).await,
            };
            outcome.unwrap();
            waits.push(asked.elapsed());
        }
        waits
    });
    let mut waits = futures::future::join_all(clients).await.concat();
    waits.sort_unstable();
    let head = planes[0].appender.head(log).await.unwrap();
    assert_eq!(head.sequence.get(), (CLIENTS * APPENDS) as u64);
    println!(
        "forwarded: {is_forwarded}; {} appends in {:?}; median {:?}, 99 % {:?}, worst {:?}",
        waits.len(),
        start.elapsed(),
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
        waits[waits.len() - 1],
    );
    waits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_one_log_don_t_starve_on_two_nodes() {
    let servers = NatsCluster::start(3).unwrap();
    let options = NatsOptions {
        servers: servers.urls(),
        ..NatsOptions::default()
    };
    let open = async || {
        let event_log = JetStreamEventLog::open(JetStreamOptions {
            nats: options.clone(),
            monitors: servers.monitor_urls(),
            replicas: 3,
            shards: 2,
            ..JetStreamOptions::default()
        });
        Arc::new(event_log.await.unwrap())
    };
    let logs = [open().await, open().await];
    let [one, two] = logs.clone().map(|log| log as SharedEventLog);
    let planes = [plane(&options, &one).await, plane(&options, &two).await];
    // Both nodes have heard of each other once a node that can't append gets its appends done.
    let heard = async {
        let probe = plane(&options, &one).await;
        probe.appender.close().await;
        log_of_the_other(&probe).await;
    };
    tokio::time::timeout(Duration::from_secs(10), heard)
        .await
        .unwrap();
    let _ = contend(&planes, false).await;
    let forwarded = contend(&planes, true).await;
    let worst = forwarded.last().unwrap();
    assert!(*worst < Duration::from_secs(10), "{worst:?}");
    for log in logs {
        log.close().await;
    }
}
