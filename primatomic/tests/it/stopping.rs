//! How a server stops when it is asked to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::{Server, directory};

/// Sends an append of ten bytes up to its last eight.
fn half_an_append(server: &Server) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let key = server.key();
    write!(
        stream,
        "POST /logs/demo/append HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nab"
    )
    .unwrap();
    // The server must have begun to read it.
    std::thread::sleep(Duration::from_millis(300));
    stream
}

#[test]
fn a_request_under_way_is_finished_before_the_server_stops() {
    let directory = directory();
    let mut server = Server::start(directory.path());
    let mut stream = half_an_append(&server);
    server.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    assert!(server.is_running());
    stream.write_all(b"cdefghij").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"sequence\":1"), "{answer}");
    assert!(server.wait().success());
    let server = Server::start(directory.path());
    assert_eq!(server.run(&["events", "demo", "--raw"]), "abcdefghij\n");
    server.stop();
}

#[test]
fn a_second_signal_stops_at_once() {
    let directory = directory();
    let mut server = Server::start(directory.path());
    let _stream = half_an_append(&server);
    server.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(server.is_running());
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(130));
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
