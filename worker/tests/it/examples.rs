//! The example views, as their authors' toolchain makes them.

use example_views::{ALL, Example, counter};
use protocol::{Sequence, Timestamp};
use worker::engine::{Answer, EventRun, MachineLimits};

use crate::guests::{pack, program};

#[test]
fn every_example_starts_answers_and_saves_its_state() {
    for Example {
        name, component, ..
    } in ALL
    {
        let program = program(component());
        let mut machine = program.instantiate(&MachineLimits::default()).unwrap();
        machine.init(b"").unwrap();
        let answer = machine.query(Timestamp(1), &[], b"").unwrap();
        assert!(matches!(answer, Answer::Response(_)), "{name}: {answer:?}");
        let state = machine.snapshot().unwrap();
        machine.restore(&state).unwrap();
        assert_eq!(machine.snapshot().unwrap(), state, "{name}");
    }
}

#[test]
fn the_counter_counts() {
    let mut machine = program(counter())
        .instantiate(&MachineLimits::default())
        .unwrap();
    machine.init(b"").unwrap();
    let packed = pack(&[r#"{"inc":10}"#, r#"{"dec":5}"#]);
    let run = EventRun {
        first: Sequence::FIRST,
        timestamp: Timestamp(1),
        count: 2,
        packed: &packed,
    };
    machine.fold(&[run]).unwrap();
    let Answer::Response(response) = machine.query(Timestamp(1), &[], b"").unwrap() else {
        panic!("no response");
    };
    assert_eq!(response.body, &br#"{"value":5}"#[..]);
}
