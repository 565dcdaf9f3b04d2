//! One process per data directory, and processes that stop when they are told to.

use std::io::{BufRead as _, BufReader, Read as _};

use rustix::process::Signal;

use crate::harness::{Server, directory, finish, program, text};

#[test]
fn a_second_process_on_a_data_directory_is_refused_with_a_sentence() {
    let directory = directory();
    let server = Server::start(directory.path());
    for arguments in [
        &["dev", "--listen", "127.0.0.1:0"][..],
        &["serve", "all", "--listen", "127.0.0.1:0"],
        &["migrate"],
        &["rebuild-catalog"],
    ] {
        let mut command = program();
        command.args(arguments).current_dir(directory.path());
        let output = finish(command, b"");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(
            message.contains("uses the data directory data already; stop it first"),
            "{message}"
        );
    }
    // The first one does not notice.
    assert_eq!(server.json(&["log", "list"])[0]["log_name"], "demo");
    server.stop();
}

#[test]
fn an_address_that_is_taken_is_refused_with_a_sentence() {
    let directory = directory();
    let server = Server::start(directory.path());
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut command = program();
    command
        .args(["dev", "--data", "other", "--listen", &address])
        .current_dir(directory.path());
    let output = finish(command, b"");
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains(&format!("can't listen on {address}")),
        "{message}"
    );
    server.stop();
}

#[test]
fn a_stop_ends_live_tails() {
    let directory = directory();
    let mut server = Server::start(directory.path());
    let mut tail = server.command(&["tail", "demo", "--from", "1", "--raw"]);
    let mut tail = tail.stdout(std::process::Stdio::piped()).spawn().unwrap();
    server.run(&["append", "demo", "--data", "seen"]);
    let mut line = String::new();
    let mut output = BufReader::new(tail.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "seen\n");
    server.signal(Signal::INT);
    assert!(server.wait().success());
    tail.kill().unwrap();
    tail.wait().unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
