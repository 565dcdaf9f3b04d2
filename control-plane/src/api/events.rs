//! `/logs/{log}/events`: pages in three forms, and the live tail.

use std::sync::Arc;

use bytes::Bytes;
use poem::http::HeaderValue;
use poem::http::header::HeaderName;
use poem::{Request, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::registry::{MetaResponse, Registry};
use poem_openapi::types::{Binary, Type as _};
use poem_openapi::{Enum, Object, OpenApi};
use protocol::ErrorCode::{
    InvalidFilter, InvalidSequence, NotAcceptable, ShuttingDown, StreamLimitReached,
};
use protocol::Sequence;
use serde::{Deserialize, Serialize};

use super::Tag;
use super::accept::negotiate;
use super::append::parse_sequence;
use super::caller::{Caller, LENIENT, role};
use super::error::bad_sequence;
use super::events_format::{self, Encoding, Format};
use super::failures::{Codes, Failed, IN_LOG, codes};
use super::json::{JSON, Raw, Written, set_sequence, success, with_type};
use super::{tail, times};
use crate::domain::events::{Direction, EventPage, PageRequest, Start};
use crate::errors::Failure;
use crate::event_filter::{EventFilter, Expression, TEXT_BYTES_MAX};

pub(super) struct EventsApi;

/// Where the next page begins, for the forms that have no place for it in their body.
const NEXT: HeaderName = HeaderName::from_static("primatomic-next");
/// What was searched and found for such a page.
const SCANNED: HeaderName = HeaderName::from_static("primatomic-scanned");
const MATCHED: HeaderName = HeaderName::from_static("primatomic-matched");

/// The last event that a client saw before it was cut off.
const LAST_SEEN: &str = "Last-Event-ID";

/// What may go wrong with reading events.
const READ: Codes = IN_LOG
    | codes(&[
        InvalidSequence,
        InvalidFilter,
        NotAcceptable,
        StreamLimitReached,
        ShuttingDown,
    ]);

/// What is offered, the default first.
const OFFERS: &[&str] = &[
    JSON,
    events_format::NDJSON,
    protocol::packed::MEDIA_TYPE,
    tail::MEDIA_TYPE,
];

#[derive(Clone, Copy, Default, Enum, Serialize, Deserialize)]
#[oai(rename = "Direction", rename_all = "snake_case", remote = "Direction")]
pub(super) enum DirectionName {
    #[default]
    Forward,
    Backward,
}

/// An event.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct EventBody {
    sequence: u64,
    timestamp: String,
    data: String,
    encoding: Encoding,
}

/// A page of events. For the document alone: pages are written straight from their frames.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct EventPageBody {
    events: Vec<EventBody>,
    /// Where the next page begins; null at the end.
    next: Option<u64>,
    /// With `text` or `filter`: how many events were looked at for this page.
    scanned: Option<u64>,
    /// With `text` or `filter`: how many of them match.
    matched: Option<u64>,
}

/// A page in some form, or a live tail.
pub(super) struct EventsResponse;

impl Written for EventsResponse {
    fn describe() -> Vec<MetaResponse> {
        let schemas = [
            EventPageBody::schema_ref(),
            EventBody::schema_ref(),
            Binary::<Bytes>::schema_ref(),
            String::schema_ref(),
        ];
        let content = OFFERS.iter().copied().zip(schemas);
        vec![success(200, "A page of events, or a live tail.", content)]
    }

    fn register(registry: &mut Registry) {
        EventPageBody::register(registry);
    }
}

fn page_response(page: &EventPage, format: Format, media_type: &'static str) -> Response {
    let content_type = HeaderValue::from_static(media_type);
    let mut response = with_type(content_type, events_format::write(page, format));
    set_sequence(&mut response, page.head.sequence);
    if let Some(next) = page.next {
        response.headers_mut().insert(NEXT, next.get().into());
    }
    if let Some(found) = &page.found {
        let headers = response.headers_mut();
        headers.insert(SCANNED, found.scanned.into());
        headers.insert(MATCHED, found.matching.len().into());
    }
    response
}

