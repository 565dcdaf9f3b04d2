//! Invariant 6 on a cluster: a view answers the same before and after its events are archived,
//! trimmed and merged, and after everything but the object store was lost.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

const TIMEOUT: Duration = Duration::from_secs(90);

/// Archivers that do everything as soon as they can.
const EAGER: [(&str, &str); 7] = [
    ("PRIMATOMIC_ARCHIVE_SEGMENT_SECS", "1"),
    ("PRIMATOMIC_ARCHIVE_SEGMENT_EVENTS", "20"),
    ("PRIMATOMIC_ARCHIVE_HOT_SECS", "0"),
    ("PRIMATOMIC_IDEMPOTENCY_WINDOW_SECS", "0"),
    ("PRIMATOMIC_ARCHIVE_TIDY_SECS", "1"),
    ("PRIMATOMIC_ARCHIVE_GRACE_SECS", "2"),
    ("PRIMATOMIC_BACKUP_SECS", "3"),
];

/// Logs, so that several shards have something.
const LOGS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn nats() -> NatsCluster {
    NatsCluster::start(1).unwrap()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What users see of a log.
#[derive(Debug, PartialEq)]
struct Seen {
    answer: Value,
    events: Vec<Value>,
    chain: Value,
}

fn look(member: &Member, plane: &Node, log: &str, head: u64) -> Seen {
    let get = |path: &str| member.call(Method::GET, plane, path, &Value::Null).unwrap();
    let mut events = Vec::new();
    let mut from = 1;
    while from <= head {
        let page = get(&format!("/logs/{log}/events?from={from}&limit=23"));
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        from = page["next"].as_u64().unwrap_or(head + 1);
    }
    assert_eq!(events.len() as u64, head);
    Seen {
        answer: member.query(plane, log, "sum", head).unwrap().0,
        events,
        chain: get(&format!("/logs/{log}"))["chain_hash"].clone(),
    }
}

fn look_at_all(member: &Member, plane: &Node, head: u64) -> Vec<Seen> {
    LOGS.map(|log| look(member, plane, log, head)).into()
}

/// Whether the hot log has nothing but each log's newest event.
fn all_trimmed(member: &Member, plane: &Node, head: u64) -> bool {
    LOGS.into_iter().all(|log| {
        let path = format!("/logs/{log}");
        let state = member.call(Method::GET, plane, &path, &Value::Null);
        state.unwrap()["archived_events"] == head - 1
    })
}

#[test]
fn invariant_6_answers_outlive_archiving_merging_and_the_loss_of_all_but_the_objects() {
    let program = env!("CARGO_BIN_EXE_primatomic");
    let stores = Stores::start(program, nats()).unwrap();
    let run = |stores: &Stores, role: &str| stores.run_with(role, &EAGER).unwrap();
    let plane = run(&stores, "control-plane");
    let worker = run(&stores, "worker");
    let owner = Member::register(&plane, "acme").unwrap();
    let (key, _) = owner.create_key(&plane, "key").unwrap();
    let member = owner.with_token(key);
    for log in LOGS {
        let new = json!({ "name": log, "retention": "archive" });
        member.call(Method::POST, &plane, "/logs", &new).unwrap();
        let deployed = member.deploy(&plane, log, "sum", example_views::counter());
        assert_eq!(deployed.unwrap()["success"], true);
    }
    for number in 1..=40 {
        for log in LOGS {
            let event = format!("{{\"inc\":{number}}}");
            assert_eq!(member.append(&plane, log, &event).unwrap(), number);
        }
    }
    let before = look_at_all(&member, &plane, 40);
    assert_eq!(before[0].answer, json!({ "value": 820 }));

    // Two archivers share the shards; one of them dies.
    let archivers = [run(&stores, "archiver"), run(&stores, "archiver")];
    until("everything is trimmed", || all_trimmed(&member, &plane, 40));
    assert_eq!(look_at_all(&member, &plane, 40), before);
    let [lost, left] = archivers;
    lost.kill();

    // A worker that has nothing in memory folds what is in the archive.
    worker.kill();
    let worker = run(&stores, "worker");
    assert_eq!(look_at_all(&member, &plane, 40), before);
    for number in 41..=60 {
        for log in LOGS {
            let event = format!("{{\"inc\":{number}}}");
            assert_eq!(member.append(&plane, log, &event).unwrap(), number);
        }
    }
    let before = look_at_all(&member, &plane, 60);
    until("the archiver that is left has trimmed the rest", || {
        all_trimmed(&member, &plane, 60)
    });
    // A backup that begins now knows of everything.
    std::thread::sleep(Duration::from_secs(8));
    assert!(!left.log().contains("no backup is made"), "{}", left.log());
    for node in [plane, worker, left] {
        node.kill();
    }

    let stores = stores.lose_all_but_objects(nats()).unwrap();
    let restored = stores
        .tool(&["restore", "--json", "--take-over"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&restored.stderr);
    assert!(restored.status.success(), "{errors}");
    let report: Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(report["logs"], 6, "{report}");
    assert_eq!(report["events"], 360, "{report}");
    assert_eq!(report["cut_off_logs"], 0, "{report}");
    let plane = run(&stores, "control-plane");
    let worker = run(&stores, "worker");
    let archiver = run(&stores, "archiver");
    assert_eq!(look_at_all(&member, &plane, 60), before);
    for log in LOGS {
        assert_eq!(member.append(&plane, log, "{\"inc\":1}").unwrap(), 61);
        let (answer, _) = member.query(&plane, log, "sum", 61).unwrap();
        assert_eq!(answer, json!({ "value": 1_831 }));
    }
    until("new events are archived", || {
        all_trimmed(&member, &plane, 61)
    });
    for node in [plane, worker, archiver] {
        node.stop().unwrap();
    }
}
