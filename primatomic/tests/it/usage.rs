//! What a tenant used, as `primatomic usage` shows it: exact, once, and nothing that it did not ask for.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Server, directory};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Cuts many small segments and merges them.
const EAGER: [&str; 8] = [
    "--archive-segment-secs",
    "1",
    "--archive-segment-events",
    "1000",
    "--archive-merged-blocks",
    "2",
    "--archive-tidy-secs",
    "1",
];

const EVENT: &str = "{\"inc\":100}";

const EVENTS: usize = 20_000;

fn usage(server: &Server) -> Value {
    serde_json::from_str(&server.run(&["usage", "--json"])).unwrap()
}

fn exact(usage: &Value, field: &str) -> u128 {
    usage["exact"][field].as_str().unwrap().parse().unwrap()
}

/// Asks until the usage is as wanted.
fn until(server: &Server, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let found = usage(server);
        if holds(&found) {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "waited in vain until {what}: {found}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Seconds since midnight of the time up to which is counted.
fn second_of_day(usage: &Value) -> u128 {
    let until = usage["until"].as_str().unwrap();
    let number = |from: usize| until[from..from + 2].parse::<u128>().unwrap();
    number(11) * 3_600 + number(14) * 60 + number(17)
}

/// Storage grows by the bytes that are held, second by second, once they are archived.
fn grows_as_stored(server: &Server) {
    let bytes = (EVENT.len() * EVENTS) as u128;
    let deadline = Instant::now() + TIMEOUT;
    let mut before = usage(server);
    // Twice, so that what merges and restarts do is seen, too.
    let mut right = 0;
    while right < 2 {
        std::thread::sleep(Duration::from_millis(1_100));
        let after = usage(server);
        let grown = exact(&after, "storage_byte_seconds") - exact(&before, "storage_byte_seconds");
        let seconds = second_of_day(&after) - second_of_day(&before);
        right = match grown == bytes * seconds {
            true => right + 1,
            false => 0,
        };
        assert!(Instant::now() < deadline, "{before} {after}");
        before = after;
    }
}

#[test]
fn use_is_counted_exactly_and_once() {
    let directory = directory();
    let server = Server::start_with(directory.path(), &EAGER);
    let none = usage(&server);
    for field in ["storage_byte_seconds", "compute_ns", "data_out_bytes"] {
        assert_eq!(exact(&none, field), 0, "{none}");
    }
    server.run(&["log", "create", "big"]);
    let lines = format!("{EVENT}\n").repeat(EVENTS);
    server.run_with_input(&["append", "big", "--ndjson"], lines.as_bytes());
    server.run(&["view", "example", "counter", "-o", "counter.wasm"]);
    server.run(&["view", "deploy", "big", "counter", "counter.wasm"]);
    let answers: usize = (0..7)
        .map(|_| server.run(&["query", "big", "counter"]).trim_end().len())
        .sum();
    let built = until(&server, "answers are counted", |it| {
        exact(it, "data_out_bytes") == answers as u128
    });
    assert!(exact(&built, "compile_ns") > 0, "{built}");
    let folded = exact(&built, "compute_ns");
    assert!(folded > 0, "{built}");

    grows_as_stored(&server);

    // A worker that was killed folds everything again, which costs nothing.
    server.kill();
    let server = Server::start_with(directory.path(), &EAGER);
    let asked = server.run(&["query", "big", "counter"]).trim_end().len();
    let again = until(&server, "the answer is counted", |it| {
        exact(it, "data_out_bytes") == (answers + asked) as u128
    });
    std::thread::sleep(Duration::from_secs(2));
    let spent = exact(&usage(&server), "compute_ns") - folded;
    assert!(spent < folded / 2, "{spent} ns of {folded} ns: {again}");

    grows_as_stored(&server);

    // What is deleted stops counting, and what it was stays.
    server.run(&["log", "delete", "big", "--yes"]);
    std::thread::sleep(Duration::from_secs(2));
    let deleted = usage(&server);
    std::thread::sleep(Duration::from_millis(2_100));
    let later = usage(&server);
    let stored = exact(&deleted, "storage_byte_seconds");
    assert!(stored > 0, "{deleted}");
    assert_eq!(exact(&later, "storage_byte_seconds"), stored);
    server.stop();
}
