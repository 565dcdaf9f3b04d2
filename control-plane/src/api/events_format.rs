//! Writing events: straight from their frames into the bytes of the answer.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use protocol::Event;

use super::json::JSON;
use crate::domain::events::EventPage;

pub(super) const NDJSON: &str = "application/x-ndjson";

/// The forms of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Ndjson,
    Packed,
}

impl Format {
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Ndjson => NDJSON,
            Self::Packed => protocol::packed::MEDIA_TYPE,
        }
    }
}

pub(super) fn write(page: &EventPage, format: Format) -> Vec<u8> {
    let mut out = Vec::with_capacity(4_096);
    match format {
        Format::Packed => page.for_each(|event| protocol::packed::push(&mut out, event.bytes)),
        Format::Ndjson => page.for_each(|event| {
            write_event(&event, &mut out);
            out.push(b'\n');
        }),
        Format::Json => {
            out.extend_from_slice(b"{\"events\":[");
            let mut first = true;
            page.for_each(|event| {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write_event(&event, &mut out);
            });
            let next = page
                .next
                .map_or_else(|| "null".to_owned(), |next| next.to_string());
            out.extend_from_slice(format!("],\"next\":{next}}}").as_bytes());
        }
    }
    out
}

/// Writes an event as a JSON object on one line.
pub(super) fn write_event(event: &Event<'_>, out: &mut Vec<u8>) {
    let head = format!(
        "{{\"sequence\":{},\"timestamp\":\"{}\",\"data\":",
        event.sequence, event.timestamp
    );
    out.extend_from_slice(head.as_bytes());
    let encoding = match std::str::from_utf8(event.bytes) {
        Ok(text) => {
            write_string(text, out);
            "utf8"
        }
        Err(_) => {
            out.push(b'"');
            out.extend_from_slice(BASE64_STANDARD.encode(event.bytes).as_bytes());
            out.push(b'"');
            "base64"
        }
    };
    out.extend_from_slice(b",\"encoding\":\"");
    out.extend_from_slice(encoding.as_bytes());
    out.extend_from_slice(b"\"}");
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    if serde_json::to_writer(&mut *out, text).is_err() {
        // Writing a string to memory does not fail; an empty one keeps the object well-formed.
        out.extend_from_slice(b"\"\"");
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Sequence, Timestamp};

    use super::*;

    fn written(bytes: &[u8]) -> serde_json::Value {
        let event = Event {
            sequence: Sequence::FIRST,
            timestamp: Timestamp(1_700_000_000_123_456),
            bytes,
        };
        let mut out = Vec::new();
        write_event(&event, &mut out);
        assert!(!out.contains(&b'\n'));
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn text_stands_as_it_is_and_other_bytes_in_base64() {
        insta::assert_json_snapshot!(written(b"{\"a\":\"\n\xc3\xa9\"}"), @r#"
        {
          "data": "{\"a\":\"\né\"}",
          "encoding": "utf8",
          "sequence": 1,
          "timestamp": "2023-11-14T22:13:20.123456Z"
        }
        "#);
        insta::assert_json_snapshot!(written(b"\xff\x00"), @r#"
        {
          "data": "/wA=",
          "encoding": "base64",
          "sequence": 1,
          "timestamp": "2023-11-14T22:13:20.123456Z"
        }
        "#);
    }
}
