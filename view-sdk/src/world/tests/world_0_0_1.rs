//! World 0.0.1 has no sequences, no times and no errors, and does without.

use serde::{Deserialize, Serialize};

use super::Last;
use crate::world::StateMachine;
use crate::world::machine_0_0_1::exports::primatomic::machine::machine::Guest as _;
use crate::{Event, Request, Response, View, ViewError};

/// The same state under another name, for a type is exported once.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Old(Last);

impl View for Old {
    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
        self.0.apply(event)
    }

    fn query(&self, request: &Request) -> Result<Response, ViewError> {
        self.0.query(request)
    }
}

crate::export_state_machine!(Old);

type Component = StateMachine<Old>;

fn ask(input: &str) -> String {
    String::from_utf8(Component::query(input.into())).unwrap()
}

#[test]
fn sequences_are_counted_through_snapshots() {
    Component::init();
    Component::append(b"a".to_vec());
    Component::append(b"b".to_vec());
    let answer = r#"{"config":"","sequence":2,"micros":0,"text":"b"}"#;
    assert_eq!(ask(""), answer);
    let snapshot = Component::snapshot();
    Component::append(b"c".to_vec());
    assert!(ask("").contains(r#""sequence":3"#));
    Component::restore(snapshot);
    assert_eq!(ask(""), answer);
    Component::append(b"d".to_vec());
    assert!(ask("").contains(r#""sequence":3"#));
}

#[test]
fn a_failed_query_is_answered_as_json() {
    let answer = r#"{"error":"why not","code":"asked_for"}"#;
    assert_eq!(ask(r#"{"fail":"why not"}"#), answer);
}

#[test]
#[should_panic(expected = "the event is bad")]
fn an_event_that_can_not_be_folded_traps() {
    Component::append(b"bad".to_vec());
}

#[test]
#[should_panic(expected = "the snapshot has no sequence behind its state")]
fn a_snapshot_that_is_none_traps() {
    Component::restore(vec![1]);
}
