//! What guests see of WASI: the same always and everywhere, or a trap.

use protocol::{Sequence, Timestamp};
use worker::engine::{Answer, EventRun, Fault, Machine, MachineLimits};

use crate::guests::{Guest, pack};

pub(crate) const WALL_CLOCK: &str = "package wasi:clocks@0.2.3;
interface wall-clock {
  record datetime { seconds: u64, nanoseconds: u32 }
  now: func() -> datetime;
}";

const RANDOM: &str = "package wasi:random@0.2.3;
interface random { get-random-u64: func() -> u64; get-random-bytes: func(len: u64) -> list<u8>; }";

const EXIT: &str = "package wasi:cli@0.2.3;
interface exit { exit: func(status: result); }
interface environment { get-arguments: func() -> list<string>; }";

const FILES: &str = "package wasi:filesystem@0.2.3;
interface types { remove: func(path: string); }";

const SOCKETS: &str = "package wasi:sockets@0.2.3;
interface network { connect: func(port: u32); }";

fn words(machine: &mut dyn Machine, at: u64) -> Vec<u64> {
    match machine.query(Timestamp(at), &[], b"").unwrap() {
        Answer::Response(response) => response
            .body
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn ready(guest: &Guest) -> Box<dyn Machine> {
    let mut machine = guest.start(&MachineLimits::default());
    machine.init(b"").unwrap();
    machine
}

const ANSWER: &str = "(i32.store (i32.const 64) (i32.const 0))
    (i32.store (i32.const 68) (i32.const 16)) (i32.const 64)";

#[test]
fn the_clock_is_the_timestamp_of_the_event_and_of_the_query() {
    let clock = |guest: Guest| {
        guest
            .importing(WALL_CLOCK, "wasi:clocks/wall-clock@0.2.3")
            .with(
                "imports",
                r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#,
            )
    };
    // Sums up the seconds at which events were appended, at 32; a query adds its own time.
    let append = "(call $now (i32.const 128))
    (i64.store (i32.const 32) (i64.add (i64.load (i32.const 32)) (i64.load (i32.const 128))))";
    let query = format!(
        "(call $now (i32.const 128))
    (i64.store (i32.const 0) (i64.load (i32.const 32)))
    (i64.store (i32.const 8) (i64.add (i64.mul (i64.load (i32.const 128)) (i64.const 1000000000)) (i64.load32_u (i32.const 136)))) {ANSWER}"
    );
    let guest = clock(Guest::v0())
        .with("append", append)
        .with("query", &*query);
    let mut machine = ready(&guest);
    let packed = pack(&["a", "b"]);
    let run = |first, timestamp| EventRun {
        first: Sequence::new(first).unwrap(),
        timestamp: Timestamp(timestamp),
        count: 2,
        packed: &packed,
    };
    machine
        .fold(&[run(1, 3_000_000), run(3, 10_000_000)])
        .unwrap();
    assert_eq!(words(&mut *machine, 1_500_007), [26, 1_500_007_000]);
}

#[test]
fn random_numbers_begin_anew_with_every_call() {
    let guest = Guest::v0()
        .importing(RANDOM, "wasi:random/random@0.2.3")
        .with(
            "imports",
            r#"(import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))"#,
        )
        .with(
            "query",
            format!("(i64.store (i32.const 0) (call $random)) (i64.store (i32.const 8) (call $random)) {ANSWER}"),
        );
    let mut machine = ready(&guest);
    let first = words(&mut *machine, 1);
    assert_ne!(first[0], first[1]);
    assert_eq!(words(&mut *machine, 2), first);
    assert_eq!(words(&mut *ready(&guest), 3), first);
}

#[test]
fn what_cannot_be_had_traps_with_a_sentence() {
    let fault = |package, interface, import: &str, call: &str| {
        let guest = Guest::v0()
            .importing(package, interface)
            .with("imports", import)
            .with("query", format!("{call} (i32.const 64)"));
        let mut machine = ready(&guest);
        let fault = machine.query(Timestamp(0), &[], b"").unwrap_err();
        assert_eq!(machine.query(Timestamp(0), &[], b""), Err(Fault::Poisoned));
        fault.to_string()
    };
    assert_eq!(
        fault(
            FILES,
            "wasi:filesystem/types@0.2.3",
            r#"(import "wasi:filesystem/types@0.2.3" "remove" (func $f (param i32 i32)))"#,
            "(call $f (i32.const 0) (i32.const 1))",
        ),
        "the component trapped: it called `remove` of `wasi:filesystem/types`, and views have no \
         files"
    );
    assert_eq!(
        fault(
            SOCKETS,
            "wasi:sockets/network@0.2.3",
            r#"(import "wasi:sockets/network@0.2.3" "connect" (func $f (param i32)))"#,
            "(call $f (i32.const 80))",
        ),
        "the component trapped: it called `connect` of `wasi:sockets/network`, and views have no \
         network"
    );
    assert_eq!(
        fault(
            EXIT,
            "wasi:cli/exit@0.2.3",
            r#"(import "wasi:cli/exit@0.2.3" "exit" (func $f (param i32)))"#,
            "(call $f (i32.const 1))",
        ),
        "the component trapped: it called `exit`, which ends nothing here"
    );
    assert_eq!(
        fault(
            RANDOM,
            "wasi:random/random@0.2.3",
            r#"(import "wasi:random/random@0.2.3" "get-random-bytes" (func $f (param i64 i32)))"#,
            "(call $f (i64.const -1) (i32.const 128))",
        ),
        "the component trapped: it asked for 18446744073709551615 random bytes at once, and gets \
         at most 1048576"
    );
    assert_eq!(
        fault(
            EXIT,
            "wasi:cli/environment@0.2.3",
            r#"(import "wasi:cli/environment@0.2.3" "get-arguments" (func $f (param i32)))"#,
            "(call $f (i32.const -4))",
        ),
        "the component trapped: it called `get-arguments` with a pointer out of its memory"
    );
}
