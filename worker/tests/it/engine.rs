//! What a machine does with components that behave.

use std::time::Duration;

use protocol::{Sequence, Timestamp};
use worker::engine::{Answer, EventRun, FoldFault, Machine, MachineLimits};

use crate::guests::{Guest, pack};
use crate::wasi::with_clock;

/// The `u64` at a place of the answer to an empty query.
pub(crate) fn numbers(machine: &mut dyn Machine) -> Vec<u64> {
    match machine.query(Timestamp(0), &[], b"").unwrap() {
        Answer::Response(response) => response
            .body
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn run(first: u64, timestamp: u64, count: u32, packed: &[u8]) -> EventRun<'_> {
    EventRun {
        first: Sequence::new(first).unwrap(),
        timestamp: Timestamp(timestamp),
        count,
        packed,
    }
}

fn ready(guest: &Guest) -> Box<dyn Machine> {
    let mut machine = guest.start(&MachineLimits::default());
    machine.init(b"").unwrap();
    machine
}

#[test]
fn both_worlds_count_events_in_batches() {
    for guest in [Guest::v0(), Guest::v1()] {
        let mut machine = ready(&guest);
        let first = pack(&["a", "bcd"]);
        let second = pack(&["", "12345678"]);
        machine
            .fold(&[run(1, 7, 2, &first), run(3, 9, 2, &second)])
            .unwrap();
        machine.fold(&[]).unwrap();
        assert_eq!(numbers(&mut *machine)[..2], [4, 12]);
        assert!(machine.take_cpu() > Duration::ZERO);
        assert_eq!(machine.take_cpu(), Duration::ZERO);
        assert_eq!(machine.memory_bytes(), 2 * 65_536);
    }
}

#[test]
fn world_1_sees_the_timestamp_of_each_run() {
    let mut machine = ready(&Guest::v1());
    let packed = pack(&["a"]);
    machine
        .fold(&[run(1, 7, 1, &packed), run(2, 9, 1, &packed)])
        .unwrap();
    assert_eq!(numbers(&mut *machine), [2, 2, 9]);
}

#[test]
fn large_batches_are_cut_at_events() {
    let large = vec![b'e'; 1 << 20];
    let middle = vec![b'e'; 700 << 10];
    let events: Vec<&[u8]> = vec![b"a", &large, b"b", &middle, &middle, b"c", &large, &large];
    let packed = pack(&events);
    let total: usize = events.iter().map(|event| event.len()).sum();
    let small = pack(&["x", "y"]);
    for guest in [Guest::v0(), Guest::v1(), with_clock(Guest::v1())] {
        let mut machine = ready(&guest);
        machine
            .fold(&[
                run(1, 1, 2, &small),
                run(3, 2, 8, &packed),
                run(11, 3, 2, &small),
            ])
            .unwrap();
        assert_eq!(numbers(&mut *machine)[..2], [12, total as u64 + 4]);
    }
}

#[test]
fn a_snapshot_restores_into_a_fresh_machine() {
    for guest in [Guest::v0(), Guest::v1()] {
        let mut machine = ready(&guest);
        let packed = pack(&["one", "two"]);
        machine.fold(&[run(1, 5, 2, &packed)]).unwrap();
        let state = machine.snapshot().unwrap();
        let mut fresh = ready(&guest);
        fresh.restore(&state).unwrap();
        assert_eq!(numbers(&mut *fresh), numbers(&mut *machine));
        assert_eq!(fresh.snapshot().unwrap(), state);
    }
}

#[test]
fn a_rejection_names_its_event_and_leaves_the_machine_alive() {
    let mut machine = ready(&Guest::v1());
    let packed = pack(&["a", "b", "X"]);
    assert_eq!(
        machine.fold(&[run(41, 5, 3, &packed)]),
        Err(FoldFault::Rejected {
            sequence: Sequence::new(43).unwrap(),
            message: "no X".into()
        })
    );
    assert_eq!(numbers(&mut *machine)[0], 2);
}

#[test]
fn the_driver_blames_the_event_that_trapped() {
    let guest = Guest::v0().with(
        "append",
        "(if (i32.eq (local.get $length) (i32.const 3)) (then unreachable))
         (global.set $heap (i32.const 4096))",
    );
    let mut machine = ready(&guest);
    let packed = pack(&["a", "bb", "ccc", "dd"]);
    let fault = machine.fold(&[run(10, 1, 4, &packed)]).unwrap_err();
    let FoldFault::Fault { sequence, .. } = fault else {
        panic!("{fault:?}");
    };
    assert_eq!(sequence, Some(Sequence::new(12).unwrap()));
}

#[test]
fn parameters_stand_in_for_a_body_in_world_0() {
    // Answers with its input.
    let guest = Guest::v0().with(
        "query",
        "(i32.store (i32.const 64) (local.get $pointer))
         (i32.store (i32.const 68) (local.get $length)) (i32.const 64)",
    );
    let mut machine = ready(&guest);
    let parameters = [("month".to_owned(), "2025-03".to_owned())];
    let mut ask = |body: &[u8]| match machine.query(Timestamp(0), &parameters, body).unwrap() {
        Answer::Response(response) => response.body,
        other => panic!("{other:?}"),
    };
    assert_eq!(ask(b""), &br#"{"month":"2025-03"}"#[..]);
    assert_eq!(ask(b"own"), &b"own"[..]);
}

#[test]
fn world_1_gets_parameters_and_may_answer_with_a_content_type_or_an_error() {
    // Answers with the value of the first parameter as content type and its name as body; without
    // parameters with an error whose code is `no` and whose message is `no X`.
    let guest = Guest::v1().with(
        "query",
        "(i32.store (i32.const 64) (i32.const 0))
    (if (local.get $count)
      (then
        (i32.store8 (i32.const 68) (i32.const 1))
        (i32.store (i32.const 72) (i32.load offset=8 (local.get $parameters)))
        (i32.store (i32.const 76) (i32.load offset=12 (local.get $parameters)))
        (i32.store (i32.const 80) (i32.load (local.get $parameters)))
        (i32.store (i32.const 84) (i32.load offset=4 (local.get $parameters))))
      (else
        (i32.store8 (i32.const 64) (i32.const 1))
        (i32.store (i32.const 68) (i32.const 1024))
        (i32.store (i32.const 72) (i32.const 2))
        (i32.store (i32.const 76) (i32.const 1024))
        (i32.store (i32.const 80) (i32.const 4))))
    (i32.const 64)",
    );
    let mut machine = ready(&guest);
    let parameters = [("name".to_owned(), "text/plain".to_owned())];
    let Answer::Response(response) = machine.query(Timestamp(0), &parameters, b"body").unwrap()
    else {
        panic!("no response");
    };
    assert_eq!(response.content_type.as_deref(), Some("text/plain"));
    assert_eq!(response.body, &b"name"[..]);
    let Answer::Error(error) = machine.query(Timestamp(0), &[], b"").unwrap() else {
        panic!("no error");
    };
    assert_eq!(error.code.as_deref(), Some("no"));
    assert_eq!(error.message, "no X");
}

#[test]
fn an_answer_that_is_too_large_is_no_fault() {
    let limits = MachineLimits {
        result_bytes: 10,
        ..MachineLimits::default()
    };
    let mut machine = Guest::v0().start(&limits);
    machine.init(b"").unwrap();
    for _ in 0..2 {
        let answer = machine.query(Timestamp(0), &[], b"").unwrap();
        assert_eq!(answer, Answer::TooLarge { bytes: 16 });
    }
}

#[test]
fn nan_bits_are_canonical() {
    // 0/0 with either sign, and a NaN with a payload that is squared.
    let guest = Guest::v0().with(
        "query",
        "(f64.store (i32.const 0) (f64.div (f64.load (i32.const 128)) (f64.load (i32.const 128))))
    (f64.store (i32.const 8) (f64.mul
      (f64.reinterpret_i64 (i64.const 0xfff8000000000123))
      (f64.reinterpret_i64 (i64.const 0xfff8000000000123))))
    (i32.store (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const 16)) (i32.const 64)",
    );
    let mut machine = ready(&guest);
    assert_eq!(
        numbers(&mut *machine),
        [0x7ff8_0000_0000_0000, 0x7ff8_0000_0000_0000]
    );
}

#[test]
fn machines_move_between_threads() {
    let mut machine = ready(&Guest::v0());
    let packed = pack(&["a"]);
    for sequence in 1..=4 {
        machine = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let mut machine = machine;
                    machine.fold(&[run(sequence, 1, 1, &packed)]).unwrap();
                    machine
                })
                .join()
                .unwrap()
        });
    }
    assert_eq!(numbers(&mut *machine), [4, 4]);
}
