//! The commands that look after the catalog of a cluster.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use test_servers::cluster::{Member, Stores};
use test_servers::{NatsCluster, PostgresServer};

/// Runs a command on a database and returns what it printed.
fn run(command: &str, database_url: &str) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_primatomic"))
        .args([command, "--json"])
        .env("PRIMATOMIC_DATABASE_URL", database_url)
        .current_dir(directory.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {errors}");
    // Nothing belongs to this machine alone.
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn migrate_makes_the_catalog_of_an_empty_database() {
    let database = PostgresServer::start().unwrap();
    // There is nothing to rebuild from, and no table is missing.
    assert_eq!(run("migrate", &database.url()), json!({ "pending": 0 }));
    let rebuilt = run("rebuild-catalog", &database.url());
    assert_eq!(
        (&rebuilt["events"], &rebuilt["equal"]),
        (&json!(0), &json!(true))
    );
    assert_eq!(run("migrate", &database.url()), json!({ "pending": 0 }));
}

#[test]
fn rebuild_catalog_derives_the_tables_of_a_cluster_again() {
    let nats = NatsCluster::start(1).unwrap();
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let plane = stores.run("control-plane").unwrap();
    let member = Member::register(&plane, "acme").unwrap();
    for log in ["orders", "users"] {
        let log = json!({ "name": log });
        member.call(Method::POST, &plane, "/logs", &log).unwrap();
    }
    // The control plane goes on meanwhile.
    let rebuilt = run("rebuild-catalog", &stores.database.url());
    assert_eq!(rebuilt["equal"], true, "{rebuilt}");
    assert!(rebuilt["events"].as_u64() > Some(3), "{rebuilt}");
    let logs = member
        .call(Method::GET, &plane, "/logs", &Value::Null)
        .unwrap();
    assert_eq!(logs["logs"].as_array().map(Vec::len), Some(2), "{logs}");
    let more = json!({ "name": "more" });
    member.call(Method::POST, &plane, "/logs", &more).unwrap();
    plane.stop().unwrap();
}
