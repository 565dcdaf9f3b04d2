//! Invariants 1 to 4 while servers crash, hang and come back: two nodes append to the same logs, and
//! what their clients recorded is compared with what the logs hold.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::clock::SystemClock;
use protocol::frame::KeyDigest;
use protocol::{ChainHash, LogId, Sequence};
use storage::event_log::SharedEventLog;
use storage::event_log::appender::{
    AppendError, AppendRequest, Appender, AppenderOptions, Payload,
};
use test_servers::{NatsCluster, NatsServer};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{on_one, on_three, open, shared};

const CLIENTS: u64 = 16;
const LOGS: usize = 6;
/// How long a client waits for one event to be acknowledged, through however many retries.
const WORST_WAIT: Duration = Duration::from_secs(60);

/// What a client knows: the event that it appended to a log, and its sequence.
struct Acknowledged {
    log: LogId,
    event: String,
    sequence: Sequence,
}

/// What one client saw.
#[derive(Default)]
struct Record {
    acknowledged: Vec<Acknowledged>,
    longest: Duration,
}

/// Clients that append through two nodes until they are told to stop.
struct Load {
    logs: Vec<LogId>,
    stop: CancellationToken,
    clients: JoinSet<Record>,
}

impl Load {
    fn start(nodes: &[SharedEventLog]) -> Self {
        let logs: Vec<_> = (0..LOGS).map(|_| LogId::generate()).collect();
        let stop = CancellationToken::new();
        let appenders: Vec<_> = nodes
            .iter()
            .map(|node| {
                let clock = Arc::new(SystemClock);
                Appender::new(Arc::clone(node), clock, AppenderOptions::default())
            })
            .collect();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            clients.spawn(append(
                client,
                appenders.clone(),
                logs.clone(),
                stop.clone(),
            ));
        }
        Self {
            logs,
            stop,
            clients,
        }
    }

    /// Stops the clients and returns what they saw.
    async fn finish(self) -> (Vec<LogId>, Vec<Acknowledged>, Duration) {
        self.stop.cancel();
        let records = self.clients.join_all().await;
        let longest = records.iter().map(|record| record.longest).max();
        let acknowledged = records.into_iter().flat_map(|record| record.acknowledged);
        (
            self.logs,
            acknowledged.collect(),
            longest.unwrap_or_default(),
        )
    }
}

async fn append(
    client: u64,
    appenders: Vec<Appender>,
    logs: Vec<LogId>,
    stop: CancellationToken,
) -> Record {
    let mut record = Record::default();
    for number in 0.. {
        if stop.is_cancelled() {
            break;
        }
        let log = logs[usize::try_from(client + number).unwrap() % logs.len()];
        let event = format!("{client}/{number}");
        let request = AppendRequest {
            payload: Payload::Event(Bytes::from(event.clone())),
            key: Some(KeyDigest::of(&event)),
            expected: None,
        };
        let start = Instant::now();
        // A client that got no answer asks another node, with the same key.
        for attempt in 0.. {
            let node = usize::try_from(client + attempt).unwrap() % appenders.len();
            match appenders[node].append(log, request.clone()).await {
                Ok(appended) => {
                    record.acknowledged.push(Acknowledged {
                        log,
                        event,
                        sequence: appended.first,
                    });
                    break;
                }
                Err(AppendError::Unavailable(_) | AppendError::Overloaded) => {
                    assert!(start.elapsed() < WORST_WAIT, "no answer for {WORST_WAIT:?}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("an append failed for good: {error}"),
            }
        }
        record.longest = record.longest.max(start.elapsed());
    }
    record
}

/// Reads every log and compares it with what was acknowledged.
async fn check(event_log: &SharedEventLog, logs: &[LogId], acknowledged: &[Acknowledged]) {
    let mut stored: HashMap<(LogId, Sequence), String> = HashMap::new();
    for log in logs {
        let mut next = Sequence::FIRST;
        let mut chain = ChainHash::origin(*log);
        let mut seen = HashSet::new();
        loop {
            let frames = event_log.read(*log, next, 1 << 20).await.unwrap();
            if frames.is_empty() {
                break;
            }
            for stored_frame in &frames {
                let frame = &stored_frame.frame;
                assert_eq!(frame.first(), next, "a gap or an overlap in {log}");
                assert!(
                    frame.chain_holds(chain),
                    "the hash chain of {log} breaks at {next}"
                );
                chain = frame.head().chain;
                for event in frame.events() {
                    let text = String::from_utf8(event.bytes.to_vec()).unwrap();
                    assert!(seen.insert(text.clone()), "{text} is in {log} twice");
                    stored.insert((*log, event.sequence), text);
                }
                next = frame.last().next();
            }
        }
    }
    for Acknowledged {
        log,
        event,
        sequence,
    } in acknowledged
    {
        let found = stored.get(&(*log, *sequence));
        assert_eq!(found, Some(event), "acknowledged as {sequence} of {log}");
    }
}

async fn survives(nodes: Vec<SharedEventLog>, faults: impl AsyncFnOnce()) {
    let load = Load::start(&nodes);
    tokio::time::sleep(Duration::from_millis(500)).await;
    faults().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (logs, acknowledged, longest) = load.finish().await;
    assert!(
        acknowledged.len() > 100,
        "{} appends are no load",
        acknowledged.len()
    );
    check(&nodes[0], &logs, &acknowledged).await;
    println!(
        "{} appends, the longest took {longest:?}",
        acknowledged.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariants_1_to_4_hold_while_a_server_crashes_and_hangs() {
    let mut server = NatsServer::start().unwrap();
    let options = on_one(&server);
    let (one, two) = (open(options.clone()).await, open(options).await);
    let faults = async || {
        for _ in 0..3 {
            server.kill();
            tokio::time::sleep(Duration::from_millis(300)).await;
            server.restart().unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            // Longer than a request may take.
            server.pause();
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            server.resume();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    survives(vec![shared(&one), shared(&two)], faults).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariants_1_to_4_hold_while_servers_of_a_cluster_crash_in_turn() {
    let mut cluster = NatsCluster::start(3).unwrap();
    let options = on_three(&cluster);
    let (one, two) = (open(options.clone()).await, open(options).await);
    let faults = async || {
        for server in &mut cluster.servers {
            server.kill();
            tokio::time::sleep(Duration::from_secs(4)).await;
            server.restart().unwrap();
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
    };
    survives(vec![shared(&one), shared(&two)], faults).await;
}
