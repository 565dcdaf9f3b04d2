//! `primatomic key`.

use crate::harness::{Server, directory, finish, program, text};

#[test]
fn a_key_is_made_listed_rotated_and_revoked() {
    let directory = directory();
    let server = Server::start(directory.path());
    let made = server.json(&["key", "create", "ingest", "--log", "demo"]);
    let secret = made["key"].as_str().unwrap();
    let id = made["id"].as_str().unwrap();
    let with = |secret: &str| {
        let arguments = ["append", "demo", "--data", "x", "--api-key", secret];
        let mut command = program();
        command.args(arguments).args(["--url", &server.url]);
        finish(command, b"").status.code()
    };
    assert_eq!(with(secret), Some(0));
    let listed = server.run(&["key", "list"]);
    let row = listed.lines().find(|line| line.contains(id)).unwrap();
    assert!(row.contains("ingest") && row.contains("member"), "{row}");
    assert!(!listed.contains(secret));

    let rotated = server.json(&["key", "rotate", id, "--overlap-secs", "60"]);
    let second = rotated["key"].as_str().unwrap();
    assert_eq!((with(secret), with(second)), (Some(0), Some(0)));
    let rotated = server.json(&["key", "rotate", id, "--overlap-secs", "0"]);
    let third = rotated["key"].as_str().unwrap();
    assert_eq!((with(second), with(third)), (Some(3), Some(0)));
    let said = server.run(&["key", "revoke", id, "--yes"]);
    assert_eq!(said, format!("Revoked key {id}.\n"));
    assert_eq!(with(third), Some(3));
    let audit = server.run(&["audit", "--about", id]);
    let types = audit.lines().map(|line| line.split('\t').nth(1).unwrap());
    let expected = ["key_revoked", "key_rotated", "key_rotated", "key_created"];
    assert!(types.eq(expected), "{audit}");
    let lines = server.run(&["audit", "--all", "--json"]);
    let oldest: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(oldest["type"], "tenant_created");
    server.stop();
}

#[test]
fn keys_are_recognised_without_a_server() {
    let key = protocol::api_key::ApiKey::generate();
    let key = key.expose();
    let check = |arguments: &[&str], input: &str| {
        let mut command = program();
        command.args(["key", "check"]).args(arguments);
        let output = finish(command, input.as_bytes());
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(check(&[key], ""), (Some(0), "1: an API key\n".to_owned()));
    let mistyped = format!("{}x", &key[..key.len() - 1]);
    let lines = format!("{key}\n{mistyped}\n");
    let (code, said) = check(&[], &lines);
    assert_eq!(code, Some(1));
    assert_eq!(said, "1: an API key\n2: not an API key\n");
    let (_, said) = check(&["--json"], &lines);
    assert_eq!(said, "{\"is_key\":[true,false]}\n");
}
