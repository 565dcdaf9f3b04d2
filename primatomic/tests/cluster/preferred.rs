//! Many clients of one log through two control planes, one of which dies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

const CLIENTS: usize = 16;
const EVENTS: usize = 25;
const LOGS: usize = 4;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Appends under a key until it is acknowledged, through one plane after the other.
fn append(http: &Client, token: &str, urls: &[String], log: usize, name: &str) -> (u64, Duration) {
    let start = Instant::now();
    for attempt in 0.. {
        assert!(start.elapsed() < TIMEOUT, "{name} is not acknowledged");
        let url = &urls[attempt % urls.len()];
        let sent = http
            .post(format!("{url}/logs/log-{log}/append"))
            .bearer_auth(token)
            .header("idempotency-key", name)
            .body(format!("{name:?}"))
            .send();
        if let Ok(answer) = sent
            && answer.status() == 200
        {
            let answer: Value = answer.json().unwrap();
            return (answer["sequence"].as_u64().unwrap(), start.elapsed());
        }
        thread::sleep(Duration::from_millis(20));
    }
    unreachable!()
}

/// What all clients were told: which name has which sequence, and how long that took.
fn append_all(
    token: &str,
    urls: &[String],
    round: &str,
    acknowledged: &AtomicUsize,
) -> Vec<(usize, String, u64, Duration)> {
    let client = |number: usize| {
        let http = Client::builder().timeout(TIMEOUT).build().unwrap();
        let mut told = Vec::new();
        for event in 0..EVENTS {
            let name = format!("{round}-{number}-{event}");
            let (log, first) = (
                (number + event) % LOGS,
                (number + event / LOGS) % urls.len(),
            );
            let order: Vec<_> = urls[first..]
                .iter()
                .chain(&urls[..first])
                .cloned()
                .collect();
            let (sequence, wait) = append(&http, token, &order, log, &name);
            acknowledged.fetch_add(1, Ordering::Relaxed);
            told.push((log, name, sequence, wait));
        }
        told
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || client(number)))
            .collect();
        let told = clients.into_iter().map(|client| client.join().unwrap());
        told.collect::<Vec<_>>().concat()
    })
}

/// Every event that was acknowledged is there once, at its sequence, and nothing else is.
fn check(member: &Member, plane: &Node, told: &[(usize, String, u64, Duration)]) {
    for log in 0..LOGS {
        let path = format!("/logs/log-{log}/events?limit=10000");
        let page = member
            .call(Method::GET, plane, &path, &Value::Null)
            .unwrap();
        let mut stored: Vec<_> = page["events"].as_array().unwrap().iter().collect();
        stored.sort_by_key(|event| event["sequence"].as_u64());
        let mut expected: Vec<_> = told.iter().filter(|it| it.0 == log).collect();
        expected.sort_by_key(|it| it.2);
        assert_eq!(stored.len(), expected.len(), "log {log}");
        for ((event, told), sequence) in stored.iter().zip(expected).zip(1..) {
            assert_eq!(
                (event["sequence"].as_u64(), told.2),
                (Some(sequence), sequence)
            );
            assert!(
                event["data"].to_string().contains(&told.1),
                "{event}: {}",
                told.1
            );
        }
    }
}

fn report(what: &str, told: &[(usize, String, u64, Duration)]) {
    let mut waits: Vec<_> = told.iter().map(|it| it.3).collect();
    waits.sort_unstable();
    let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!(
        "{what}: {} appends, median {median:?}, worst {worst:?}",
        waits.len()
    );
}

#[test]
fn appends_through_two_control_planes_are_stored_once_also_when_one_dies() {
    let nats = NatsCluster::start(1).unwrap();
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let run = || stores.run("control-plane").unwrap();
    let (stays, dies) = (run(), run());
    let member = Member::register(&stays, "acme").unwrap();
    for log in 0..LOGS {
        let log = json!({ "name": format!("log-{log}") });
        member.call(Method::POST, &stays, "/logs", &log).unwrap();
    }
    let (token, _) = member.create_key(&stays, "clients").unwrap();
    let urls = [stays.url.clone(), dies.url.clone()];
    let acknowledged = AtomicUsize::new(0);
    let mut told = append_all(&token, &urls, "calm", &acknowledged);
    report("two control planes", &told);
    check(&member, &stays, &told);

    acknowledged.store(0, Ordering::Relaxed);
    let during = thread::scope(|scope| {
        scope.spawn(|| {
            while acknowledged.load(Ordering::Relaxed) < CLIENTS * EVENTS / 4 {
                thread::sleep(Duration::from_millis(1));
            }
            dies.kill();
        });
        append_all(&token, &urls, "crash", &acknowledged)
    });
    report("while one died", &during);
    told.extend(during);
    check(&member, &stays, &told);
}
