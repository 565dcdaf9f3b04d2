//! The page about usage metering works as written: its four calls, with real paths.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Server, directory, text};

/// `curl` as on the page, with an address and a key.
fn curl(server: &Server, path: &str, arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-sS", "-X", "POST"])
        .arg(format!("{}{path}", server.url))
        .args(["-H", &format!("Authorization: Bearer {}", server.key())])
        .args(arguments)
        .current_dir(Path::new(&server.directory))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn call(server: &Server, path: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&curl(server, path, arguments)).unwrap()
}

#[test]
fn the_four_calls_of_the_page_work_as_written() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.run(&[
        "view",
        "example",
        "usage-metering",
        "-o",
        "monthly_totals.wasm",
    ]);

    let created = call(
        &server,
        "/logs",
        &["-d", r#"{"name": "customer-acme-usage"}"#],
    );
    let log = created["log_id"].as_str().unwrap();

    let appended = call(
        &server,
        &format!("/logs/{log}/append"),
        &[
            "-d",
            r#"{"type": "api.call", "endpoint": "/v1/generate",
       "tokens_in": 150, "tokens_out": 420,
       "model": "gpt-4"}"#,
        ],
    );
    assert_eq!(appended["sequence"], 1);

    let view = format!("/logs/{log}/views/monthly-totals");
    let deployed = call(&server, &view, &["--data-binary", "@monthly_totals.wasm"]);
    assert!(deployed["view_id"].is_string(), "{deployed}");

    // The event has no time of its own, so it counts for the month in which it was appended.
    let events = server.json(&["events", log]);
    let month = &events["timestamp"].as_str().unwrap()[..7];
    let query = |month: &str| call(&server, &format!("{view}/query?month={month}"), &[]);
    assert_eq!(
        query(month),
        json!({"gpt-4": {"tokens_in": 150, "tokens_out": 420}})
    );

    // An event of the page's month gives the page's answer.
    let march = r#"{"model": "gpt-4", "tokens_in": 1482000, "tokens_out": 3291000,
        "timestamp": "2025-03-14T09:26:53Z"}"#;
    let appended = call(&server, &format!("/logs/{log}/append"), &["-d", march]);
    assert_eq!(appended["sequence"], 2);
    assert_eq!(
        query("2025-03&after=2"),
        json!({"gpt-4": {"tokens_in": 1_482_000, "tokens_out": 3_291_000}})
    );
    server.stop();
}
