//! `/logs/{log}/append` and `/logs/{log}/append_batch`.

use poem::Request;
use poem::http::HeaderMap;
use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::*;
use protocol::Sequence;
use protocol::frame::KeyDigest;
use protocol::limits::{BATCH_BYTES_MAX, EVENT_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX};
use serde::{Deserialize, Serialize};
use storage::event_log::appender::{AppendRequest, Payload};

use super::Tag;
use super::body::{BodyKind, RawBody};
use super::caller::{Caller, LENIENT, role};
use super::error::bad_sequence;
use super::failures::{Codes, Failed, IN_LOG, codes};
use super::json::Json;
use crate::batch::{self, BatchError, Delimiter, Form};
use crate::errors::Failure;

pub(super) struct AppendApi;

pub(super) struct EventBody;

impl BodyKind for EventBody {
    const MEDIA_TYPES: &'static [&'static str] = &["application/octet-stream"];
}

pub(super) struct BatchBody;

impl BodyKind for BatchBody {
    const MEDIA_TYPES: &'static [&'static str] = &[
        "application/octet-stream",
        NDJSON,
        "application/json",
        protocol::packed::MEDIA_TYPE,
    ];
}

const NDJSON: &str = "application/x-ndjson";

/// What may go wrong with appending.
const APPEND: Codes = IN_LOG
    | codes(&[
        InvalidIdempotencyKey,
        InvalidSequence,
        SequenceMismatch,
        IdempotencyKeyReused,
        EventTooLarge,
        StorageLimitReached,
        ComputeLimitReached,
        ShuttingDown,
    ]);
const APPEND_BATCH: Codes = APPEND
    | codes(&[
        EmptyBatch,
        MalformedBatch,
        InvalidDelimiter,
        BatchTooLarge,
        BatchTooManyEvents,
        UnsupportedMediaType,
    ]);

/// An event that is durable.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct AppendAnswer {
    /// The event's sequence in its log.
    sequence: u64,
    success: bool,
}

/// Events that are durable.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct AppendBatchAnswer {
    /// The events' sequences in their log, in the order of the batch.
    sequences: Vec<u64>,
    success: bool,
}

