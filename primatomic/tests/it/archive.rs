//! The archive behind a whole server: what users see does not change when their events move.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Server, directory};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Archives, trims and tidies as soon as there is anything.
const EAGER: [&str; 12] = [
    "--archive-merged-blocks",
    "4",
    "--archive-segment-secs",
    "1",
    "--archive-segment-events",
    "50",
    "--archive-hot-secs",
    "0",
    "--idempotency-window-secs",
    "0",
    "--archive-tidy-secs",
    "1",
];

fn start(directory: &Path) -> Server {
    Server::start_with(directory, &EAGER)
}

/// Asks the HTTP API.
fn call(server: &Server, method: &str, path: &str, body: Option<&Value>) -> Value {
    let client = reqwest::blocking::Client::new();
    let method = method.parse().unwrap();
    let mut request = client
        .request(method, format!("{}{path}", server.url))
        .bearer_auth(server.key());
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().unwrap();
    let status = answer.status();
    let text = answer.text().unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn append(server: &Server, log: &str, from: u64, through: u64) {
    let lines: String = (from..=through)
        .map(|number| format!("{{\"inc\":{number}}}\n"))
        .collect();
    let arguments = ["append", log, "--ndjson", "--batch-events", "7"];
    server.run_with_input(&arguments, lines.as_bytes());
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Everything that a user can see of a log and its view.
#[derive(Debug, PartialEq)]
struct Seen {
    answer: Value,
    events: Vec<Value>,
    backwards: Vec<Value>,
    chain: Value,
}

fn look(server: &Server, log: &str, head: u64) -> Seen {
    let page = |direction: &str| {
        let mut events = Vec::new();
        let mut from = None;
        loop {
            let from_parameter = from.map_or_else(String::new, |from| format!("&from={from}"));
            let path = format!("/logs/{log}/events?limit=37&direction={direction}{from_parameter}");
            let page = call(server, "GET", &path, None);
            events.extend(page["events"].as_array().unwrap().iter().cloned());
            match page["next"].as_u64() {
                Some(next) => from = Some(next),
                None => return events,
            }
        }
    };
    let query = format!("/logs/{log}/views/sum/query?after={head}");
    Seen {
        answer: call(server, "POST", &query, None),
        events: page("forward"),
        backwards: page("backward"),
        chain: call(server, "GET", &format!("/logs/{log}"), None)["chain_hash"].clone(),
    }
}

fn archived_events(server: &Server, log: &str) -> u64 {
    let state = call(server, "GET", &format!("/logs/{log}"), None);
    assert_eq!(
        state["hot_events"].as_u64().unwrap() + state["archived_events"].as_u64().unwrap(),
        state["event_count"].as_u64().unwrap()
    );
    state["archived_events"].as_u64().unwrap()
}

#[test]
fn invariant_6_a_view_answers_the_same_before_and_after_archiving() {
    let directory = directory();
    let server = start(directory.path());
    let new = json!({"name": "kept", "retention": "keep_hot"});
    call(&server, "POST", "/logs", Some(&new));
    append(&server, "kept", 1, 300);
    server.deploy("kept", "sum", "counter");
    let before = look(&server, "kept", 300);
    assert_eq!(before.answer, json!({"value": 300 * 301 / 2}));
    assert_eq!(before.events.len(), 300);
    let changes = json!({"retention": "archive"});
    call(&server, "PATCH", "/logs/kept", Some(&changes));
    until("it is trimmed", || archived_events(&server, "kept") > 0);
    assert_eq!(look(&server, "kept", 300), before);
    server.run(&["log", "verify", "kept"]);
    // Without its memory, and without its snapshots, the view folds what is in the archive.
    server.kill();
    let snapshots = directory.path().join("data/objects/snapshots");
    if snapshots.exists() {
        std::fs::remove_dir_all(&snapshots).unwrap();
    }
    let server = start(directory.path());
    assert_eq!(look(&server, "kept", 300), before);
    // And it goes on.
    append(&server, "kept", 301, 400);
    let answer = look(&server, "kept", 400).answer;
    assert_eq!(answer, json!({"value": 400 * 401 / 2}));
    server.stop();
}

/// Copies a directory.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn keyed_append(server: &Server, key: &str, api_key: &str) -> (Value, bool) {
    let client = reqwest::blocking::Client::new();
    let answer = client
        .post(format!("{}/logs/log/append", server.url))
        .bearer_auth(api_key)
        .header("Idempotency-Key", key)
        .body("{\"inc\":1000}")
        .send()
        .unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let replayed = answer.headers().contains_key("Idempotency-Replayed");
    (
        answer.json::<Value>().unwrap()["sequence"].clone(),
        replayed,
    )
}

#[test]
fn everything_comes_back_from_the_object_store_alone() {
    let flags = ["--archive-segment-secs", "1", "--backup-secs", "2"];
    let old = directory();
    let server = Server::start_with(old.path(), &flags);
    let key = server.key();
    let new = json!({"name": "log", "retention": "archive"});
    call(&server, "POST", "/logs", Some(&new));
    append(&server, "log", 1, 200);
    let (sequence, replayed) = keyed_append(&server, "order-1", &key);
    assert_eq!((sequence.as_u64(), replayed), (Some(201), false));
    server.deploy("log", "sum", "counter");
    call(&server, "POST", "/logs/gone", None);
    call(&server, "DELETE", "/logs/gone", None);
    let before = look(&server, "log", 201);
    until("it is archived", || {
        let status = server.json(&["archive", "status", "--data", "data"]);
        let shard = &status["shards"][0];
        status["segments"].as_u64() > Some(0) && shard["position"] == shard["end"]
    });
    // Two more backups: the newest one knows of everything.
    let backups = old.path().join("data/objects/backups");
    let count = || std::fs::read_dir(&backups).map_or(0, Iterator::count);
    let enough = count() + 2;
    until("there are more backups", || count() >= enough);
    server.kill();

    let new = directory();
    copy(
        &old.path().join("data/objects"),
        &new.path().join("data/objects"),
    );
    // Another catalog's archive is not taken without a word.
    let careful = crate::harness::program()
        .args(["restore", "--data", "data"])
        .current_dir(new.path())
        .output()
        .unwrap();
    assert!(!careful.status.success());
    let refusal = String::from_utf8_lossy(&careful.stderr).into_owned();
    assert!(refusal.contains("--take-over"), "{refusal}");
    let restored = crate::harness::program()
        .args(["restore", "--data", "data", "--json", "--take-over"])
        .current_dir(new.path())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    let report: Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(report["events"], json!(201), "{report}");
    assert_eq!(report["cut_off_logs"], json!(0), "{report}");
    // A second one is refused: the stores are not empty any more.
    let again = crate::harness::program()
        .args(["restore", "--data", "data"])
        .current_dir(new.path())
        .output()
        .unwrap();
    assert!(!again.status.success());
    assert!(
        text(&again.stderr).contains("is not empty"),
        "{}",
        text(&again.stderr)
    );

    let server = Server::start_with(new.path(), &flags);
    assert_eq!(look(&server, "log", 201), before);
    server.run(&["log", "verify", "log"]);
    // The old key opens the door, a repeated request gets the old answer, and sequences go on.
    assert_eq!(keyed_append(&server, "order-1", &key), (json!(201), true));
    assert_eq!(keyed_append(&server, "order-2", &key), (json!(202), false));
    let answer = look(&server, "log", 202).answer;
    assert_eq!(answer, json!({"value": 200 * 201 / 2 + 2_000}));
    until("the new event is archived", || {
        let status = server.json(&["archive", "status", "--data", "data"]);
        status["shards"][0]["position"] == status["shards"][0]["end"]
    });
    assert_eq!(look(&server, "log", 202).answer, answer);
    server.stop();
}

/// What changed after the newest backup is added to it, and comes back as well.
#[test]
fn a_log_that_is_younger_than_the_newest_backup_comes_back() {
    let flags = ["--archive-segment-secs", "1", "--backup-secs", "20"];
    let old = directory();
    let server = Server::start_with(old.path(), &flags);
    let backups = old.path().join("data/objects/backups");
    let objects = |begin: &str| -> usize {
        let Ok(backups) = std::fs::read_dir(&backups) else {
            return 0;
        };
        let files = backups.flat_map(|backup| std::fs::read_dir(backup.unwrap().path()).unwrap());
        let begins = |name: String| name.starts_with(begin);
        files
            .filter(|file| begins(file.as_ref().unwrap().file_name().into_string().unwrap()))
            .count()
    };
    until("there is a backup", || objects("manifest") == 1);
    let before = objects("since-");
    call(&server, "POST", "/logs/young", None);
    append(&server, "young", 1, 30);
    until("it was added to", || objects("since-") > before);
    // What was added may have been read a moment before; what comes next holds it in any case.
    let before = objects("since-");
    call(&server, "POST", "/logs/younger", None);
    until("it was added to again", || objects("since-") > before);
    until("its five frames are archived", || {
        let status = server.json(&["archive", "status", "--data", "data"]);
        status["shards"][0]["position"] == 5
    });
    assert_eq!(objects("manifest"), 1, "another backup came in between");
    let key = server.key();
    server.kill();
    let new = directory();
    copy(
        &old.path().join("data/objects"),
        &new.path().join("data/objects"),
    );
    let restored = crate::harness::program()
        .args(["restore", "--data", "data", "--take-over"])
        .current_dir(new.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&restored.stderr);
    assert!(restored.status.success(), "{errors}");
    std::fs::write(new.path().join("data/dev-key"), key).unwrap();
    let server = Server::start_with(new.path(), &flags);
    let state = call(&server, "GET", "/logs/young", None);
    assert_eq!(state["head_sequence"], json!(30));
    server.run(&["log", "verify", "young"]);
    server.stop();
}

#[test]
fn the_status_of_the_archive_is_printed() {
    let directory = directory();
    let server = start(directory.path());
    append(&server, "demo", 1, 120);
    let status = || server.json(&["archive", "status", "--data", "data"]);
    until("everything is archived", || {
        let status = status();
        let shard = &status["shards"][0];
        status["segments"].as_u64() > Some(0) && shard["position"] == shard["end"]
    });
    let status = status();
    assert!(status["bytes"].as_u64().unwrap() > 0, "{status}");
    assert!(status["shards"][0]["held_by"].is_string(), "{status}");
    let text = server.run(&["archive", "status", "--data", "data"]);
    assert!(text.contains("SHARD"), "{text}");
    server.stop();
}

/// A crash at each named point of the archiver's order: nothing is lost, doubled or trimmed early.
#[test]
fn invariant_8_a_crash_between_any_two_steps_changes_nothing() {
    let points = [
        "Uploaded",
        "Recorded",
        "Trimmed",
        "TrimRecorded",
        "MergeUploaded",
        "MergeRecorded",
        "EraseUploaded",
        "EraseRecorded",
        "SegmentRemoved",
    ];
    let directory = directory();
    let server = start(directory.path());
    let new = json!({"name": "log", "retention": "archive"});
    call(&server, "POST", "/logs", Some(&new));
    append(&server, "log", 1, 10);
    server.deploy("log", "sum", "counter");
    server.kill();
    let mut head = 10;
    for point in points {
        let mut child = crate::harness::spawn_with(
            directory.path(),
            &["dev"],
            &[
                &EAGER[..],
                &["--archive-grace-secs", "1", "--archive-erase-secs", "2"],
            ]
            .concat(),
            &[("PRIMATOMIC_CRASH_AT", point)],
        );
        let url = crate::harness::url_of(&mut child);
        let mut crashed = false;
        let begun = Instant::now();
        let deadline = begun + TIMEOUT;
        let mut logs = 0;
        let ending = directory.path().to_owned();
        while Instant::now() < deadline && !crashed {
            // Some of these answers are cut off by the crash.
            let client = reqwest::blocking::Client::new();
            let key = std::fs::read_to_string(ending.join("data/dev-key")).unwrap();
            let send = |method: reqwest::Method, path: &str, body: String| {
                let request = client.request(method, format!("{url}{path}"));
                let request = request.bearer_auth(key.trim()).body(body);
                request
                    .send()
                    .is_ok_and(|answer| answer.status().is_success())
            };
            logs += 1;
            // A neighbour in the same segments, which is deleted again.
            let name = format!("{}-{logs}", point.to_lowercase());
            send(
                reqwest::Method::POST,
                &format!("/logs/{name}"),
                String::new(),
            );
            send(
                reqwest::Method::POST,
                &format!("/logs/{name}/append"),
                "neighbour".to_owned(),
            );
            let next = format!("{{\"inc\":{}}}", head + 1);
            let expected = client
                .post(format!("{url}/logs/log/append"))
                .bearer_auth(key.trim())
                .header("Expected-Sequence", head.to_string())
                .body(next)
                .send();
            if expected.is_ok_and(|answer| answer.status().is_success()) {
                head += 1;
            }
            std::thread::sleep(Duration::from_millis(300));
            send(
                reqwest::Method::DELETE,
                &format!("/logs/{name}"),
                String::new(),
            );
            crashed = child.try_wait().unwrap().is_some();
        }
        println!("{point} was reached after {:?}", begun.elapsed());
        // It may have been killed between storing and answering: the log says which.
        let _ = child.kill();
        let _ = child.wait();
        assert!(crashed, "the server was not seen to reach {point}");
        let server = start(directory.path());
        let state = call(&server, "GET", "/logs/log", None);
        let found = state["head_sequence"].as_u64().unwrap();
        assert!(
            found == head || found == head + 1,
            "{point}: {found}, {head}"
        );
        head = found;
        let seen = look(&server, "log", head);
        assert_eq!(
            seen.answer,
            json!({"value": head * (head + 1) / 2}),
            "{point}"
        );
        assert_eq!(seen.events.len() as u64, head, "{point}");
        let mut reversed = seen.backwards;
        reversed.reverse();
        assert_eq!(reversed, seen.events, "{point}");
        server.run(&["log", "verify", "log"]);
        server.kill();
    }
}
