//! The page about usage metering as tests, and what it leaves open.

use primatomic_view::Timestamp;
use primatomic_view::testing::{TIME, fold, fold_at, query, query_body, restored};

use super::*;

const CALL: &str = r#"{"type": "api.call", "endpoint": "/v1/generate",
    "tokens_in": 150, "tokens_out": 420, "model": "gpt-4"}"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn totals_are_per_model_in_the_asked_month() {
    let other = r#"{"tokens_in":1,"tokens_out":2,"model":"claude"}"#;
    let usage: UsageMetering = fold([CALL, other, CALL]).unwrap();
    let expected =
        r#"{"claude":{"tokens_in":1,"tokens_out":2},"gpt-4":{"tokens_in":300,"tokens_out":840}}"#;
    assert_eq!(query(&usage, &[("month", "2025-03")]).unwrap(), expected);
    assert_eq!(
        query_body(&usage, r#"{"month":"2025-03"}"#).unwrap(),
        expected
    );
    assert_eq!(query(&usage, &[("month", "2025-04")]).unwrap(), "{}");
}

#[test]
fn the_answer_is_json() {
    let request = Request::default();
    let response = UsageMetering::default().query(&request).unwrap();
    assert_eq!(response.content_type(), Some("application/json"));
    assert_eq!(response.body(), b"{}");
}

#[test]
fn without_a_month_the_answer_holds_every_month() {
    let usage: UsageMetering = fold_at([
        (at("2025-02-28T23:59:59.999999Z"), CALL),
        (at("2025-03-01T00:00:00Z"), CALL),
    ])
    .unwrap();
    assert_eq!(
        query(&usage, &[]).unwrap(),
        r#"{"2025-02":{"gpt-4":{"tokens_in":150,"tokens_out":420}},"2025-03":{"gpt-4":{"tokens_in":150,"tokens_out":420}}}"#
    );
}

#[test]
fn the_time_of_the_event_itself_goes_before_that_of_the_log() {
    let late = r#"{"tokens_out":7,"model":"m","timestamp":"2025-01-01T00:30:00+01:00"}"#;
    let usage: UsageMetering = fold([late]).unwrap();
    let december = query(&usage, &[("month", "2024-12")]).unwrap();
    assert_eq!(december, r#"{"m":{"tokens_in":0,"tokens_out":7}}"#);
}

#[test]
fn a_model_with_escapes_in_its_name_is_the_same_model() {
    let plain = r#"{"tokens_in":1,"model":"a/b"}"#;
    let escaped = r#"{"tokens_in":1,"model":"a\/b"}"#;
    let usage: UsageMetering = fold([plain, escaped]).unwrap();
    let march = query(&usage, &[("month", "2025-03")]).unwrap();
    assert_eq!(march, r#"{"a/b":{"tokens_in":2,"tokens_out":0}}"#);
}

#[test]
fn events_about_something_else_are_skipped() {
    let others = [
        "{}",
        r#"{"type":"login","user":"ada"}"#,
        r#"{"type":"model.added","model":"gpt-5","tokens_in":null}"#,
    ];
    assert_eq!(fold(others), Ok(UsageMetering::default()));
}

#[test]
fn usage_that_can_not_be_booked_is_refused() {
    let bad = [
        "",
        "tokens",
        "[\"m\",1,1,null]",
        r#"{"tokens_in":1}"#,
        r#"{"tokens_in":-1,"model":"m"}"#,
        r#"{"tokens_in":1.5,"model":"m"}"#,
        r#"{"tokens_in":"1","model":"m"}"#,
        r#"{"tokens_in":1,"model":7}"#,
        r#"{"tokens_in":1,"model":"m","timestamp":"yesterday"}"#,
        r#"{"tokens_in":1,"model":"m","timestamp":1740830400}"#,
        r#"{"tokens_in":1,"tokens_in":1,"model":"m"}"#,
    ];
    for event in bad {
        let refused = fold::<UsageMetering>([event]).unwrap_err();
        assert_eq!(refused.error.code(), "invalid_event", "{event}");
    }
    let most = format!(r#"{{"tokens_in":{},"model":"m"}}"#, u64::MAX);
    let refused = fold::<UsageMetering>([most.as_str(), r#"{"tokens_in":1,"model":"m"}"#]);
    assert_eq!(refused.unwrap_err().error.code(), "overflow");
}

#[test]
fn a_month_is_year_and_month() {
    let usage: UsageMetering = fold_at([(TIME, CALL)]).unwrap();
    for month in [
        "",
        "2025",
        "2025-3",
        "2025-13",
        "2025-00",
        "25-03",
        "2025-03-01",
        "+025-03",
    ] {
        let error = query(&usage, &[("month", month)]).unwrap_err();
        assert_eq!(error.code(), "invalid_month", "{month}");
        assert!(error.message().contains("2025-03"));
    }
}

#[test]
fn the_state_survives_a_snapshot() {
    let usage: UsageMetering = fold([CALL, r#"{"tokens_in":1,"model":"é"}"#]).unwrap();
    assert_eq!(restored(&usage).unwrap(), usage);
}
