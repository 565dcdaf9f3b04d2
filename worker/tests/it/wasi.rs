//! What guests see of WASI: the same always and everywhere, or a trap.

use protocol::{Sequence, Timestamp};
use worker::engine::{Answer, EventRun, Fault, FoldFault, Machine, MachineLimits};

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

/// A guest that imports the clock.
pub(crate) fn with_clock(guest: Guest) -> Guest {
    guest
        .importing(WALL_CLOCK, "wasi:clocks/wall-clock@0.2.3")
        .with(
            "imports",
            r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#,
        )
}

fn with_random(guest: Guest) -> Guest {
    guest.importing(RANDOM, "wasi:random/random@0.2.3").with(
        "imports",
        r#"(import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))"#,
    )
}

/// The same bodies for both worlds: 16 bytes of answer at 0, and nothing rejected.
fn in_both_worlds(import: fn(Guest) -> Guest, append: &str, query: &str) -> [Guest; 2] {
    let v0 = import(Guest::v0())
        .with("append", append)
        .with("query", format!("{query} {ANSWER}"));
    let v1 = import(Guest::v1())
        .with("append", format!("{append} (i64.store (i32.const 64) (i64.const 0)) (i32.const 64)"))
        .with(
            "query",
            format!(
                "{query} (i64.store (i32.const 64) (i64.const 0))
    (i32.store (i32.const 80) (i32.const 0)) (i32.store (i32.const 84) (i32.const 16)) (i32.const 64)"
            ),
        );
    [v0, v1]
}

fn run(first: u64, timestamp: u64, count: u32, packed: &[u8]) -> EventRun<'_> {
    EventRun {
        first: Sequence::new(first).unwrap(),
        timestamp: Timestamp(timestamp),
        count,
        packed,
    }
}

#[test]
fn the_clock_is_the_timestamp_of_the_event_and_of_the_query() {
    // Sums up the seconds at which events were appended, at 32; a query adds its own time.
    let append = "(call $now (i32.const 128))
    (i64.store (i32.const 32) (i64.add (i64.load (i32.const 32)) (i64.load (i32.const 128))))";
    let query = "(call $now (i32.const 128))
    (i64.store (i32.const 0) (i64.load (i32.const 32)))
    (i64.store (i32.const 8) (i64.add (i64.mul (i64.load (i32.const 128)) (i64.const 1000000000)) (i64.load32_u (i32.const 136))))";
    for guest in in_both_worlds(with_clock, append, query) {
        let mut machine = ready(&guest);
        let (two, one) = (pack(&["a", "b"]), pack(&["c"]));
        machine
            .fold(&[
                run(1, 3_000_000, 2, &two),
                run(3, 10_000_000, 2, &two),
                run(5, 100_000_000, 1, &one),
            ])
            .unwrap();
        assert_eq!(words(&mut *machine, 1_500_007), [126, 1_500_007_000]);
        machine.fold(&[run(6, 1_000_000_000, 1, &one)]).unwrap();
        assert_eq!(words(&mut *machine, 2), [1_126, 2_000]);
    }
}

#[test]
fn a_guest_that_sees_the_time_names_the_event_that_it_rejects_or_traps_at() {
    let packed = pack(&["a", "b", "X", "c"]);
    let mut machine = ready(&with_clock(Guest::v1()));
    assert_eq!(
        machine.fold(&[run(41, 5, 4, &packed)]),
        Err(FoldFault::Rejected {
            sequence: Sequence::new(43).unwrap(),
            message: "no X".into()
        })
    );
    assert_eq!(words(&mut *machine, 9)[0], 2, "the machine lives on");

    let guest = with_clock(Guest::v1()).with(
        "append",
        "(if (i64.eq (local.get $sequence) (i64.const 42)) (then unreachable))
    (i64.store (i32.const 64) (i64.const 0)) (i32.const 64)",
    );
    let fault = ready(&guest).fold(&[run(41, 5, 4, &packed)]).unwrap_err();
    assert!(
        matches!(&fault, FoldFault::Fault { sequence: Some(at), .. } if at.get() == 42),
        "{fault:?}"
    );
}

#[test]
fn random_numbers_begin_anew_with_every_call() {
    let query = "(i64.store (i32.const 0) (call $random)) (i64.store (i32.const 8) (call $random))";
    let append = "(global.set $heap (i32.const 4096))";
    for guest in in_both_worlds(with_random, append, query) {
        let mut machine = ready(&guest);
        let first = words(&mut *machine, 1);
        assert_ne!(first[0], first[1]);
        assert_eq!(words(&mut *machine, 2), first);
        assert_eq!(words(&mut *ready(&guest), 3), first);
    }
}

#[test]
fn random_numbers_begin_anew_with_every_event_of_a_batch() {
    // Two numbers for each event: the exclusive or of all pairs at 32, and at 40 all bits in which
    // the first number of an event ever differed from that of the first event, at 48.
    let append = "(local $r i64)
    (local.set $r (call $random))
    (if (i64.eqz (i64.load (i32.const 48))) (then (i64.store (i32.const 48) (local.get $r))))
    (i64.store (i32.const 40) (i64.or (i64.load (i32.const 40)) (i64.xor (i64.load (i32.const 48)) (local.get $r))))
    (i64.store (i32.const 32) (i64.xor (i64.load (i32.const 32)) (i64.xor (local.get $r) (call $random))))";
    let query = "(i64.store (i32.const 0) (i64.load (i32.const 32)))
    (i64.store (i32.const 8) (i64.load (i32.const 40)))";
    let packed = pack(&["a", "b", "c"]);
    for guest in in_both_worlds(with_random, append, query) {
        let mut together = ready(&guest);
        together
            .fold(&[run(1, 5, 3, &packed), run(4, 6, 3, &packed)])
            .unwrap();
        let found = words(&mut *together, 1);
        assert_eq!(
            found,
            [0, 0],
            "an even number of events that all saw the same"
        );
        let one = pack(&["a"]);
        let mut single = ready(&guest);
        single.fold(&[run(1, 5, 1, &one)]).unwrap();
        assert_ne!(words(&mut *single, 1)[0], 0, "there were random numbers");
    }
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
