//! One process per data directory and per address.

use std::os::unix::fs::PermissionsExt as _;

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
fn every_role_in_one_process_makes_no_tenant_and_closes_its_files_to_others() {
    let directory = directory();
    // Someone made the directory beforehand, open to everyone.
    std::fs::create_dir(directory.path().join("data")).unwrap();
    let server = Server::run_role(directory.path(), &["serve", "all"], &[]);
    let health = reqwest::blocking::get(format!("{}/health", server.url)).unwrap();
    assert_eq!(health.status(), 200);
    assert!(!directory.path().join("data/dev-key").exists());
    for file in ["catalog.sqlite", "events.sqlite"] {
        let file = directory.path().join("data").join(file);
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    server.stop();
}
