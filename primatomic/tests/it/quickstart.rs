//! The three commands that `dev` prints.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::harness::{Server, directory, text};

/// Runs a line as someone who copied it into a terminal.
fn shell(directory: &Path, line: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn printed_commands(server: &mut Server) -> Vec<String> {
    let lines = server.read_until("Stop with Ctrl-C");
    lines
        .iter()
        .map(|line| line.trim().to_owned())
        .filter(|line| line.starts_with("curl "))
        .collect()
}

#[test]
fn the_three_printed_commands_give_the_counters_value() {
    let directory = directory();
    let mut server = Server::start(directory.path());
    let commands = printed_commands(&mut server);
    assert_eq!(commands.len(), 3, "{commands:?}");
    let run = |line: &str| shell(directory.path(), line);
    let appended: serde_json::Value = serde_json::from_str(&run(&commands[0])).unwrap();
    assert_eq!(appended["sequence"], 1, "{appended}");
    let deployed: serde_json::Value = serde_json::from_str(&run(&commands[1])).unwrap();
    assert_eq!(deployed["success"], true, "{deployed}");
    assert_eq!(run(&commands[2]).trim(), counter_answer(10));
    // Read-after-write, also for someone who goes on by hand.
    run(&commands[0]);
    let at_two = commands[2].replace("/query", "/query?after=2");
    assert_eq!(run(&at_two).trim(), counter_answer(20));
    let key = directory.path().join("data/dev-key");
    let mode = std::fs::metadata(key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.stop();
}

#[test]
fn a_second_start_prints_commands_that_go_on() {
    let directory = directory();
    let mut server = Server::start(directory.path());
    let first = printed_commands(&mut server);
    for line in &first {
        shell(directory.path(), line);
    }
    let key = server.key();
    server.stop();
    let mut server = Server::start(directory.path());
    assert_eq!(server.key(), key);
    let commands = printed_commands(&mut server);
    for line in &commands[..2] {
        shell(directory.path(), line);
    }
    let answer = shell(directory.path(), &commands[2]);
    assert_eq!(answer.trim(), counter_answer(20));
    server.stop();
}

#[test]
fn a_path_with_blanks_and_quotes_works_as_printed() {
    let directory = directory();
    let data = "it's my data";
    let mut server = Server::start_with(directory.path(), &["--data", data]);
    let commands = printed_commands(&mut server);
    for line in &commands[..2] {
        shell(directory.path(), line);
    }
    let answer = shell(directory.path(), &commands[2]);
    assert_eq!(answer.trim(), counter_answer(10));
    server.stop();
}

#[test]
fn a_lost_key_file_is_replaced() {
    let directory = directory();
    let server = Server::start(directory.path());
    let key = server.key();
    server.stop();
    std::fs::remove_file(directory.path().join("data/dev-key")).unwrap();
    let server = Server::start(directory.path());
    assert_ne!(server.key(), key);
    assert_eq!(server.json(&["log", "list"])[0]["log_name"], "demo");
    server.stop();
}

pub(crate) fn counter_answer(value: i64) -> String {
    format!("{{\"value\":{value}}}")
}
