//! `docs/errors.md` and `docs/limits.md` say what the code does.

use protocol::ErrorCode;
use protocol::limits::{
    BATCH_BYTES_MAX, BATCH_EVENTS_MAX, COMPONENT_BYTES_MAX, EVENT_BYTES_MAX,
    IDEMPOTENCY_KEY_BYTES_MAX, NAME_BYTES_MAX, QUERY_BYTES_MAX,
};

const ERRORS: &str = include_str!("../../../docs/errors.md");
const LIMITS: &str = include_str!("../../../docs/limits.md");

/// The cells of the rows below a heading.
fn rows(page: &'static str, heading: &str) -> Vec<Vec<&'static str>> {
    let (_, text) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let (text, _) = text.split_once("\n## ").unwrap_or((text, ""));
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .skip(1)
        .map(|line| line.split('|').map(str::trim).collect())
        .collect()
}

/// Whether the same request may succeed when it is sent again later, unchanged.
fn is_retryable(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::RequestTimeout
            | ErrorCode::RateLimited
            | ErrorCode::Internal
            | ErrorCode::Unavailable
            | ErrorCode::Overloaded
            | ErrorCode::QueryLimitReached
            | ErrorCode::ViewMemoryLimitReached
            | ErrorCode::ShuttingDown
            | ErrorCode::ViewBehind
            | ErrorCode::StorageFull
    )
}

#[test]
fn nothing_that_the_client_got_wrong_is_retryable() {
    for code in ErrorCode::ALL {
        let transient = code.status() >= 500 || [408, 429].contains(&code.status());
        assert!(!is_retryable(*code) || transient, "{code}");
    }
}

#[test]
fn every_code_has_its_row_and_every_row_a_code() {
    let rows = rows(ERRORS, "All codes");
    for code in ErrorCode::ALL {
        let name = format!("`{code}`");
        let found: Vec<_> = rows.iter().filter(|row| row[1] == name).collect();
        let [row] = found.as_slice() else {
            panic!("docs/errors.md has {} rows for {code}", found.len());
        };
        assert_eq!(
            row.len(),
            5,
            "{code}: status, code, meaning, cause, what to do"
        );
        assert_eq!(row[0], code.status().to_string(), "{code}");
        assert!(!row[2].is_empty() && !row[4].is_empty(), "{code}");
        let again = row[4].starts_with("*Again");
        assert_eq!(again, is_retryable(*code), "{code}: {}", row[4]);
    }
    assert_eq!(rows.len(), ErrorCode::ALL.len());
}

#[test]
fn the_limits_are_those_of_the_code() {
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    let events = "100,000 events";
    assert_eq!(BATCH_EVENTS_MAX, 100_000);
    let expected = [
        ("event", mib(EVENT_BYTES_MAX)),
        ("batch", format!("{} and {events}", mib(BATCH_BYTES_MAX))),
        ("component", mib(COMPONENT_BYTES_MAX)),
        ("input of a query", mib(QUERY_BYTES_MAX)),
        (
            "`Idempotency-Key`",
            format!("{IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters"),
        ),
        (
            "name of a log or view",
            format!("{NAME_BYTES_MAX} characters"),
        ),
    ];
    let rows = rows(LIMITS, "Of requests");
    for (what, limit) in expected {
        assert!(
            rows.iter().any(|row| row[0] == what && row[1] == limit),
            "{what}: {limit}"
        );
    }
}
