//! The exit codes that `--help` promises.

use crate::harness::{Server, directory, finish, program, text};

#[test]
fn each_kind_of_failure_has_its_exit_code_and_a_sentence() {
    let directory = directory();
    let server = Server::start(directory.path());
    let fails = |arguments: &[&str], code: i32, part: &str| {
        let output = finish(server.command(arguments), b"");
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
        assert!(message.contains(part), "{arguments:?}: {message}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    };
    server.write("text.wasm", b"this is no component");
    fails(
        &["append", "demo", "--file", "missing"],
        1,
        "can't read missing",
    );
    fails(
        &["view", "deploy", "demo", "v", "text.wasm"],
        1,
        "(422, invalid_component)",
    );
    fails(&["append"], 2, "Usage:");
    fails(&["log", "delete", "demo"], 2, "--yes");
    fails(&["log", "list", "--url", "ftp://x"], 2, "not an address");
    fails(
        &["log", "list", "--profile", "none"],
        2,
        "there is no profile none",
    );
    fails(
        &["log", "list", "--api-key", "wrong"],
        3,
        "(401, unauthenticated)",
    );
    fails(&["log", "get", "none"], 4, "(404, log_not_found)");
    fails(&["query", "demo", "none"], 4, "(404, view_not_found)");
    fails(&["log", "create", "demo"], 5, "(409, name_taken)");
    let expected = &["append", "demo", "--data", "x", "--expected-sequence", "7"];
    fails(expected, 5, "(409, sequence_mismatch)");
    server.stop();
}

#[test]
fn a_server_that_is_away_is_exit_code_6_and_not_waited_for() {
    let mut command = program();
    command.args(["log", "list", "--url", "http://127.0.0.1:9", "--json"]);
    let output = finish(command, b"");
    assert_eq!(output.status.code(), Some(6));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["code"], "unreachable");
    assert_eq!(error["exit_code"], 6);
}

#[test]
fn a_single_role_on_embedded_stores_is_refused_with_what_to_do() {
    for role in ["control-plane", "worker", "archiver"] {
        let mut command = program();
        command.args(["serve", role]);
        let output = finish(command, b"");
        assert_eq!(output.status.code(), Some(2));
        let message = text(&output.stderr);
        assert!(message.contains("primatomic serve all"), "{message}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "\"$0\" completions bash | head -n 1"]);
    command.arg(env!("CARGO_BIN_EXE_primatomic"));
    let output = finish(command, b"");
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert_eq!(text(&output.stderr), "");
}
