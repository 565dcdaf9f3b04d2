//! `primatomic admin`, beside a server that runs.

use crate::harness::{Server, directory, finish, program, text};

fn admin(server: &Server, arguments: &[&str]) -> std::process::Output {
    let mut command = program();
    command
        .args(["admin", "tenant"])
        .args(arguments)
        .args(["--data", "data"])
        .current_dir(&server.directory);
    finish(command, b"")
}

fn json(server: &Server, arguments: &[&str]) -> serde_json::Value {
    let output = admin(server, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_operator_sets_limits_while_the_server_runs() {
    let directory = directory();
    let server = Server::start(directory.path());
    let listed = text(&admin(&server, &["list"]).stdout);
    assert!(listed.contains("dev"), "{listed}");
    let tenants = json(&server, &["list"]);
    let id = tenants[0]["tenant_id"].as_str().unwrap().to_owned();
    assert_eq!(tenants[0]["used"]["logs"], 1);
    assert_eq!(tenants[0]["limits"], serde_json::json!({}));

    let set = json(
        &server,
        &["limits", "dev", "--logs", "2", "--storage", "10G"],
    );
    let expected = serde_json::json!({ "logs": 2, "storage_bytes": 10_u64 << 30 });
    assert_eq!(set["limits"], expected);
    server.run(&["log", "create", "second"]);
    let refused = finish(server.command(&["log", "create", "third"]), b"");
    assert_eq!(refused.status.code(), Some(3));
    assert!(text(&refused.stderr).contains("log_limit_reached"));
    // What is not named stays.
    let set = json(
        &server,
        &["limits", &id, "--storage", "default", "--keys", "5"],
    );
    assert_eq!(set["limits"], serde_json::json!({ "logs": 2, "keys": 5 }));
    let shown = text(&admin(&server, &["show", "dev"]).stdout);
    assert!(shown.contains("storage (bytes)"), "{shown}");

    // A key that the server has not seen yet has the new rate at once.
    json(&server, &["rate", "dev", "--per-second", "7"]);
    let made = server.json(&["key", "create", "fresh"]);
    let answer = reqwest::blocking::Client::new()
        .get(format!("{}/tenants/me", server.url))
        .bearer_auth(made["key"].as_str().unwrap())
        .send()
        .unwrap();
    assert_eq!(answer.headers()["ratelimit-limit"], "10");
    let tenant: serde_json::Value = answer.json().unwrap();
    assert_eq!(tenant["rate_limit"]["per_second"], 7);
    let rate = json(&server, &["rate", "dev", "--unlimited"])["rate"].clone();
    assert_eq!(rate, serde_json::json!({ "per_second": 0, "burst": 0 }));
    assert!(json(&server, &["rate", "dev", "--default"])["rate"].is_null());

    // The tenant sees what was done to it.
    let audit = server.run(&["audit", "--actor", "system"]);
    let types: Vec<_> = audit.lines().map(|line| line.split('\t').nth(1)).collect();
    let [rate, limits] = ["tenant_rate_changed", "tenant_quotas_changed"].map(Some);
    assert_eq!(types, [rate, rate, rate, limits, limits]);

    let missing = admin(&server, &["show", "nobody"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("admin tenant list"));
    let nothing = admin(&server, &["rate", "dev"]);
    assert_eq!(nothing.status.code(), Some(2));
    server.stop();
}
