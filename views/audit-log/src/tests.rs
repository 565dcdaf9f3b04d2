//! Filters, order, pages and what is refused.

use primatomic_view::testing::{fold, query, query_body, restored};
use serde_json::Value;

use super::*;

const EVENTS: [&str; 5] = [
    r#"{"actor":"ada","resource":"doc/1","action":"create","timestamp":"2025-03-01T10:00:00Z"}"#,
    r#"{"actor":"bob","resource":"doc/1","action":"read","timestamp":"2025-03-02T10:00:00Z","ip":"10.0.0.1"}"#,
    r#"{"actor":"ada","resource":"doc/2","action":"create","timestamp":"2025-03-03T10:00:00Z"}"#,
    r#"{"actor":"ada","resource":"doc/1","action":"delete","timestamp":"2025-03-04T10:00:00Z"}"#,
    r#"{"actor":"bob","resource":"doc/2","action":"read","timestamp":"2025-02-01T10:00:00Z"}"#,
];

fn audit() -> AuditLog {
    fold(EVENTS).unwrap()
}

fn sequences(answer: &str) -> Vec<u64> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let events = answer["events"].as_array().unwrap().iter();
    events
        .map(|event| event["sequence"].as_u64().unwrap())
        .collect()
}

fn found(parameters: &[(&str, &str)]) -> Vec<u64> {
    sequences(&query(&audit(), parameters).unwrap())
}

#[test]
fn an_answer_holds_the_events_as_they_were_appended() {
    assert_eq!(
        query(&audit(), &[("actor", "bob"), ("resource", "doc/1")]).unwrap(),
        format!(
            r#"{{"events":[{{"sequence":2,"timestamp":"2025-03-02T10:00:00Z","event":{}}}],"next_cursor":null}}"#,
            EVENTS[1]
        )
    );
}

#[test]
fn events_come_newest_first_by_their_own_time() {
    assert_eq!(found(&[]), [4, 3, 2, 1, 5]);
}

#[test]
fn without_a_time_of_its_own_an_event_has_that_of_the_log() {
    let audit: AuditLog = fold([r#"{"actor":"a","resource":"r","action":"x"}"#]).unwrap();
    let answer = query(&audit, &[("from", "2025-03-01T12:00:00Z")]).unwrap();
    assert!(
        answer.contains(r#""timestamp":"2025-03-01T12:00:00Z""#),
        "{answer}"
    );
}

#[test]
fn filters_are_joined_by_and() {
    assert_eq!(found(&[("actor", "ada")]), [4, 3, 1]);
    assert_eq!(found(&[("resource", "doc/2")]), [3, 5]);
    assert_eq!(found(&[("actor", "ada"), ("resource", "doc/1")]), [4, 1]);
    assert_eq!(found(&[("actor", "eve")]), [0; 0]);
    assert_eq!(found(&[("actor", "ada"), ("resource", "doc/9")]), [0; 0]);
    let body = r#"{"actor":"ada","resource":"doc/1","limit":1}"#;
    assert_eq!(sequences(&query_body(&audit(), body).unwrap()), [4]);
}

#[test]
fn a_time_range_includes_its_start_and_not_its_end() {
    let (second, fourth) = ("2025-03-02T10:00:00Z", "2025-03-04T10:00:00Z");
    assert_eq!(found(&[("from", second), ("to", fourth)]), [3, 2]);
    assert_eq!(found(&[("from", second), ("actor", "ada")]), [4, 3]);
    assert_eq!(found(&[("to", "2025-03-01"), ("resource", "doc/2")]), [5]);
    assert_eq!(found(&[("from", fourth), ("to", second)]), [0; 0]);
    assert_eq!(found(&[("from", second), ("to", second)]), [0; 0]);
}

#[test]
fn the_cursor_leads_through_every_event_once() {
    for filter in [
        &[][..],
        &[("actor", "ada")],
        &[("actor", "ada"), ("resource", "doc/1")],
    ] {
        let mut cursor: Option<String> = None;
        let mut seen = Vec::new();
        loop {
            let mut parameters = [filter, &[("limit", "1")]].concat();
            if let Some(cursor) = &cursor {
                parameters.push(("cursor", cursor));
            }
            let answer = query(&audit(), &parameters).unwrap();
            seen.extend(sequences(&answer));
            let answer: Value = serde_json::from_str(&answer).unwrap();
            match answer["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, found(filter));
    }
}

#[test]
fn a_page_of_large_events_ends_early_and_goes_on() {
    let note = "x".repeat(1 << 20);
    let large = format!(r#"{{"actor":"a","resource":"r","action":"x","note":"{note}"}}"#);
    let audit: AuditLog = fold(std::iter::repeat_n(&large, 10)).unwrap();
    let answer = query(&audit, &[]).unwrap();
    assert_eq!(sequences(&answer), [10, 9, 8]);
    assert!(answer.ends_with(r#""next_cursor":"1740830400000000.8"}"#));
}

#[test]
fn what_is_no_filter_is_refused() {
    let bad = [
        ("from", "yesterday", "invalid_time"),
        ("to", "2025-02-30", "invalid_time"),
        ("limit", "0", "invalid_limit"),
        ("limit", "1001", "invalid_limit"),
        ("limit", "many", "invalid_limit"),
        ("cursor", "1", "invalid_cursor"),
        ("cursor", "a.b", "invalid_cursor"),
    ];
    for (name, value, code) in bad {
        let error = query(&audit(), &[(name, value)]).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.message().contains(name), "{error}");
    }
}

#[test]
fn events_about_something_else_are_skipped_and_half_actions_refused() {
    let others = ["{}", r#"{"type":"login","user":"ada"}"#];
    assert_eq!(fold(others), Ok(AuditLog::default()));
    let bad = [
        "",
        "text",
        r#"["a","r","x",null]"#,
        r#"{"actor":"a"}"#,
        r#"{"actor":"a","resource":"r"}"#,
        r#"{"actor":"a","resource":"r","action":null}"#,
        r#"{"actor":1,"resource":"r","action":"x"}"#,
        r#"{"actor":"a","resource":"r","action":"x","timestamp":"now"}"#,
    ];
    for event in bad {
        let refused = fold::<AuditLog>([event]).unwrap_err();
        assert_eq!(refused.error.code(), "invalid_event", "{event}");
    }
}

#[test]
fn the_state_survives_a_snapshot() {
    assert_eq!(restored(&audit()).unwrap(), audit());
}
