//! A worker that is told to stop hands its views over, and nobody notices.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores, accepted};

const VIEWS: usize = 8;
const BATCHES: u64 = 10;
const BATCH: u64 = 10_000;

fn fill(member: &Member, plane: &Node) {
    let orders = json!({ "name": "orders" });
    member.call(Method::POST, plane, "/logs", &orders).unwrap();
    let batch = "{\"inc\":1}\n".repeat(usize::try_from(BATCH).unwrap());
    for _ in 0..BATCHES {
        let path = "/logs/orders/append_batch";
        let ndjson = "application/x-ndjson";
        accepted(
            member
                .send(Method::POST, plane, path, batch.clone(), ndjson)
                .unwrap(),
        )
        .unwrap();
    }
}

/// Asks the views in turn, without a second try, until it is over; how long each answer took.
fn ask_all(member: &Member, plane: &Node, is_over: &AtomicBool) -> Vec<Duration> {
    let mut waits = Vec::new();
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let path = format!("/logs/orders/views/v{}/query", number % VIEWS);
        let start = Instant::now();
        let answer = member
            .send(Method::POST, plane, &path, "", "application/octet-stream")
            .unwrap();
        let answer = accepted(answer).unwrap();
        assert_eq!(answer["value"], BATCHES * BATCH);
        waits.push(start.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    waits
}

#[test]
fn no_query_fails_while_its_worker_stops_in_good_order() {
    let nats = NatsCluster::start(1).unwrap();
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let plane = stores.run("control-plane").unwrap();
    let old = stores.run("worker").unwrap();
    let member = Member::register(&plane, "acme").unwrap();
    fill(&member, &plane);
    for view in 0..VIEWS {
        let name = format!("v{view}");
        member
            .deploy(&plane, "orders", &name, example_views::counter())
            .unwrap();
        let (answer, _) = member
            .query(&plane, "orders", &name, BATCHES * BATCH)
            .unwrap();
        assert_eq!(answer["value"], BATCHES * BATCH);
    }
    // Some views move to the new worker, and the old one keeps the others.
    let new = stores.run("worker").unwrap();
    let (is_over, waits) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let asked = ask_all(&member, &plane, &is_over);
                waits.lock().unwrap().extend(asked);
            });
        }
        thread::sleep(Duration::from_secs(3));
        let start = Instant::now();
        let stopped = old.stop();
        println!("the worker stopped in {:?}", start.elapsed());
        thread::sleep(Duration::from_secs(1));
        is_over.store(true, Ordering::Relaxed);
        stopped.unwrap();
    });
    let mut waits = waits.into_inner().unwrap();
    waits.sort_unstable();
    let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!(
        "{} queries, median {median:?}, worst {worst:?}",
        waits.len()
    );
    assert!(worst < Duration::from_secs(5), "{worst:?}");
    new.stop().unwrap();
}

#[test]
fn a_control_plane_that_stops_answers_what_it_has_taken() {
    let nats = NatsCluster::start(1).unwrap();
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let drain = [("PRIMATOMIC_DRAIN_SECS", "2")];
    let plane = stores.run_with("control-plane", &drain).unwrap();
    let member = Member::register(&plane, "acme").unwrap();
    let orders = json!({ "name": "orders" });
    member.call(Method::POST, &plane, "/logs", &orders).unwrap();
    let url = plane.url.clone();
    let token = member.create_key(&plane, "tail").unwrap().0;
    let http = reqwest::blocking::Client::builder().timeout(None).build();
    let tail = http
        .unwrap()
        .get(format!("{url}/logs/orders/events"))
        .header("accept", "text/event-stream")
        .bearer_auth(token)
        .send()
        .unwrap();
    assert_eq!(tail.status(), 200);
    let client = reqwest::blocking::Client::new();
    let ready = || {
        let answer = client.get(format!("{url}/health/ready")).send().unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().unwrap())
    };
    assert!(!ready().1.contains("stopping"));
    thread::scope(|scope| {
        let start = Instant::now();
        let stopping = scope.spawn(|| plane.stop());
        // It says so, and still takes requests.
        loop {
            let (status, text) = ready();
            if text.contains("it is stopping") {
                assert_eq!(status, 503);
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(2), "{text}");
        }
        let log = client.get(format!("{url}/health/live")).send().unwrap();
        assert_eq!(log.status(), 200);
        // The live tail ends, and is not cut.
        tail.text().unwrap();
        stopping.join().unwrap().unwrap();
        println!("the control plane stopped in {:?}", start.elapsed());
    });
}
