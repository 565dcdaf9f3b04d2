//! What was acknowledged is there after a restart, however the process ended.

use crate::harness::{Server, directory};
use crate::quickstart::counter_answer;

#[test]
fn logs_events_and_views_survive_a_stop_and_a_kill() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.run(&["log", "create", "orders"]);
    server.deploy("orders", "counter", "counter");
    server.run(&["append", "orders", "--data", "{\"inc\":10}"]);
    let before = server.json(&["log", "get", "orders"]);
    server.stop();

    let server = Server::start(directory.path());
    assert_eq!(server.json(&["log", "get", "orders"]), before);
    let answer = server.run(&["query", "orders", "counter", "--after", "1"]);
    assert_eq!(answer, counter_answer(10));
    server.run(&["append", "orders", "--data", "{\"dec\":3}"]);
    server.kill();

    let server = Server::start(directory.path());
    let answer = server.run(&["query", "orders", "counter", "--after", "2"]);
    assert_eq!(answer, counter_answer(7));
    assert_eq!(server.json(&["log", "verify", "orders"])["verified"], true);
    server.stop();
}

#[test]
fn a_catalog_that_is_rebuilt_from_its_events_comes_out_equal() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.run(&["log", "create", "orders"]);
    server.deploy("orders", "counter", "counter");
    server.run(&["log", "create", "gone"]);
    server.run(&["log", "delete", "gone", "--yes"]);
    server.stop();

    let rebuild = || {
        let mut command = crate::harness::program();
        command
            .args(["rebuild-catalog", "--json"])
            .current_dir(directory.path());
        let output = crate::harness::finish(command, b"");
        assert!(output.status.success());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let report = rebuild();
    assert_eq!(report["equal"], true, "{report}");
    assert!(report["events"].as_u64().unwrap() >= 6, "{report}");

    let server = Server::start(directory.path());
    let logs = server.json(&["log", "list"]);
    let names: Vec<_> = logs
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["log_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["demo", "orders"]);
    assert_eq!(
        server.run(&["query", "orders", "counter"]),
        counter_answer(0)
    );
    server.stop();
}
