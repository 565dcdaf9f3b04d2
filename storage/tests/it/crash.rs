//! A process that appends is killed at a random moment, again and again; the file must then hold
//! what the process had acknowledged, and nothing twice.
//!
//! The test runs itself as the process to be killed: with [`CHILD`] set it appends until it dies.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::clock::SystemClock;
use protocol::LogId;
use storage::event_log::appender::{Appender, AppenderOptions};
use tokio::task::JoinSet;

use crate::fixture::{batch, events, keyed, open, shared};

/// The directory in which a child appends.
const CHILD: &str = "PRIMATOMIC_STORAGE_CRASH_CHILD";
/// The number of the first append of each of its clients.
const BEGIN: &str = "PRIMATOMIC_STORAGE_CRASH_BEGIN";

const ACKNOWLEDGED_MIN: usize = 20;
const ROUNDS: u64 = 5;
const CLIENTS: u64 = 24;
const LOGS: u64 = 60;
/// Appends of the round before that each client sends once more, with their keys.
const RESENT: u64 = 30;
/// Every client's numbers of a round are below those of the next.
const NUMBERS_PER_ROUND: u64 = 1_000_000;

/// The append that a client makes as its `number`-th.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Made {
    client: u64,
    number: u64,
}

impl Made {
    fn log(self) -> LogId {
        let log = (self.client * 7 + self.number) % LOGS;
        LogId(uuid::Uuid::from_u128(0x1000 + u128::from(log)))
    }

    fn key(self) -> String {
        format!("{}/{}", self.client, self.number)
    }

    fn count(self) -> u64 {
        1 + self.number % 4
    }

    fn events(self) -> Vec<String> {
        let Self { client, number } = self;
        (0..self.count())
            .map(|index| {
                format!(
                    "{client} {number} {index} {}",
                    "x".repeat(usize::try_from(number % 700).unwrap())
                )
            })
            .collect()
    }

    fn parse(event: &str) -> (Self, u64) {
        let mut numbers = event.split(' ').map_while(|word| word.parse().ok());
        let mut next = || numbers.next().unwrap();
        let (client, number) = (next(), next());
        (Self { client, number }, next())
    }
}

/// Appends until it is killed. Each append is sent twice at the same time under one key, so that
/// every round tests deduplication, too.
async fn append_for_ever(directory: &Path, begin: u64) {
    let event_log = open(&directory.join("events.sqlite"));
    let clock = Arc::new(SystemClock);
    let appender = Appender::new(shared(&event_log), clock, AppenderOptions::default());
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let appender = appender.clone();
        clients.spawn(async move {
            let again = begin.saturating_sub(NUMBERS_PER_ROUND)..;
            let again = again.take(if begin == 0 {
                0
            } else {
                usize::try_from(RESENT).unwrap()
            });
            for number in again.chain(begin..) {
                let made = Made { client, number };
                let request = || keyed(&made.key(), batch(&made.events()));
                let (one, two) = tokio::join!(
                    appender.append(made.log(), request()),
                    appender.append(made.log(), request()),
                );
                let (one, two) = (one.unwrap(), two.unwrap());
                assert_eq!(one.first, two.first, "invariant 4");
                let line = format!("acknowledged {client} {number} {}\n", one.first);
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    clients.join_all().await;
}

fn start(directory: &Path, begin: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "crash::invariants_1_to_4_hold_after_sigkill",
            "--exact",
            "--nocapture",
        ])
        .env(CHILD, directory)
        .env(BEGIN, begin.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child acknowledges until it is killed, which is after a random while and once it has
/// acknowledged enough to check.
fn acknowledged_until_killed(mut child: Child) -> Vec<(Made, u64)> {
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let pause = Duration::from_millis(50 + rand::random::<u64>() % 500);
    let mut deadline = None;
    let mut acknowledged = Vec::new();
    let mut killed = false;
    for line in stdout.split(b'\n').map(Result::unwrap) {
        let line = String::from_utf8(line).unwrap();
        // The harness writes to the same stream, and the last line may be cut off.
        let mut words = line.split(' ');
        if words.find(|word| word.ends_with("acknowledged")).is_some()
            && let [client, number, first] = words.collect::<Vec<_>>()[..]
            && let (Ok(client), Ok(number)) = (client.parse(), number.parse())
        {
            acknowledged.push((Made { client, number }, first.to_owned()));
        }
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + pause);
        let enough = acknowledged.len() > ACKNOWLEDGED_MIN;
        if !killed && enough && Instant::now() >= deadline {
            child.kill().unwrap();
            killed = true;
        }
    }
    assert!(killed, "the child ended by itself");
    child.wait().unwrap();
    // A number that was cut off reads as a smaller one, so the last line does not count.
    acknowledged.pop();
    let parse = |(made, first): (Made, String)| (made, first.parse().unwrap());
    acknowledged.into_iter().map(parse).collect()
}

async fn verify(directory: &Path, acknowledged: &[(Made, u64)]) {
    let event_log = open(&directory.join("events.sqlite"));
    let mut found: HashMap<Made, u64> = HashMap::new();
    for log in 0..LOGS {
        let log = LogId(uuid::Uuid::from_u128(0x1000 + u128::from(log)));
        // Checks invariant 2: sequences without gap, duplicate or reuse.
        let stored = events(&event_log, log).await;
        let stored: Vec<_> = stored
            .iter()
            .map(|event| std::str::from_utf8(event).unwrap())
            .collect();
        let mut at = 0;
        while at < stored.len() {
            let (made, index) = Made::parse(stored[at]);
            assert_eq!(
                (made.log(), index),
                (log, 0),
                "invariant 3: a batch without its begin"
            );
            let wanted = made.events();
            let there = stored.get(at..at + wanted.len());
            assert_eq!(
                there,
                Some(&wanted.iter().map(String::as_str).collect::<Vec<_>>()[..]),
                "invariants 1 and 3"
            );
            let before = found.insert(made, at as u64 + 1);
            assert_eq!(before, None, "invariant 4: {made:?} was appended twice");
            at += wanted.len();
        }
    }
    for (made, first) in acknowledged {
        assert_eq!(
            found.get(made),
            Some(first),
            "invariant 1: {made:?} was acknowledged"
        );
    }
    event_log.close().await;
}

#[test]
fn invariants_1_to_4_hold_after_sigkill() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if let Some(directory) = std::env::var_os(CHILD) {
        let begin = std::env::var(BEGIN).unwrap().parse().unwrap();
        return runtime.block_on(append_for_ever(Path::new(&directory), begin));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let child = start(directory.path(), round * NUMBERS_PER_ROUND);
        let of_round = acknowledged_until_killed(child);
        acknowledged.extend(of_round);
        runtime.block_on(verify(directory.path(), &acknowledged));
    }
}