#[OpenApi(tag = "Tag::Logs")]
impl AppendApi {
    /// Append an event
    ///
    /// The body is the event, whatever its bytes; at most 1 MiB. The answer comes when the event is
    /// durable.
    #[oai(
        path = "/logs/:log/append",
        method = "post",
        operation_id = "append",
        response_header(name = "Primatomic-Sequence", ty = "u64"),
        response_header(name = "Idempotency-Replayed", ty = "String"),
        request_header(
            name = "Idempotency-Key",
            ty = "Option<String>",
            description = "1 to 255 visible characters. For an hour, the same key with the same \
                           body appends nothing and gives the sequence of the first time."
        ),
        request_header(
            name = "Expected-Sequence",
            ty = "Option<u64>",
            description = "Append only if this is the log's head; 0 for an empty log."
        )
    )]
    async fn append(
        &self,
        caller: Caller<role::Member, LENIENT>,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        body: RawBody<EventBody>,
    ) -> Result<Json<AppendAnswer>, Failed<APPEND>> {
        let event = body.read(&caller.app, EVENT_BYTES_MAX, EventTooLarge, "an event");
        let event = event.await?;
        let payload = Payload::Event(event.bytes.clone());
        let request = append_request(request.headers(), payload)?;
        let (app, access, _) = caller.parts();
        let appended = app.append(access, &log.0, request).await?;
        let answer = AppendAnswer {
            sequence: appended.first.get(),
            success: true,
        };
        Ok(Json::new(answer)
            .at(appended.first)
            .replayed(appended.replayed))
    }

    /// Append a batch of events
    ///
    /// All of them or none, at consecutive sequences; at most 10 MiB and 100,000 events. The body
    /// holds the events in one of four forms: raw bytes between delimiters (with the parameter
    /// `delimiter`), newline-delimited JSON, a JSON array whose elements are the events, or `u32`
    /// little-endian lengths each followed by so many bytes.
    #[oai(
        path = "/logs/:log/append_batch",
        method = "post",
        operation_id = "appendBatch",
        response_header(name = "Primatomic-Sequence", ty = "u64"),
        response_header(name = "Idempotency-Replayed", ty = "String"),
        request_header(
            name = "Idempotency-Key",
            ty = "Option<String>",
            description = "1 to 255 visible characters. For an hour, the same key with the same \
                           events appends nothing and gives the sequences of the first time."
        ),
        request_header(
            name = "Expected-Sequence",
            ty = "Option<u64>",
            description = "Append only if this is the log's head; 0 for an empty log."
        )
    )]
    async fn append_batch(
        &self,
        caller: Caller<role::Member, LENIENT>,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// Splits the body at these bytes, percent-encoded, 1 to 16 of them; an empty piece at the
        /// end is dropped. The content type does not matter then.
        #[oai(name = "delimiter")]
        _delimiter: Query<Option<String>>,
        body: RawBody<BatchBody>,
    ) -> Result<Json<AppendBatchAnswer>, Failed<APPEND_BATCH>> {
        let form = form(request, body.media_type().as_deref())?;
        let body = body.read(&caller.app, BATCH_BYTES_MAX, BatchTooLarge, "a batch");
        let body = body.await?;
        let batch = batch::split(&body.bytes, &form)?;
        let payload = Payload::Batch {
            packed: batch.packed,
            count: batch.count,
        };
        let request = append_request(request.headers(), payload)?;
        let (app, access, _) = caller.parts();
        let appended = app.append(access, &log.0, request).await?;
        let first = appended.first.get();
        let last = first + u64::from(appended.count).saturating_sub(1);
        let answer = AppendBatchAnswer {
            sequences: (first..=last).collect(),
            success: true,
        };
        let last = Sequence::new(last).unwrap_or(Sequence::MAX);
        Ok(Json::new(answer).at(last).replayed(appended.replayed))
    }
}

/// How the events stand in the body.
fn form(request: &Request, media_type: Option<&str>) -> Result<Form, Failure> {
    // The delimiter is read from the raw query, because it may be bytes that are no text.
    let query = request.uri().query().unwrap_or_default();
    if let Some(delimiter) = Delimiter::from_query(query)? {
        return Ok(Form::Delimited(delimiter));
    }
    match media_type {
        Some(NDJSON) => Ok(Form::Ndjson),
        Some("application/json") => Ok(Form::JsonArray),
        Some(protocol::packed::MEDIA_TYPE) => Ok(Form::Packed),
        _ => Err(Failure::new(
            UnsupportedMediaType,
            "say how the events stand in the body: with the parameter `delimiter`, or with the \
             content type application/x-ndjson, application/json or \
             application/vnd.primatomic.events",
        )),
    }
}

fn append_request(headers: &HeaderMap, payload: Payload) -> Result<AppendRequest, Failure> {
    let key = headers.get("Idempotency-Key");
    let expected = headers.get("Expected-Sequence");
    Ok(AppendRequest {
        payload,
        key: key.map(|key| idempotency_key(key.as_bytes())).transpose()?,
        expected: expected
            .map(|value| parse_sequence("Expected-Sequence", value.as_bytes()))
            .transpose()?,
    })
}

/// The digest of an `Idempotency-Key`.
fn idempotency_key(header: &[u8]) -> Result<KeyDigest, Failure> {
    let text = std::str::from_utf8(header).unwrap_or_default();
    let is_visible = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&text.len()) && header.iter().all(is_visible) {
        return Ok(KeyDigest::of(text));
    }
    Err(Failure::new(
        InvalidIdempotencyKey,
        "an Idempotency-Key has 1 to 255 visible ASCII characters",
    ))
}

/// A sequence in a header.
pub(super) fn parse_sequence(name: &str, text: &[u8]) -> Result<Sequence, Failure> {
    std::str::from_utf8(text)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .and_then(|number| Sequence::new(number).ok())
        .ok_or_else(|| bad_sequence(name))
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
