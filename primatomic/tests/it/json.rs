//! What `--json` prints. Scripts depend on it, so a change shows up here.

use serde_json::{Value, json};

use crate::harness::{Server, directory, finish};

/// Replaces what differs from run to run: ids, times, hashes and measurements.
fn fixed(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => items.iter_mut().for_each(|it| *it = fixed(it.take())),
        Value::Object(fields) => {
            for (name, field) in fields {
                let varies = name.ends_with("_id")
                    || name.ends_with("_at")
                    || name.ends_with("_hash")
                    || name.ends_with("_digest")
                    || name.ends_with("_ms")
                    || name.ends_with("_us")
                    || name.ends_with("_bytes")
                    || ["timestamp", "languages", "lag_seconds", "snapshots", "link"]
                        .contains(&name.as_str());
                *field = if varies && !field.is_null() {
                    json!(format!("[{name}]"))
                } else {
                    fixed(field.take())
                };
            }
        }
        _ => {}
    }
    value
}

#[test]
fn results_of_the_client_commands() {
    let directory = directory();
    let server = Server::start(directory.path());
    let run = |arguments: &[&str]| fixed(server.json(arguments));
    server.run(&["view", "example", "counter", "-o", "counter.wasm"]);
    let results = json!({
        "log create": run(&["log", "create", "orders", "--description", "All orders"]),
        "append": run(&["append", "orders", "--data", "{\"inc\":10}"]),
        "append --ndjson": run(&["append", "orders", "--ndjson", "--data", "{\"inc\":1}\n{\"dec\":2}"]),
        "log get": run(&["log", "get", "orders"]),
        "events --limit 1": run(&["events", "orders", "--limit", "1"]),
        "view deploy": run(&["view", "deploy", "orders", "counter", "counter.wasm"]),
        "query": run(&["query", "orders", "counter", "--after", "3"]),
        "view status": run(&["view", "status", "orders", "counter"]),
        "log verify": run(&["log", "verify", "orders"]),
        "view delete": run(&["view", "delete", "orders", "counter", "--yes"]),
        "log delete": run(&["log", "delete", "orders", "--yes"]),
        "log list": run(&["log", "list"]),
    });
    insta::assert_json_snapshot!("results", results);
    server.stop();
}

#[test]
fn errors_of_the_client_commands() {
    let directory = directory();
    let server = Server::start(directory.path());
    let fails = |arguments: &[&str]| -> Value {
        let output = finish(server.command(&[arguments, &["--json"]].concat()), b"");
        assert!(!output.status.success());
        fixed(serde_json::from_slice(&output.stderr).unwrap())
    };
    let errors = json!({
        "log get": fails(&["log", "get", "none"]),
        "log create": fails(&["log", "create", "demo"]),
        "append": fails(&["append", "demo", "--data", "x", "--expected-sequence", "7"]),
    });
    insta::assert_json_snapshot!("errors", errors);
    server.stop();
}
