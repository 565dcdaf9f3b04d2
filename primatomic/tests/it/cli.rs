//! The client commands, there and back.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::harness::{Server, directory, finish, program, text};
use crate::quickstart::counter_answer;

#[test]
fn bytes_of_every_kind_come_back_as_they_were() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.run(&["log", "create", "bytes"]);
    let binary: Vec<u8> = (0..=255).collect();
    server.run_with_input(&["append", "bytes"], &binary);
    server.write("file", "für die Akten\n".as_bytes());
    server.run(&["append", "bytes", "--file", "file"]);
    server.run(&["append", "bytes", "--data", ""]);
    let mut command = server.command(&["events", "bytes", "--raw"]);
    let output = finish(std::mem::replace(&mut command, program()), b"");
    let expected = [&binary[..], b"\n", "für die Akten\n\n".as_bytes(), b"\n"].concat();
    assert_eq!(output.stdout, expected);
    assert!(
        server
            .run(&["log", "verify", "bytes"])
            .starts_with("Verified 3 events")
    );
    server.stop();
}

#[test]
fn logs_and_events_are_searched() {
    let directory = directory();
    let server = Server::start(directory.path());
    for log in ["shop_1", "shop_2", "other"] {
        server.run(&["log", "create", log]);
    }
    let listed = server.json(&["log", "list", "--prefix", "shop_"]);
    let names = listed.as_array().unwrap().iter();
    let names: Vec<_> = names.map(|log| log["log_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop_1", "shop_2"]);
    for event in ["{\"n\":1}", "{\"n\":2}", "text 2"] {
        server.run(&["append", "other", "--data", event]);
    }
    let events = |options: &[&str]| server.run(&[&["events", "other", "--raw"], options].concat());
    assert_eq!(events(&["--text", "2"]), "{\"n\":2}\ntext 2\n");
    assert_eq!(
        events(&["--text", "2", "--filter", "@.n > 1"]),
        "{\"n\":2}\n"
    );
    assert_eq!(events(&["--at", "2999-01-01T00:00:00Z"]), "");
    let before = ["--at", "2999-01-01T00:00:00Z", "--newest", "--limit", "1"];
    assert_eq!(events(&before), "text 2\n");
    let wrong = ["events", "other", "--filter", "@.n = 1"];
    let output = finish(server.command(&wrong), b"");
    assert!(text(&output.stderr).contains("column 5"));
    server.stop();
}

#[test]
fn an_import_is_complete_verified_and_can_be_repeated() {
    let directory = directory();
    let server = Server::start(directory.path());
    let lines: String = (0..2_500).map(|n| format!("{{\"inc\":{n}}}\n")).collect();
    server.write("events.ndjson", lines.as_bytes());
    let import = [
        "append",
        "demo",
        "--ndjson",
        "--file",
        "events.ndjson",
        "--batch-events",
        "1000",
        "--idempotency-prefix",
        "import-1",
    ];
    let first = server.json(&import);
    assert_eq!(first["batches"], 3);
    assert_eq!(first["replayed_batches"], 0);
    assert_eq!(first["last_sequence"], 2_500);
    let again = server.json(&import);
    assert_eq!(again["replayed_batches"], 3);
    assert_eq!(again["last_sequence"], 2_500);
    let events = server.run(&["events", "demo", "--all", "--raw"]);
    assert_eq!(events, lines);
    let newest = server.run(&["events", "demo", "--newest", "--limit", "2", "--raw"]);
    assert_eq!(newest, "{\"inc\":2499}\n{\"inc\":2498}\n");
    assert_eq!(server.json(&["log", "verify", "demo"])["sequence"], 2_500);

    // A file that changed is refused instead of appended in part twice.
    server.write("events.ndjson", lines.replace("2400", "7").as_bytes());
    let output = finish(server.command(&import), b"");
    assert_eq!(output.status.code(), Some(5));
    let message = text(&output.stderr);
    assert!(message.contains("idempotency_key_reused"), "{message}");
    assert!(message.contains("begins at line 2001"), "{message}");
    server.stop();
}

#[test]
fn an_import_that_meets_the_rate_limit_waits_and_is_complete() {
    let directory = directory();
    let flags = ["--rate-limit", "2", "--rate-burst", "2"];
    let server = Server::start_with(directory.path(), &flags);
    let import = [
        "append",
        "demo",
        "--ndjson",
        "--batch-events",
        "1",
        "--json",
    ];
    let imported = server.run_with_input(&import, b"1\n2\n3\n4\n");
    let imported: serde_json::Value = serde_json::from_str(&imported).unwrap();
    assert_eq!(imported["last_sequence"], 4);
    assert_eq!(imported["replayed_batches"], 0);
    server.stop();
}

