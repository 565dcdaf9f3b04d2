//! A deleted log leaves its names in the audit log and nothing in any file, and so does a deleted view.
//! Other logs of the same tenant stay as they are.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::grep::files_with;
use super::tenant::{EVENTS, Filling, Tenant, event, until};
use super::{EAGER, NEIGHBOURS_EVENTS, Neighbour, example, places, rebuild_is_equal, url_of};
use crate::harness::{Server, directory, finish, spawn_with};

/// What names and configurations bear: the audit log keeps them, and backups hold it.
const NAMES: &str = "zqnamezq";
const NAMES_STAY: [&str; 2] = ["catalog.sqlite", "objects/backups"];

/// What nobody may find afterwards.
const BYTES: &str = "zqbytezq";

/// What the events of a log that stays bear.
const EVENTS_MARK: &str = "zqeventzq";

#[test]
fn a_deleted_log_leaves_its_names_in_the_audit_log_and_nothing_else() {
    let directory = directory();
    let data = directory.path().join("data");
    let server = Server::start_with(directory.path(), &EAGER);
    let component = example(&server);
    let neighbour = Neighbour::new(&server, &component);
    let tenant = Tenant::with_key(&server.key());
    // Two, one after the other: SQLite moves rows of the second when those of the first go.
    let logs = ["archive", "keep_hot"].map(|retention| format!("{NAMES}-{retention}"));
    for (log, retention) in logs.iter().zip(["archive", "keep_hot"]) {
        let filling = Filling {
            log,
            retention,
            names: NAMES,
            events: BYTES,
            component: BYTES,
        };
        tenant.fill(&server.url, &filling, &component);
    }
    until("a backup holds events that are in no segment", || {
        let append = format!("/logs/{}/append", logs[1]);
        tenant.call(&server.url, Method::POST, &append, &event(BYTES));
        places(&data, BYTES).contains(&"objects/backups".to_owned())
    });
    for _ in 0..NEIGHBOURS_EVENTS / 2 {
        neighbour.append(&server.url);
    }
    let before = neighbour.look(&server.url, NEIGHBOURS_EVENTS);
    // A worker that stops saves its views.
    server.stop();
    let server = Server::start_with(directory.path(), &EAGER);
    until("its bytes are everywhere", || {
        let found = places(&data, BYTES);
        let expected = [
            "events.sqlite",
            "objects/components",
            "objects/segments",
            "objects/snapshots",
        ];
        expected
            .iter()
            .all(|it| found.iter().any(|found| found == it))
    });

    let links = logs.map(|log| tenant.remove(&server.url, &format!("/logs/{log}")));
    for link in &links {
        tenant.until_done(&server.url, link);
    }
    let left = files_with(&data, BYTES);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(places(&data, NAMES), NAMES_STAY);
    assert_eq!(neighbour.look(&server.url, NEIGHBOURS_EVENTS), before);
    server.stop();
    let left = files_with(&data, BYTES);
    assert!(left.is_empty(), "{left:?}");
    rebuild_is_equal(directory.path());
    let server = Server::start_with(directory.path(), &EAGER);
    assert_eq!(neighbour.look(&server.url, NEIGHBOURS_EVENTS), before);
    server.stop();
}

/// The versions whose snapshots hold a text.
fn snapshots_with(data: &Path, text: &str) -> BTreeSet<String> {
    let found = files_with(data, text).into_iter();
    let found = found.filter_map(|path| {
        let inside = path.strip_prefix("objects/snapshots").ok()?;
        Some(inside.iter().next()?.to_string_lossy().into_owned())
    });
    found.collect()
}

#[test]
fn a_deleted_view_leaves_its_names_in_the_audit_log_and_nothing_else() {
    let directory = directory();
    let data = directory.path().join("data");
    let server = Server::start_with(directory.path(), &EAGER);
    let component = example(&server);
    let neighbour = Neighbour::new(&server, &component);
    let tenant = Tenant::with_key(&server.key());
    let filling = Filling {
        log: "kept",
        retention: "archive",
        names: NAMES,
        events: EVENTS_MARK,
        component: BYTES,
    };
    tenant.fill(&server.url, &filling, &component);
    for _ in 0..NEIGHBOURS_EVENTS / 2 {
        neighbour.append(&server.url);
    }
    let before = neighbour.look(&server.url, NEIGHBOURS_EVENTS);
    let look = |server: &Server| {
        let get = |path: &str| tenant.call(&server.url, Method::GET, path, &Value::Null);
        json!({
            "answer": tenant.ask(&server.url, "/logs/kept/views/shared", EVENTS),
            "events": get("/logs/kept/events?limit=10000")["events"],
            "chain": get("/logs/kept")["chain_hash"],
        })
    };
    let kept = look(&server);
    server.stop();
    let server = Server::start_with(directory.path(), &EAGER);
    until("its bytes are everywhere", || {
        places(&data, BYTES) == ["objects/components"]
            && snapshots_with(&data, EVENTS_MARK).len() == 2
    });
    let artifacts = || {
        std::fs::read_dir(data.join("objects/artifacts"))
            .unwrap()
            .count()
    };
    let artifacts_before = artifacts();

    let link = tenant.remove(&server.url, &format!("/logs/kept/views/{NAMES}"));
    tenant.until_done(&server.url, &link);
    let left = files_with(&data, BYTES);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(places(&data, NAMES), NAMES_STAY);
    assert_eq!(snapshots_with(&data, EVENTS_MARK).len(), 1);
    assert_eq!(artifacts(), artifacts_before - 1);
    assert_eq!(look(&server), kept);
    assert_eq!(neighbour.look(&server.url, NEIGHBOURS_EVENTS), before);
    server.stop();
    rebuild_is_equal(directory.path());
}

