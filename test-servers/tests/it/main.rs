//! The servers that other tests run against. That there are tests of this package also makes
//! `cargo test` build its programs, which those of other packages start.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use reqwest::blocking::get;
use test_servers::{AccessKey, S3Server};

#[test]
fn an_s3_server_on_disk_lets_nobody_in_without_a_key_and_is_back_after_a_crash() {
    let mut server = S3Server::start_on_disk(AccessKey::generate(), "tests").unwrap();
    let bucket = format!("{}/tests", server.endpoint());
    assert_eq!(get(&bucket).unwrap().status(), 403);
    server.kill();
    assert!(get(&bucket).is_err());
    server.restart().unwrap();
    assert_eq!(get(&bucket).unwrap().status(), 403);
}
