//! The acknowledgements of JetStream for what is published.

use serde::Deserialize;

use crate::nats::NoAnswer;

/// Why a frame has no position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotStored {
    /// Another message is the subject's last, or is being stored.
    Conflict,
    /// The stream or the disk is full.
    Full,
    Refused(String),
    /// Nobody has received it.
    NotSent(String),
    /// It may be stored or not.
    Unknown(String),
}

impl From<NoAnswer> for NotStored {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::NotSent(reason) => Self::NotSent(reason),
            NoAnswer::Lost(reason) => Self::Unknown(reason),
        }
    }
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
struct PubAck {
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
pub(super) fn position(payload: &[u8]) -> Result<u64, NotStored> {
    let unreadable = |reason: String| NotStored::Refused(format!("an unreadable answer: {reason}"));
    let ack: PubAck =
        serde_json::from_slice(payload).map_err(|error| unreadable(error.to_string()))?;
    if let Some(error) = ack.error {
        return Err(match error.err_code {
            Some(WRONG_LAST_SEQUENCE | WRONG_LAST_SEQUENCE_CONSTANT) => NotStored::Conflict,
            Some(code) if FULL.contains(&code) => NotStored::Full,
            _ => NotStored::Refused(error.description),
        });
    }
    let position = ack.seq.filter(|position| *position > 0);
    position.ok_or_else(|| unreadable("no sequence".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_are_told_apart() {
        assert_eq!(position(br#"{"stream":"s","seq":7}"#), Ok(7));
        assert_eq!(
            position(br#"{"stream":"s","seq":9,"batch":"b","count":3}"#),
            Ok(9)
        );
        let refused = |code: u64| {
            let text = format!(
                r#"{{"error":{{"code":400,"err_code":{code},"description":"no"}},"seq":0}}"#
            );
            position(text.as_bytes())
        };
        assert_eq!(refused(10_071), Err(NotStored::Conflict));
        assert_eq!(refused(10_164), Err(NotStored::Conflict));
        assert_eq!(refused(10_047), Err(NotStored::Full));
        assert_eq!(refused(10_176), Err(NotStored::Refused("no".to_owned())));
        assert!(matches!(position(b"{}"), Err(NotStored::Refused(_))));
        assert!(matches!(position(b""), Err(NotStored::Refused(_))));
    }
}