/// Each step is the last one before a crash once; the next start goes on.
#[test]
fn a_crash_in_the_middle_of_the_deletion_of_a_log_resumes() {
    let points = [
        "FramesRemoved",
        "SnapshotsRemoved",
        "ComponentRemoved",
        "Scrubbed",
        "EraseUploaded",
        "EraseRecorded",
        "SegmentRemoved",
        "ArchiveErased",
        "BackupsExpired",
    ];
    let directory = directory();
    let data = directory.path().join("data");
    let server = Server::start_with(directory.path(), &EAGER);
    let component = example(&server);
    let neighbour = Neighbour::new(&server, &component);
    let tenant = Tenant::with_key(&server.key());
    let marks: Vec<String> = (0..points.len())
        .map(|number| format!("{BYTES}{number:02}"))
        .collect();
    for (number, mark) in marks.iter().enumerate() {
        // In the same segment.
        neighbour.append(&server.url);
        let filling = Filling {
            log: &format!("log-{number}"),
            retention: "archive",
            names: NAMES,
            events: mark,
            component: mark,
        };
        tenant.fill(&server.url, &filling, &component);
    }
    let neighbours_events = NEIGHBOURS_EVENTS / 2 + points.len();
    let before = neighbour.look(&server.url, neighbours_events);
    server.stop();
    for (number, point) in points.iter().enumerate() {
        let variables = [("PRIMATOMIC_CRASH_AT", *point)];
        let mut child = spawn_with(directory.path(), &["dev"], &EAGER, &variables);
        // What is left to do of an earlier log may have it crash at once; then this one is deleted
        // later.
        if let Some(url) = url_of(&mut child) {
            tenant.try_delete(&url, &format!("/logs/log-{number}"), &Value::Null);
        }
        until("it crashes", || child.try_wait().unwrap().is_some());
        println!("{point} was reached");
    }
    let server = Server::start_with(directory.path(), &EAGER);
    for number in 0..points.len() {
        let log = format!("/logs/log-{number}");
        if tenant.send(&server.url, Method::GET, &log, "").0 == 200 {
            tenant.remove(&server.url, &log);
        }
    }
    let jobs = || {
        let list = tenant.call(&server.url, Method::GET, "/deletions", &Value::Null);
        list["deletions"].as_array().unwrap().clone()
    };
    assert_eq!(jobs().len(), points.len());
    until("all deletions are done", || {
        jobs().iter().all(|job| job["state"] == "done")
    });
    let left = files_with(&data, BYTES);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(neighbour.look(&server.url, neighbours_events), before);
    server.stop();
    rebuild_is_equal(directory.path());
}

#[test]
fn the_commands_show_deletions_of_logs_and_views() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.deploy("demo", "counter", "counter");
    let said = server.run(&["view", "delete", "demo", "counter", "--yes"]);
    assert!(said.contains("primatomic deletion show "), "{said}");
    let deleted = server.json(&["log", "delete", "demo", "--yes"]);
    let job = deleted["job_id"].as_str().unwrap();
    let shown = server.json(&["deletion", "show", job]);
    assert_eq!(shown["kind"], "log");
    let shown = server.run(&["deletion", "show", job]);
    assert!(shown.contains("log demo"), "{shown}");
    let listed = server.json(&["deletion", "list"]);
    assert_eq!(listed[0]["job_id"], job);
    assert_eq!(listed[1]["view_name"], "counter");
    let listed = server.run(&["deletion", "list", "--limit", "1"]);
    assert!(listed.contains("log demo") && !listed.contains("counter"));
    let nobodys = "0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f";
    let missing = finish(server.command(&["deletion", "show", nobodys]), b"");
    assert_eq!(missing.status.code(), Some(4), "{missing:?}");
    server.stop();
}
