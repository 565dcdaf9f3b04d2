//! Times as they stand in requests and answers: RFC 3339, in UTC.

use protocol::Timestamp;

use crate::errors::Failure;

/// Parses a time with any offset.
///
/// # Errors
/// When the text is no time, or lies before 1970.
pub(super) fn parse(field: &str, text: &str) -> Result<Timestamp, Failure> {
    let time: Option<jiff::Timestamp> = text.parse().ok();
    time.and_then(|time| u64::try_from(time.as_microsecond()).ok())
        .map(Timestamp)
        .ok_or_else(|| {
            Failure::invalid_request(format!(
                "`{field}` is not a time such as 2026-11-22T09:30:00Z"
            ))
        })
}
