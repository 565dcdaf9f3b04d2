//! A deleted tenant leaves nothing in NATS, PostgreSQL and S3, and takes nothing of others with it; and
//! neither does a deleted log or view.
//!
//! Of PostgreSQL the rows are looked at, and not the files: what it keeps of deleted rows until its
//! next vacuum, and in its write-ahead log, is its own affair.

#[path = "../it/deletion/grep.rs"]
mod grep;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

use self::grep::files_with;

const TIMEOUT: Duration = Duration::from_secs(120);

const MARK: &str = "zqmarkzq";

/// Archivers that do everything as soon as they can.
const EAGER: [(&str, &str); 10] = [
    ("PRIMATOMIC_ARCHIVE_SEGMENT_SECS", "1"),
    ("PRIMATOMIC_ARCHIVE_SEGMENT_EVENTS", "20"),
    ("PRIMATOMIC_ARCHIVE_HOT_SECS", "0"),
    ("PRIMATOMIC_IDEMPOTENCY_WINDOW_SECS", "0"),
    ("PRIMATOMIC_ARCHIVE_TIDY_SECS", "1"),
    ("PRIMATOMIC_ARCHIVE_GRACE_SECS", "1"),
    ("PRIMATOMIC_ARCHIVE_ERASE_SECS", "2"),
    ("PRIMATOMIC_ARCHIVE_RECORD_SECS", "1"),
    ("PRIMATOMIC_BACKUP_SECS", "2"),
    ("PRIMATOMIC_BACKUPS_KEPT", "1"),
];

/// So many that they lie in every shard.
const LOGS: usize = 8;
const EVENTS: u64 = 10;

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Where the mark is.
fn places(stores: &Stores) -> Vec<String> {
    let mut places = Vec::new();
    if !files_with(stores.nats.servers[0].directory(), MARK).is_empty() {
        places.push("nats".to_owned());
    }
    let rows = stores.database.dump().unwrap();
    let hex: String = MARK.bytes().map(|byte| format!("{byte:02x}")).collect();
    let rows = String::from_utf8_lossy(&rows);
    if rows.contains(MARK) || rows.contains(&hex) {
        places.push("postgres".to_owned());
    }
    for kind in ["backups", "components", "segments"] {
        let holds = |path: &std::path::PathBuf| path.to_string_lossy().contains(kind);
        if files_with(stores.objects.directory(), MARK)
            .iter()
            .any(holds)
        {
            places.push(kind.to_owned());
        }
    }
    places
}

/// Appends events, which bear a text or none, to logs that are named after another.
fn fill(member: &Member, plane: &Node, name: &str, text: Option<&str>) {
    for number in 0..LOGS {
        let log = format!("{name}-{number}");
        let new = json!({ "name": log, "description": name, "retention": "keep_hot" });
        member.call(Method::POST, plane, "/logs", &new).unwrap();
        for inc in 1..=EVENTS {
            // The counter takes no event that bears more.
            let event = match text {
                Some(text) => format!("{{\"inc\":{inc},\"note\":\"{text}\"}}"),
                None => format!("{{\"inc\":{inc}}}"),
            };
            assert_eq!(member.append(plane, &log, &event).unwrap(), inc);
        }
    }
}

fn look(member: &Member, plane: &Node, text: &str) -> Vec<Value> {
    let look = |number: usize| {
        let log = format!("/logs/{text}-{number}/events");
        member.call(Method::GET, plane, &log, &Value::Null).unwrap()
    };
    (0..LOGS).map(look).collect()
}

/// A component that bears the mark.
fn marked_component() -> Vec<u8> {
    let mut component = example_views::counter().to_vec();
    component.extend([0, 13, 4]);
    component.extend(b"note");
    component.extend(MARK.as_bytes());
    component
}

fn stores() -> Stores {
    let nats = NatsCluster::start(1).unwrap();
    Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap()
}

