//! The answers of JetStream to what is published.

use async_nats::Message;
use serde::Deserialize;

/// Why a message was not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Another message is the subject's last, or is being stored.
    Conflict,
    /// The stream or the disk is full.
    Full,
    Other(String),
}

/// JetStream's error codes, from `server/errors.json` of nats-server 2.15.
const WRONG_LAST_SEQUENCE: u64 = 10_071;
const WRONG_LAST_SEQUENCE_CONSTANT: u64 = 10_164;
const FULL: [u64; 5] = [
    10_002, // account: resource limits exceeded
    10_023, // insufficient resources
    10_028, // memory resources exceeded
    10_047, // storage resources exceeded
    10_077, // the stream refused the message, as at its limit of bytes
];

#[derive(Deserialize)]
struct Answer {
    seq: Option<u64>,
    error: Option<ApiError>,
}

#[derive(Deserialize)]
pub(super) struct ApiError {
    pub(super) code: u64,
    pub(super) err_code: Option<u64>,
    #[serde(default)]
    pub(super) description: String,
}

/// The stream sequence of a stored message; of the last one, for a batch.
pub(super) fn stored(message: &Message) -> Result<u64, Refused> {
    parse(&message.payload)
}

fn parse(payload: &[u8]) -> Result<u64, Refused> {
    let unreadable = |reason: String| Refused::Other(format!("an unreadable answer: {reason}"));
    let answer: Answer =
        serde_json::from_slice(payload).map_err(|error| unreadable(error.to_string()))?;
    if let Some(error) = answer.error {
        return Err(match error.err_code {
            Some(WRONG_LAST_SEQUENCE | WRONG_LAST_SEQUENCE_CONSTANT) => Refused::Conflict,
            Some(code) if FULL.contains(&code) => Refused::Full,
            _ => Refused::Other(error.description),
        });
    }
    answer
        .seq
        .filter(|sequence| *sequence > 0)
        .ok_or_else(|| unreadable("no sequence".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(parse(br#"{"stream":"s","seq":7}"#), Ok(7));
        assert_eq!(
            parse(br#"{"stream":"s","seq":9,"batch":"b","count":3}"#),
            Ok(9)
        );
        let refused = |code: u64| {
            let text = format!(
                r#"{{"error":{{"code":400,"err_code":{code},"description":"no"}},"seq":0}}"#
            );
            parse(text.as_bytes())
        };
        assert_eq!(refused(10_071), Err(Refused::Conflict));
        assert_eq!(refused(10_164), Err(Refused::Conflict));
        assert_eq!(refused(10_047), Err(Refused::Full));
        assert_eq!(refused(10_176), Err(Refused::Other("no".to_owned())));
        assert!(matches!(parse(b"{}"), Err(Refused::Other(_))));
        assert!(matches!(parse(b""), Err(Refused::Other(_))));
    }
}
