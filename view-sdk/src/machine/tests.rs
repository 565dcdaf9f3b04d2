//! Batches, rejections, and states of every shape through their serialized form.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::encoding::{decode, encode};
use crate::{Request, Response};

/// Remembers what it was given; refuses `bad`.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Recorder {
    events: Vec<(u64, u64, Vec<u8>)>,
}

impl View for Recorder {
    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
        if event.bytes == b"bad" {
            return Err(ViewError::new("bad", "the event is bad"));
        }
        let timestamp = event.timestamp.as_micros();
        self.events
            .push((event.sequence, timestamp, event.bytes.to_vec()));
        Ok(())
    }

    fn query(&self, _: &Request) -> Result<Response, ViewError> {
        Ok(Response::bytes(""))
    }
}

fn pack_run(packed: &mut Vec<u8>, timestamp_micros: u64, events: &[&[u8]]) {
    let bytes: usize = events.iter().map(|event| 4 + event.len()).sum();
    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    packed.extend_from_slice(&timestamp_micros.to_le_bytes());
    packed.extend_from_slice(&length(events.len()));
    packed.extend_from_slice(&length(bytes));
    for event in events {
        packed.extend_from_slice(&length(event.len()));
        packed.extend_from_slice(event);
    }
}

fn packed(runs: &[(u64, &[&[u8]])]) -> Vec<u8> {
    let mut packed = Vec::new();
    for (timestamp, events) in runs {
        pack_run(&mut packed, *timestamp, events);
    }
    packed
}

#[test]
fn runs_are_folded_with_their_sequences_and_timestamps() {
    let mut machine = Machine::<Recorder>::default();
    let batch = packed(&[(5, &[b"a", b""]), (6, &[]), (7, &[b"b"])]);
    assert_eq!(machine.apply_packed(8, &batch), Ok(()));
    let expected = [
        (8, 5, b"a".to_vec()),
        (9, 5, vec![]),
        (10, 7, b"b".to_vec()),
    ];
    assert_eq!(machine.state.events, expected);
    assert_eq!(machine.sequence, 10);
}

#[test]
fn a_rejection_names_its_event_and_keeps_those_before() {
    let mut machine = Machine::<Recorder>::default();
    let batch = packed(&[(1, &[b"a"]), (2, &[b"b", b"bad", b"c"])]);
    let rejection = Rejection {
        sequence: 3,
        message: "the event is bad".to_owned(),
    };
    assert_eq!(machine.apply_packed(1, &batch), Err(rejection));
    assert_eq!(machine.state.events.len(), 2);
}

#[test]
fn a_malformed_batch_is_rejected_where_it_breaks() {
    let good = packed(&[(1, &[b"a", b"b"])]);
    for length in 1..good.len() {
        let mut machine = Machine::<Recorder>::default();
        assert!(machine.apply_packed(1, &good[..length]).is_err());
    }
    for (count, sequence) in [(1, 2), (3, 3)] {
        let mut wrong = good.clone();
        wrong[8] = count;
        let mut machine = Machine::<Recorder>::default();
        let rejection = machine.apply_packed(1, &wrong).unwrap_err();
        assert_eq!(rejection.sequence, sequence);
        assert_eq!(rejection.message, "the batch of events is malformed");
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Shapes {
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
    present: Option<u8>,
    by_pair: BTreeMap<(String, u32), i64>,
    any: serde_json::Value,
    float: f64,
    wide: u128,
    bytes: Vec<u8>,
    #[serde(flatten)]
    rest: BTreeMap<String, Untagged>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
}

#[test]
fn a_state_of_every_shape_survives_its_snapshot() {
    let shapes = Shapes {
        present: Some(1),
        by_pair: [(("a".to_owned(), 1), -1), (("a".to_owned(), 2), 2)].into(),
        any: json!({"list": [1, -2, 0.5, null, {"deep": true}], "text": "é"}),
        float: f64::INFINITY,
        wide: u128::MAX,
        bytes: vec![0, 255],
        rest: [
            ("one".to_owned(), Untagged::Number(1)),
            ("two".to_owned(), Untagged::Text("2".to_owned())),
        ]
        .into(),
        ..Shapes::default()
    };
    let snapshot = encode(&shapes).unwrap();
    let restored: Shapes = decode(&snapshot).unwrap();
    assert_eq!(restored, shapes);
    assert_eq!(encode(&restored).unwrap(), snapshot);
}

#[test]
fn a_snapshot_that_is_cut_off_or_too_long_is_refused() {
    let mut snapshot = encode(&Recorder::default()).unwrap();
    for length in 0..snapshot.len() {
        assert!(decode::<Recorder>(&snapshot[..length]).is_err());
    }
    snapshot.push(0);
    let error = decode::<Recorder>(&snapshot).unwrap_err();
    assert_eq!(error.code(), "restore_failed");
}

proptest! {
    #[test]
    fn any_batch_is_folded_or_rejected_without_a_panic(first: u64, batch: Vec<u8>) {
        let mut machine = Machine::<Recorder>::default();
        let _ = machine.apply_packed(first.min(1 << 53), &batch);
    }

    #[test]
    fn any_snapshot_is_read_or_refused_without_a_panic(snapshot: Vec<u8>) {
        let _ = decode::<Shapes>(&snapshot);
    }
}
