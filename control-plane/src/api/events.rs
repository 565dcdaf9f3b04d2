//! `/logs/{log}/events`: pages in three forms, and the live tail.

use poem::http::HeaderValue;
use poem::http::header::{ACCEPT, HeaderName};
use poem::{IntoResponse, Request, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::registry::{MetaMediaType, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use protocol::{ErrorCode, Sequence};
use serde::{Deserialize, Serialize};

use super::Tag;
use super::accept;
use super::answer::{JSON, set_sequence, success, with_type};
use super::append::parse_sequence;
use super::caller::Caller;
use super::error::bad_sequence;
use super::events_format::{self, Format};
use super::tail;
use crate::domain::events::{Direction, EventPage, PageRequest};
use crate::errors::Failure;

pub(super) struct EventsApi;

/// Where the next page begins, for the forms that have no place for it in their body.
const NEXT: HeaderName = HeaderName::from_static("primatomic-next");

/// What is offered, the default first.
const OFFERS: &[&str] = &[
    JSON,
    events_format::NDJSON,
    protocol::packed::MEDIA_TYPE,
    tail::MEDIA_TYPE,
];

#[derive(Clone, Copy, Default, Enum, Serialize, Deserialize)]
#[oai(rename = "Direction", rename_all = "snake_case")]
pub(super) enum DirectionName {
    #[default]
    Forward,
    Backward,
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
}

/// A page in some form, or a stream.
pub(super) enum EventsAnswer {
    Page(EventPage, Format),
    Tail(Response),
}

impl IntoResponse for EventsAnswer {
    fn into_response(self) -> Response {
        let (page, format) = match self {
            Self::Tail(response) => return response,
            Self::Page(page, format) => (page, format),
        };
        let content_type = HeaderValue::from_static(format.media_type());
        let mut response = with_type(content_type, events_format::write(&page, format));
        set_sequence(&mut response, page.head.sequence);
        if let Some(next) = page.next {
            response.headers_mut().insert(NEXT, next.get().into());
        }
        response
    }
}

impl ApiResponse for EventsAnswer {
    fn meta() -> MetaResponses {
        let text = |ty, format| {
            MetaSchemaRef::Inline(Box::new(match format {
                Some(format) => MetaSchema::new_with_format(ty, format),
                None => MetaSchema::new(ty),
            }))
        };
        let schemas = [
            EventPageBody::schema_ref(),
            EventBody::schema_ref(),
            text("string", Some("binary")),
            text("string", None),
        ];
        let content = OFFERS
            .iter()
            .zip(schemas)
            .map(|(content_type, schema)| MetaMediaType {
                content_type,
                schema,
            });
        success(200, content.collect())
    }

    fn register(registry: &mut Registry) {
        EventPageBody::register(registry);
    }
}

#[OpenApi(tag = "Tag::Logs")]
impl EventsApi {
    /// Read events
    ///
    /// The header `Accept` chooses the form: a JSON object, newline-delimited JSON, the binary form
    /// of a batch, or with `text/event-stream` a live tail, which sends the log from `from` or
    /// behind `Last-Event-ID` on and then every new event, without a gap.
    #[oai(
        path = "/logs/:log/events",
        method = "get",
        operation_id = "readEvents",
        request_header(
            name = "Last-Event-ID",
            ty = "Option<u64>",
            description = "For a live tail: the last sequence that was seen."
        )
    )]
    async fn read(
        &self,
        caller: Caller,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// The sequence to begin with. A page begins with the first event, or the last one for
        /// `backward`; a tail with the next one that is appended.
        from: Query<Option<u64>>,
        /// At most so many events; 1 to 10000. A page is also limited in bytes.
        #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
        limit: Query<Option<u32>>,
        /// Up or down the sequences; for pages.
        #[oai(default)]
        direction: Query<DirectionName>,
    ) -> Result<EventsAnswer, Failure> {
        let from = from.0.map(Sequence::new).transpose();
        let from = from.map_err(|_| bad_sequence("from"))?;
        let Some(format) = chosen(request)? else {
            let from = behind_last_seen(request)?.or(from);
            let tail = caller.app.tail(caller.access(), &log.0, from).await?;
            return Ok(EventsAnswer::Tail(tail::response(caller, tail)));
        };
        let page = PageRequest {
            from,
            limit: limit.0.unwrap_or(caller.app.options.page_events_default),
            direction: match direction.0 {
                DirectionName::Forward => Direction::Forward,
                DirectionName::Backward => Direction::Backward,
            },
        };
        let page = caller.app.events(caller.access(), &log.0, page).await?;
        Ok(EventsAnswer::Page(page, format))
    }
}

/// The form of the page; `None` for a tail.
fn chosen(request: &Request) -> Result<Option<Format>, Failure> {
    let accepted = request.headers().get(ACCEPT);
    let accepted = accepted.map(|value| value.to_str().unwrap_or_default());
    match accept::choose(accepted, OFFERS) {
        Some(0) => Ok(Some(Format::Json)),
        Some(1) => Ok(Some(Format::Ndjson)),
        Some(2) => Ok(Some(Format::Packed)),
        Some(_) => Ok(None),
        None => Err(Failure::new(
            ErrorCode::NotAcceptable,
            format!("events come as {}", OFFERS.join(", ")),
        )),
    }
}

/// Where a client that was cut off goes on.
fn behind_last_seen(request: &Request) -> Result<Option<Sequence>, Failure> {
    let name = "Last-Event-ID";
    let seen = request.headers().get(name);
    let seen = seen.map(|value| parse_sequence(name, value.as_bytes()));
    Ok(seen.transpose()?.map(Sequence::next))
}
