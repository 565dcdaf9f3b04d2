//! What is deleted (a tenant here, a log or a view in `parts`) leaves nothing in any file, wherever a
//! crash stops its deletion, and takes nothing of others with it.

pub(crate) mod grep;
mod parts;
mod tenant;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use self::grep::files_with;
use self::tenant::{Tenant, log_in, step, until};
use crate::harness::{Server, directory, finish, program, spawn_with, text};

/// Archives, trims, tidies, backs up and forgets as soon as there is anything.
const EAGER: [&str; 18] = [
    "--archive-segment-secs",
    "1",
    "--archive-hot-secs",
    "0",
    "--idempotency-window-secs",
    "0",
    "--archive-tidy-secs",
    "1",
    "--archive-grace-secs",
    "1",
    "--archive-erase-secs",
    "2",
    "--archive-record-secs",
    "1",
    "--backup-secs",
    "2",
    "--backups-kept",
    "1",
];

const NEIGHBOURS_EVENTS: usize = 20;

fn example(server: &Server) -> Vec<u8> {
    server.run(&["view", "example", "usage-metering", "-o", "shared.wasm"]);
    std::fs::read(server.directory.join("shared.wasm")).unwrap()
}

/// Another tenant, in the same segments and with the same component.
struct Neighbour(Tenant);

impl Neighbour {
    fn new(server: &Server, component: &[u8]) -> Self {
        let tenant = Tenant::with_key(&server.key());
        let new = json!({ "name": "theirs", "retention": "archive" });
        tenant.call(&server.url, Method::POST, "/logs", &new);
        let upload = "/logs/theirs/views/totals";
        let (status, answer) = tenant.send(&server.url, Method::POST, upload, component.to_vec());
        assert_eq!(status, 201, "{answer}");
        let neighbour = Self(tenant);
        for _ in 0..NEIGHBOURS_EVENTS / 2 {
            neighbour.append(&server.url);
        }
        neighbour
    }

    fn append(&self, url: &str) {
        let event = json!({
            "type": "api.call", "endpoint": "/v1/x", "tokens_in": 1, "tokens_out": 1,
            "model": "theirs"
        });
        self.0
            .call(url, Method::POST, "/logs/theirs/append", &event);
    }

    /// What they see of their log and view.
    fn look(&self, url: &str, head: usize) -> Value {
        let get = |path: &str| self.0.call(url, Method::GET, path, &Value::Null);
        json!({
            "answer": self.0.ask(url, "/logs/theirs/views/totals", head),
            "events": get("/logs/theirs/events?limit=1000")["events"],
            "chain": get("/logs/theirs")["chain_hash"],
        })
    }
}

/// The kinds of files in which the mark is.
fn places(data: &Path, mark: &str) -> Vec<String> {
    let mut places: Vec<String> = files_with(data, mark)
        .iter()
        .map(|path: &PathBuf| {
            let parts: Vec<_> = path.iter().map(|it| it.to_string_lossy()).collect();
            match parts.first().map(AsRef::as_ref) {
                Some("objects") => format!("objects/{}", parts[1]),
                Some(first) => first.trim_end_matches("-wal").to_owned(),
                None => String::new(),
            }
        })
        .collect();
    places.dedup();
    places
}

fn rebuild_is_equal(directory: &Path) {
    let mut command = program();
    command
        .args(["rebuild-catalog", "--data", "data", "--json"])
        .current_dir(directory);
    let output = finish(command, b"");
    let report: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!(report["equal"], true, "{report}");
}

/// The address that a server says it serves, unless it ends before.
fn url_of(child: &mut Child) -> Option<String> {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let (_, url) = line.trim_end().split_once(" listening on ")?;
    Some(url.to_owned())
}

