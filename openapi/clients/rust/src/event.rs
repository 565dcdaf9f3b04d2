//! Events, as they come and as they go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub sequence: u64,
    /// RFC 3339, to the microsecond.
    pub timestamp: String,
    /// The bytes as `encoding` says.
    pub data: String,
    pub encoding: Encoding,
}

/// How bytes are written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Utf8,
    Base64,
}

/// The binary form of a batch: for each event a little-endian `u32` length, and its bytes.
///
/// # Errors
/// When an event is too long for its length to be written; no log takes such an event.
pub fn packed<T: AsRef<[u8]>>(events: &[T]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for event in events.iter().map(AsRef::as_ref) {
        let length = u32::try_from(event.len())
            .map_err(|_| Error::Input(format!("an event has {} bytes", event.len())))?;
        bytes.extend(length.to_le_bytes());
        bytes.extend(event);
    }
    Ok(bytes)
}

/// Bytes as text where they are text, and as base64 otherwise.
#[must_use]
pub fn encode(bytes: &[u8]) -> (String, Encoding) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), Encoding::Utf8),
        Err(_) => (BASE64.encode(bytes), Encoding::Base64),
    }
}

impl Event {
    /// The bytes that were appended.
    ///
    /// # Errors
    /// When they are not what `encoding` says.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        match self.encoding {
            Encoding::Utf8 => Ok(self.data.clone().into_bytes()),
            Encoding::Base64 => BASE64.decode(&self.data).map_err(|error| {
                Error::Unexpected(format!(
                    "event {} is not valid base64: {error}",
                    self.sequence
                ))
            }),
        }
    }
}

/// A page of events.
#[derive(Clone, Debug, Deserialize)]
pub struct EventsPage {
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
        }
    }
}
