//! World 1.0.0 passes everything on.

use super::Last;
use crate::world::StateMachine;
use crate::world::machine_1_0_0::exports::primatomic::machine::machine::{Guest as _, Request};

crate::export!(Last);

type Component = StateMachine<Last>;

fn packed(micros: u64, events: &[&str]) -> Vec<u8> {
    let bytes: usize = events.iter().map(|event| 4 + event.len()).sum();
    let mut packed = micros.to_le_bytes().to_vec();
    let length = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    packed.extend(length(events.len()));
    packed.extend(length(bytes));
    for event in events {
        packed.extend(length(event.len()));
        packed.extend(event.as_bytes());
    }
    packed
}

fn ask(parameters: &[(&str, &str)]) -> Result<String, (String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let request = Request {
        parameters: parameters.iter().map(owned).collect(),
        body: Vec::new(),
    };
    match Component::query(request) {
        Ok(response) => {
            assert_eq!(response.content_type.as_deref(), Some("application/json"));
            Ok(String::from_utf8(response.body).unwrap())
        }
        Err(error) => Err((error.code, error.message)),
    }
}

#[test]
fn everything_is_passed_on() {
    assert!(Component::init(b"eu".to_vec()).is_ok());
    Component::append(7, packed(5, &["a", "b"])).unwrap();
    let answer = r#"{"config":"eu","sequence":8,"micros":5,"text":"b"}"#;
    assert_eq!(ask(&[]).unwrap(), answer);
    let failed = ("asked_for".to_owned(), "why not".to_owned());
    assert_eq!(ask(&[("fail", "why not")]), Err(failed));
    let snapshot = Component::snapshot().unwrap();
    let rejection = Component::append(9, packed(6, &["c", "bad", "d"])).unwrap_err();
    assert_eq!(rejection.sequence, 10);
    assert_eq!(rejection.message, "the event is bad");
    assert!(ask(&[]).unwrap().contains(r#""text":"c""#));
    Component::restore(snapshot).unwrap();
    assert_eq!(ask(&[]).unwrap(), answer);
    let error = Component::restore(vec![0xc1]).unwrap_err();
    assert_eq!(error.code, "restore_failed");
    assert_eq!(ask(&[]).unwrap(), answer);
    assert_eq!(Component::init(vec![0xff]).unwrap_err().code, "failed");
}
