//! `view test`: a component on a file of events, without a server.

use serde_json::{Value, json};

use crate::harness::{directory, finish, program, text};

fn run(directory: &std::path::Path, arguments: &[&str]) -> std::process::Output {
    let mut command = program();
    command.args(arguments).current_dir(directory);
    finish(command, b"")
}

fn example(directory: &std::path::Path, name: &str) {
    let file = format!("{name}.wasm");
    let written = run(directory, &["view", "example", name, "-o", &file]);
    assert!(written.status.success(), "{}", text(&written.stderr));
}

#[test]
fn a_component_runs_on_a_file_without_a_server() {
    let directory = directory();
    example(directory.path(), "counter");
    let events = "{\"inc\":10}\n{\"dec\":4}\n".repeat(1_000);
    std::fs::write(directory.path().join("events.ndjson"), events).unwrap();
    let arguments = ["view", "test", "counter.wasm", "events.ndjson", "--json"];
    let output = run(directory.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["world"], "primatomic:machine@0.0.1");
    assert_eq!(report["events"], 2_000);
    assert_eq!(report["query"]["data"], "{\"value\":6000}");
    assert_eq!(report["snapshot"]["verified"], true);
    assert!(report["ns_per_event"].as_f64().unwrap() > 0.0);
    assert!(report["memory_bytes"].as_u64().unwrap() >= 65_536);
}

#[test]
fn events_get_the_time_that_is_asked_for_and_parameters_reach_the_component() {
    let directory = directory();
    example(directory.path(), "usage-metering");
    let event = "{\"model\":\"m\",\"tokens_in\":1,\"tokens_out\":2}\n";
    std::fs::write(directory.path().join("events.ndjson"), event).unwrap();
    let at = ["--at", "2025-03-10T00:00:00Z", "--param", "month=2025-03"];
    let arguments = [
        &[
            "view",
            "test",
            "usage-metering.wasm",
            "events.ndjson",
            "--json",
        ][..],
        &at,
    ]
    .concat();
    let output = run(directory.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let answer: Value = serde_json::from_str(report["query"]["data"].as_str().unwrap()).unwrap();
    assert_eq!(answer, json!({"m": {"tokens_in": 1, "tokens_out": 2}}));
}

#[test]
fn an_event_that_can_not_be_folded_and_a_file_that_is_no_component_are_explained() {
    let directory = directory();
    example(directory.path(), "usage-metering");
    std::fs::write(directory.path().join("events.ndjson"), "{}\n[1]\n").unwrap();
    let arguments = ["view", "test", "usage-metering.wasm", "events.ndjson"];
    let output = run(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains("event 2"), "{message}");
    let output = run(
        directory.path(),
        &["view", "test", "events.ndjson", "events.ndjson"],
    );
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains("not a valid component"), "{message}");
}