#[test]
fn a_deleted_tenant_leaves_nothing_in_any_store() {
    let stores = stores();
    let run = |role: &str| stores.run_with(role, &EAGER).unwrap();
    let planes = [run("control-plane"), run("control-plane")];
    let plane = &planes[0];
    let (worker, archiver) = (run("worker"), run("archiver"));
    // Each node has a mailbox of its own.
    let neighbour = Member::register(&planes[1], "neighbour").unwrap();
    let owner = Member::register(plane, MARK).unwrap();
    owner.create_key(plane, &format!("key of {MARK}")).unwrap();
    let invited = json!({ "email": format!("invited@{MARK}.example") });
    let invitations = "/tenants/me/invitations";
    owner
        .call(Method::POST, plane, invitations, &invited)
        .unwrap();
    fill(&neighbour, plane, "theirs", None);
    fill(&owner, plane, MARK, Some(MARK));
    let own = marked_component();
    let log = format!("{MARK}-0");
    for (view, component) in [(MARK, own.as_slice()), ("shared", example_views::counter())] {
        let deployed = owner.deploy(plane, &log, view, component).unwrap();
        assert_eq!(deployed["success"], true, "{deployed}");
    }
    let theirs = neighbour.deploy(plane, "theirs-0", "sum", example_views::counter());
    assert_eq!(theirs.unwrap()["success"], true);
    let before = look(&neighbour, plane, "theirs");
    let answer = neighbour.query(plane, "theirs-0", "sum", EVENTS).unwrap().0;
    let everywhere = ["nats", "postgres", "backups", "components", "segments"];
    until("the mark is everywhere", || places(&stores) == everywhere);

    let body = json!({ "short_name": MARK, "immediately": true });
    let job = owner
        .call(Method::DELETE, plane, "/tenants/me", &body)
        .unwrap();
    let link = job["link"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    // Every node knows how far it is.
    until("nothing is left", || {
        let job = neighbour.call(Method::GET, &planes[1], &link, &Value::Null);
        job.unwrap()["step"] == "done"
    });
    println!("it took {:?}", begun.elapsed());
    let left = places(&stores);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(look(&neighbour, plane, "theirs"), before);
    let again = neighbour.query(plane, "theirs-0", "sum", EVENTS).unwrap().0;
    assert_eq!(again, answer);
    assert!(
        owner
            .call(Method::GET, plane, "/logs", &Value::Null)
            .is_err()
    );
    for node in planes {
        node.stop().unwrap();
    }
    for node in [worker, archiver] {
        node.stop().unwrap();
    }
}

#[test]
fn deleted_logs_and_views_leave_nothing_in_any_store() {
    let stores = stores();
    let run = |role: &str| stores.run_with(role, &EAGER).unwrap();
    let planes = [run("control-plane"), run("control-plane")];
    let plane = &planes[0];
    let (worker, archiver) = (run("worker"), run("archiver"));
    let owner = Member::register(plane, "owner").unwrap();
    fill(&owner, plane, "kept", None);
    fill(&owner, plane, "gone", Some(MARK));
    // The same component on a log that goes and on one that stays.
    for (log, view, component) in [
        ("gone-0", "sum", &marked_component()[..]),
        ("kept-0", "gone", &marked_component()),
        ("kept-0", "sum", example_views::counter()),
    ] {
        let deployed = owner.deploy(plane, log, view, component).unwrap();
        assert_eq!(deployed["success"], true, "{deployed}");
    }
    let before = look(&owner, plane, "kept");
    let answer = owner.query(plane, "kept-0", "sum", EVENTS).unwrap().0;
    until("the mark is everywhere", || {
        let found = places(&stores);
        let expected = ["nats", "components", "segments"];
        expected
            .iter()
            .all(|it| found.iter().any(|found| found == it))
    });
    let delete = |path: &str| {
        let job = owner.call(Method::DELETE, plane, path, &Value::Null);
        job.unwrap()["link"].as_str().unwrap().to_owned()
    };
    // Every node knows how far it is.
    let until_done = |link: &str| {
        until("a deletion is done", || {
            let job = owner.call(Method::GET, &planes[1], link, &Value::Null);
            job.unwrap()["step"] == "done"
        });
    };
    let links: Vec<String> = (0..LOGS)
        .map(|number| delete(&format!("/logs/gone-{number}")))
        .collect();
    links.iter().for_each(|link| until_done(link));
    assert_eq!(places(&stores), ["components"]);
    until_done(&delete("/logs/kept-0/views/gone"));
    assert_eq!(places(&stores), [""; 0]);
    assert_eq!(look(&owner, plane, "kept"), before);
    let again = owner.query(plane, "kept-0", "sum", EVENTS).unwrap().0;
    assert_eq!(again, answer);
    for node in planes {
        node.stop().unwrap();
    }
    for node in [worker, archiver] {
        node.stop().unwrap();
    }
}