#[OpenApi(tag = "Tag::Logs")]
impl EventsApi {
    /// Read events
    ///
    /// The header `Accept` chooses the form: a JSON object, newline-delimited JSON, the binary form
    /// of a batch, or with `text/event-stream` a live tail, which sends the log from `from` or `at`
    /// or behind `Last-Event-ID` on and then every new event, without a gap.
    ///
    /// With `text` or `filter` only events come that match. A page then looks at a limited number of
    /// events, so it may hold few, or none, and still have a next one; it says how many it looked at.
    /// A tail sends at most once in a second, as an event `scanned`, how far it looked.
    #[oai(
        path = "/logs/:log/events",
        method = "get",
        operation_id = "readEvents",
        response_header(name = "Primatomic-Sequence", ty = "u64"),
        response_header(name = "Primatomic-Next", ty = "u64"),
        response_header(name = "Primatomic-Scanned", ty = "u64"),
        response_header(name = "Primatomic-Matched", ty = "u64"),
        request_header(
            name = "Last-Event-ID",
            ty = "Option<u64>",
            description = "For a live tail: the last sequence that was seen."
        )
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each one is a parameter of the operation"
    )]
    async fn read(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// The sequence to begin with. A page begins with the first event, or the last one for
        /// `backward`; a tail with the next one that is appended.
        from: Query<Option<u64>>,
        /// The time to begin with, in place of `from`; RFC 3339. Events begin with the first one that
        /// was appended then or later, and for `backward` with the last one before it.
        at: Query<Option<String>>,
        /// At most so many events; 1 to 10000. A page is also limited in bytes.
        #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
        limit: Query<Option<u32>>,
        /// Up or down the sequences; for pages.
        #[oai(default)]
        direction: Query<DirectionName>,
        /// Only events that hold these bytes; 1 to 256, in upper and lower case as they stand.
        text: Query<Option<String>>,
        /// Only events that are JSON and for which this expression holds, such as
        /// `@.model == "gpt-4" && @.tokens_out > 400`: a part of JSONPath (RFC 9535), at most 512
        /// bytes.
        filter: Query<Option<String>>,
    ) -> Result<Raw<EventsResponse>, Failed<READ>> {
        let from = start(request, from.0, at.0.as_deref())?;
        let filter = event_filter(text.0.as_deref(), filter.0.as_deref())?;
        let (app, access, _) = caller.parts();
        let offer = negotiate(request, OFFERS, "events come")?;
        let format = match offer {
            0 => Format::Json,
            1 => Format::Ndjson,
            2 => Format::Packed,
            _ => {
                let seen = behind_last_seen(request)?.map(Start::Sequence);
                let from = seen.or(from);
                let tail = app.tail(access, &log.0, from, filter).await?;
                let (app, session) = (Arc::clone(app), Arc::clone(&caller.session));
                return Ok(tail::response(app, session, tail).into());
            }
        };
        let page = PageRequest {
            from,
            limit: limit.0.unwrap_or(app.options.page_events_default),
            direction: direction.0.into(),
            filter,
        };
        let page = app.events(access, &log.0, page).await?;
        Ok(page_response(&page, format, OFFERS[offer]).into())
    }
}

/// Where the request says that it begins, but for `Last-Event-ID`.
fn start(request: &Request, from: Option<u64>, at: Option<&str>) -> Result<Option<Start>, Failure> {
    let from = from.map(Sequence::new).transpose();
    let from = from.map_err(|_| bad_sequence("from"))?;
    let Some(at) = at else {
        return Ok(from.map(Start::Sequence));
    };
    if from.is_some() || request.headers().contains_key(LAST_SEEN) {
        return Err(Failure::invalid_request(
            "`at` stands alone: leave it out, or `from` and `Last-Event-ID`",
        ));
    }
    times::parse("at", at).map(|time| Some(Start::Time(time)))
}

/// What the request wants of events; `None` when it wants all.
fn event_filter(
    text: Option<&str>,
    expression: Option<&str>,
) -> Result<Option<EventFilter>, Failure> {
    let invalid = |message| Failure::new(InvalidFilter, message);
    if text.is_some_and(|text| !(1..=TEXT_BYTES_MAX).contains(&text.len())) {
        return Err(invalid("`text` has 1 to 256 bytes".to_owned()));
    }
    let parse = |text: &str| text.parse::<Expression>();
    let expression = expression.map(parse).transpose();
    let expression = expression.map_err(|error| invalid(format!("`filter`, {error}")))?;
    let filter = EventFilter::new(text, expression);
    Ok(Some(filter).filter(|filter| !filter.is_empty()))
}

/// Where a client that was cut off goes on.
fn behind_last_seen(request: &Request) -> Result<Option<Sequence>, Failure> {
    let seen = request.headers().get(LAST_SEEN);
    let seen = seen.map(|value| parse_sequence(LAST_SEEN, value.as_bytes()));
    Ok(seen.transpose()?.map(Sequence::next))
}
