//! Kills the server at random moments under concurrent appends and checks, from what the clients
//! noted, the first four things that must always hold:
//!
//! 1. an acknowledged event is readable at its sequence with the bytes that were sent,
//! 2. sequences are 1, 2, 3, … without gap or duplicate,
//! 3. a batch is there whole or not at all,
//! 4. the same Idempotency-Key never appends twice.
//!
//! And the hash chain over what is there is the one that the head claims. `PRIMATOMIC_CRASH_ROUNDS`
//! sets the number of rounds.

mod checker;
mod ledger;
mod writers;

use std::time::Duration;

use rand::RngExt as _;

use crate::harness::{Server, directory, spawn};
use checker::check;
use ledger::Ledger;
use writers::{Api, retry_uncertain, write_until};

const ROUNDS: u32 = 20;

/// Logs that are written to at the same time.
const LOGS: usize = 24;

/// After this many rounds new logs begin, so that checking does not take longer and longer.
const ROUNDS_PER_GENERATION: u32 = 10;

fn rounds() -> u32 {
    match std::env::var("PRIMATOMIC_CRASH_ROUNDS") {
        Ok(text) => text.parse().expect("PRIMATOMIC_CRASH_ROUNDS is a number"),
        Err(_) => ROUNDS,
    }
}

#[test]
fn what_was_acknowledged_survives_kills_at_random_moments() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let directory = directory();
    let mut ledger = Ledger::default();
    let mut logs = Vec::new();
    let mut total = ledger::Counts::default();
    for round in 0..rounds() {
        let mut rng = rand::rng();
        if rng.random_ratio(1, 4) {
            // A kill while the server opens its files and recovers.
            let mut child = spawn(directory.path(), &["dev"], &[]);
            std::thread::sleep(Duration::from_millis(rng.random_range(0..400)));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let server = Server::start(directory.path());
        let api = Api::new(&server);
        if round % ROUNDS_PER_GENERATION == 0 {
            total.add(&ledger.counts());
            ledger = Ledger::default();
            logs = runtime.block_on(api.create_logs(&format!("g{round}"), LOGS));
        }
        let until = Duration::from_millis(rng.random_range(20..700));
        let written = runtime.block_on(async {
            let writing = write_until(&api, &logs, round);
            tokio::time::sleep(until).await;
            server.kill();
            writing.finish().await
        });
        ledger.add(written);

        let server = Server::start(directory.path());
        let api = Api::new(&server);
        runtime.block_on(async {
            // First what is there, and then again after everything that is uncertain was repeated.
            check(&api, &logs, &ledger).await;
            retry_uncertain(&api, &mut ledger).await;
            check(&api, &logs, &ledger).await;
        });
        server.kill();
    }
    total.add(&ledger.counts());
    println!("{} rounds: {total}", rounds());
    assert!(total.acknowledged > u64::from(rounds()) * 20, "{total}");
}

#[test]
fn a_stop_under_concurrent_appends_takes_nothing_back() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = directory();
    let server = Server::start(directory.path());
    let api = Api::new(&server);
    let mut ledger = Ledger::default();
    let logs = runtime.block_on(api.create_logs("stop", LOGS));
    let written = runtime.block_on(async {
        let writing = write_until(&api, &logs, 0);
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.stop();
        writing.finish().await
    });
    ledger.add(written);
    let server = Server::start(directory.path());
    let api = Api::new(&server);
    runtime.block_on(async {
        check(&api, &logs, &ledger).await;
        retry_uncertain(&api, &mut ledger).await;
        check(&api, &logs, &ledger).await;
    });
    assert!(ledger.counts().acknowledged > 0);
    server.stop();
}