fn tenants_of_guest(server: &Server) -> Vec<String> {
    let login = log_in(&server.url, "guest@example.org");
    let tenants = login["tenants"].as_array().unwrap().iter();
    tenants
        .map(|tenant| tenant["short_name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_deleted_tenant_leaves_nothing_in_any_file() {
    let directory = directory();
    let data = directory.path().join("data");
    let server = Server::start_with(directory.path(), &EAGER);
    let component = example(&server);
    let neighbour = Neighbour::new(&server, &component);
    let tenant = Tenant::sign_up(&server.url, &data, "zqmarkzq");
    for retention in ["archive", "keep_hot"] {
        tenant.leave_marks(&server.url, retention, &component);
    }
    tenant.invite(&server.url, "invited-zqmarkzq@example.org");
    // Somebody who stays: the mail to them and the membership bear the mark as well.
    let guest = Tenant::sign_up(&server.url, &data, "guest");
    let invitation = tenant.invite(&server.url, "guest@example.org");
    guest.accept(&server.url, &invitation);
    assert_eq!(tenants_of_guest(&server).len(), 2);
    for _ in 0..NEIGHBOURS_EVENTS / 2 {
        neighbour.append(&server.url);
    }
    let before = neighbour.look(&server.url, NEIGHBOURS_EVENTS);
    // A worker that stops saves its views.
    server.stop();
    let server = Server::start_with(directory.path(), &EAGER);
    let expected = [
        "catalog.sqlite",
        "events.sqlite",
        "mail",
        "objects/backups",
        "objects/components",
        "objects/segments",
        "objects/snapshots",
    ];
    until("the mark is everywhere", || {
        places(&data, "zqmarkzq") == expected
    });

    let artifacts = || {
        std::fs::read_dir(data.join("objects/artifacts"))
            .unwrap()
            .count()
    };
    let artifacts_before = artifacts();
    let link = tenant.delete(&server.url);
    let begun = Instant::now();
    until("nothing is left", || {
        step(&server.url, &link).as_deref() == Some("done")
    });
    println!("it took {:?}", begun.elapsed());
    let left = files_with(&data, "zqmarkzq");
    assert!(left.is_empty(), "{left:?}");
    // One was compiled from the tenant's own component; the other one is the neighbour's, too.
    assert_eq!(artifacts(), artifacts_before - 1);
    let (status, _) = tenant.send(&server.url, Method::GET, "/tenants/me", "");
    assert_eq!(status, 401);
    assert_eq!(tenants_of_guest(&server), ["guest"]);
    guest.call(&server.url, Method::GET, "/logs", &Value::Null);
    assert_eq!(neighbour.look(&server.url, NEIGHBOURS_EVENTS), before);
    server.stop();
    let left = files_with(&data, "zqmarkzq");
    assert!(left.is_empty(), "{left:?}");
    rebuild_is_equal(directory.path());
    let server = Server::start_with(directory.path(), &EAGER);
    assert_eq!(neighbour.look(&server.url, NEIGHBOURS_EVENTS), before);
    server.stop();
}

/// Each step is the last one before a crash once; the next start goes on.
#[test]
fn a_crash_in_the_middle_of_a_deletion_resumes() {
    let points = [
        "DeletionStarted",
        "LogsRemoved",
        "RecordsErased",
        "FramesRemoved",
        "SnapshotsRemoved",
        "ComponentRemoved",
        "BytesRemoved",
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
    let mut tenants = Vec::new();
    for number in 0..points.len() {
        let tenant = Tenant::sign_up(&server.url, &data, &format!("zqmark{number:02}zq"));
        tenant.leave_marks(&server.url, "archive", &component);
        tenants.push(tenant);
    }
    for _ in 0..NEIGHBOURS_EVENTS / 2 {
        neighbour.append(&server.url);
    }
    let before = neighbour.look(&server.url, NEIGHBOURS_EVENTS);
    server.stop();
    let mut links = Vec::new();
    for (point, tenant) in points.iter().zip(&tenants) {
        let variables = [("PRIMATOMIC_CRASH_AT", *point)];
        let mut child = spawn_with(directory.path(), &["dev"], &EAGER, &variables);
        // What is left to do of an earlier tenant may have it crash at once; then this one is deleted
        // later.
        let body = json!({ "short_name": tenant.mark, "immediately": true });
        let url = url_of(&mut child);
        let deleted = url.and_then(|url| tenant.try_delete(&url, "/tenants/me", &body));
        let mut crashed = false;
        until("it crashes", || {
            crashed = child.try_wait().unwrap().is_some();
            crashed
        });
        println!("{point} was reached");
        links.push(deleted);
    }
    let server = Server::start_with(directory.path(), &EAGER);
    for (tenant, link) in tenants.iter().zip(links) {
        let link = match link {
            Some(link) => link,
            None => {
                let (status, _) = tenant.send(&server.url, Method::GET, "/tenants/me", "");
                if status == 401 {
                    continue; // The answer was cut off, not the deletion.
                }
                tenant.delete(&server.url)
            }
        };
        until("a deletion is done", || {
            step(&server.url, &link).as_deref() == Some("done")
        });
    }
    until("all marks are gone", || {
        files_with(&data, "zqmark").is_empty()
    });
    assert_eq!(neighbour.look(&server.url, NEIGHBOURS_EVENTS), before);
    server.stop();
    rebuild_is_equal(directory.path());
}

#[test]
fn the_commands_show_delete_and_restore_a_tenant() {
    let directory = directory();
    let server = Server::start(directory.path());
    let shown = server.json(&["tenant", "show"]);
    assert_eq!(shown["short_name"], "dev");
    assert_eq!(shown["deletion"], Value::Null);
    let refused = finish(server.command(&["tenant", "delete", "dev"]), b"");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let wrong = finish(server.command(&["tenant", "delete", "other", "--yes"]), b"");
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    let job = server.json(&["tenant", "delete", "dev", "--yes"]);
    assert_eq!(job["state"], "scheduled");
    let closed = finish(server.command(&["log", "list"]), b"");
    assert_eq!(closed.status.code(), Some(3), "{closed:?}");
    let id = job["job_id"].as_str().unwrap();
    assert_eq!(server.json(&["tenant", "deletion", id]), job);
    assert!(server.run(&["tenant", "show"]).contains(id));
    assert!(server.run(&["tenant", "restore"]).contains("is open"));
    server.run(&["log", "list"]);
    let said = server.run(&["tenant", "delete", "dev", "--yes"]);
    assert!(said.contains("primatomic tenant restore"), "{said}");
    server.stop();
}
