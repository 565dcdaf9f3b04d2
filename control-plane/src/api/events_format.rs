//! Writing events: straight from their frames into the bytes of the answer.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use poem_openapi::Enum;
use protocol::{Event, Sequence};
use serde::{Deserialize, Serialize};

use crate::domain::events::EventPage;

pub(super) const NDJSON: &str = "application/x-ndjson";

/// The forms of a page.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Json,
    Ndjson,
    Packed,
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
            out.extend_from_slice(format!("],\"next\":{next}").as_bytes());
            if let Some(found) = &page.found {
                let (scanned, matched) = (found.scanned, found.matching.len());
                let counts = format!(",\"scanned\":{scanned},\"matched\":{matched}");
                out.extend_from_slice(counts.as_bytes());
            }
            out.push(b'}');
        }
    }
    out
}

/// How the bytes of an event stand in `data`.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum Encoding {
    /// They are text.
    Utf8,
    /// They are not text, so they stand in Base64.
    Base64,
}

/// An event as it is written.
#[derive(Serialize)]
struct Line<'a> {
    sequence: Sequence,
    timestamp: String,
    data: Cow<'a, str>,
    encoding: Encoding,
}

/// Writes an event as a JSON object on one line.
pub(super) fn write_event(event: &Event<'_>, out: &mut Vec<u8>) {
    let (data, encoding) = match std::str::from_utf8(event.bytes) {
        Ok(text) => (text.into(), Encoding::Utf8),
        Err(_) => (BASE64_STANDARD.encode(event.bytes).into(), Encoding::Base64),
    };
    let line = Line {
        sequence: event.sequence,
        timestamp: event.timestamp.to_string(),
        data,
        encoding,
    };
    // Strings and numbers can always be written to memory.
    let _ = serde_json::to_writer(out, &line);
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;

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
