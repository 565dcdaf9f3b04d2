//! What the server sends, as far as the commands read it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub sequence: u64,
    pub timestamp: String,
    pub data: String,
    pub encoding: Encoding,
}

/// How bytes are written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    Utf8,
    Base64,
}

/// Bytes as text where they are text, and as base64 otherwise.
pub(crate) fn encode(bytes: &[u8]) -> (String, Encoding) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), Encoding::Utf8),
        Err(_) => (BASE64.encode(bytes), Encoding::Base64),
    }
}

impl Event {
    /// The bytes that were appended.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        match self.encoding {
            Encoding::Utf8 => Ok(self.data.clone().into_bytes()),
            Encoding::Base64 => BASE64.decode(&self.data).map_err(|error| {
                Failure::Other(format!(
                    "event {} is not valid base64: {error}",
                    self.sequence
                ))
            }),
        }
    }

    /// Microseconds since 1970.
    pub(crate) fn micros(&self) -> Result<u64, Failure> {
        let time: jiff::Timestamp = self.timestamp.parse().map_err(|error| {
            Failure::Other(format!(
                "the timestamp of event {} can't be read: {error}",
                self.sequence
            ))
        })?;
        u64::try_from(time.as_microsecond())
            .map_err(|_| Failure::Other(format!("event {} lies before 1970", self.sequence)))
    }
}

/// A page of events.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct EventsPage {
    pub events: Vec<Event>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_either_encoding() {
        for bytes in [&b"text \xc3\xa9"[..], b"\xff\xfe\0", b""] {
            let (data, encoding) = encode(bytes);
            let event = Event {
                sequence: 1,
                timestamp: "2023-11-14T22:13:20.123456Z".to_owned(),
                data,
                encoding,
            };
            assert_eq!(event.bytes().unwrap(), bytes);
            assert_eq!(event.micros().unwrap(), 1_700_000_000_123_456);
        }
    }
}