#[test]
fn a_hash_that_was_noted_verifies_and_a_wrong_one_does_not() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.run(&["append", "demo", "--data", "one"]);
    let noted = server.json(&["log", "get", "demo"]);
    let hash = noted["chain_hash"].as_str().unwrap();
    server.run(&["append", "demo", "--data", "two"]);
    server.run(&["log", "verify", "demo", "--at", "1", "--hash", hash]);
    let wrong = ["log", "verify", "demo", "--at", "2", "--hash", hash];
    let output = finish(server.command(&wrong), b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("tampered with"));
    server.stop();
}

#[test]
fn a_tail_shows_history_and_then_what_is_appended() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.run(&["append", "demo", "--data", "one"]);
    server.run(&["append", "demo", "--data", "two"]);
    let mut tail = server
        .command(&["tail", "demo", "--last", "1", "--count", "3", "--raw"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    server.run(&["append", "demo", "--data", "three"]);
    assert_eq!(lines.next().unwrap().unwrap(), "three");
    server.run(&["append", "demo", "--data", "four"]);
    assert_eq!(lines.next().unwrap().unwrap(), "four");
    assert!(tail.wait().unwrap().success());
    server.stop();
}

#[test]
fn a_view_is_deployed_queried_replaced_and_deleted() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.deploy("demo", "counter", "counter");
    let appended = server.json(&["append", "demo", "--data", "{\"inc\":5}"]);
    assert_eq!(appended["sequence"], 1);
    let query = ["query", "demo", "counter", "--after", "1"];
    assert_eq!(server.run(&query), counter_answer(5));
    let answer = server.json(&query);
    assert_eq!(answer["sequence"], 1);
    assert_eq!(answer["data"], counter_answer(5));
    assert_eq!(answer["encoding"], "utf8");
    server.deploy("demo", "counter", "counter");
    let status = server.json(&["view", "status", "demo", "counter"]);
    assert_eq!(status["live_version"], 2);
    assert_eq!(status["versions"][1]["state"], "retired");
    assert!(server.run(&["view", "list", "demo"]).contains("counter"));
    server.run(&["view", "delete", "demo", "counter", "--yes"]);
    assert_eq!(
        server.json(&["view", "list", "demo"]),
        serde_json::json!([])
    );
    server.stop();
}

#[test]
fn a_profile_replaces_flags_and_login_checks_the_key() {
    let directory = directory();
    let server = Server::start(directory.path());
    let config = directory.path().join("config/config.toml");
    let run = |arguments: &[&str], input: &[u8]| {
        let mut command = program();
        command
            .args(arguments)
            .current_dir(directory.path())
            .env("PRIMATOMIC_CONFIG", &config);
        finish(command, input)
    };
    let wrong = run(&["login", "--url", &server.url], b"wrong\n");
    assert_eq!(wrong.status.code(), Some(3));
    assert!(!config.exists());
    let key = server.key();
    let right = run(
        &["login", "--url", &server.url],
        format!("{key}\n").as_bytes(),
    );
    assert!(right.status.success(), "{}", text(&right.stderr));
    assert!(text(&right.stdout).contains("as tenant dev"));
    let listed = run(&["log", "list"], b"");
    assert!(text(&listed.stdout).contains("demo"));
    let profiles = run(&["profile", "list"], b"");
    assert!(text(&profiles.stdout).contains(&server.url));
    assert!(!text(&profiles.stdout).contains(&key));
    // A flag wins over the profile.
    let flag = run(&["log", "list", "--url", "http://127.0.0.1:9"], b"");
    assert_eq!(flag.status.code(), Some(6));
    server.stop();
}

#[test]
fn secrets_are_in_no_log_line() {
    let directory = directory();
    let server = Server::start_with(directory.path(), &["--log", "debug"]);
    server.run(&["append", "demo", "--data", "very-secret-event"]);
    let key = server.key();
    server.stop();
    let log = crate::harness::log(directory.path());
    assert!(log.contains("listening"), "{log}");
    assert!(!log.contains(&key));
    assert!(!log.contains("very-secret-event"));
}

#[test]
fn metrics_are_on_the_internal_address_alone() {
    let directory = directory();
    let internal = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = internal.local_addr().unwrap().to_string();
    drop(internal);
    let server = Server::start_with(directory.path(), &["--internal-listen", &address]);
    server.run(&["append", "demo", "--data", "x"]);
    let get = |url: String| reqwest::blocking::get(url).unwrap();
    let page = get(format!("http://{address}/metrics")).text().unwrap();
    assert!(page.contains("http_answers_total"), "{page}");
    assert_eq!(get(format!("{}/metrics", server.url)).status(), 404);
    server.stop();
}

#[test]
fn completions_and_the_openapi_document_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let mut command = program();
        command.args(["completions", shell]);
        let script = text(&finish(command, b"").stdout);
        assert!(script.contains("primatomic"), "{shell}");
    }
    let mut command = program();
    command.arg("openapi");
    let document: serde_json::Value = serde_json::from_slice(&finish(command, b"").stdout).unwrap();
    assert!(document["paths"]["/logs/{log}/append"]["post"].is_object());
}
