//! Successful answers: JSON with the headers that say what state they reflect.

use poem::http::header::{CONTENT_TYPE, HeaderName};
use poem::http::{HeaderValue, StatusCode};
use poem::{Body, IntoResponse, Response};
use poem_openapi::registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object};
use protocol::Sequence;
use serde::{Deserialize, Serialize};

pub(super) const SEQUENCE: HeaderName = HeaderName::from_static("primatomic-sequence");
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub(super) const JSON: &str = "application/json";

/// An answer whose body is JSON.
///
/// It is written by serde in one go; poem-openapi's own would build a tree of values first.
pub(super) struct Answer<T, const STATUS: u16 = 200> {
    body: T,
    sequence: Option<Sequence>,
    replayed: bool,
}

impl<T, const STATUS: u16> Answer<T, STATUS> {
    pub(super) fn new(body: T) -> Self {
        Self {
            body,
            sequence: None,
            replayed: false,
        }
    }

    /// The state of a log or view that the answer reflects.
    pub(super) fn at(mut self, sequence: Sequence) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// The answer repeats an earlier one.
    pub(super) fn replayed(mut self, replayed: bool) -> Self {
        self.replayed = replayed;
        self
    }
}

impl<T: Serialize + Send, const STATUS: u16> IntoResponse for Answer<T, STATUS> {
    fn into_response(self) -> Response {
        let mut response = match serde_json::to_vec(&self.body) {
            Ok(body) => with_type(HeaderValue::from_static(JSON), body),
            Err(error) => {
                tracing::error!(%error, "an answer can't be written");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        response.set_status(StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK));
        if let Some(sequence) = self.sequence {
            set_sequence(&mut response, sequence);
        }
        if self.replayed {
            let headers = response.headers_mut();
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

impl<T: Serialize + Type + Send, const STATUS: u16> ApiResponse for Answer<T, STATUS> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType {
            content_type: JSON,
            schema: T::schema_ref(),
        }];
        success(STATUS, content)
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// The only successful response of an operation.
pub(super) fn success(status: u16, content: Vec<MetaMediaType>) -> MetaResponses {
    MetaResponses {
        responses: vec![MetaResponse {
            description: "It worked.",
            status: Some(status),
            status_range: None,
            content,
            headers: Vec::<MetaHeader>::new(),
        }],
    }
}

/// A response with a body of this type.
pub(super) fn with_type(content_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::default();
    response.set_body(body);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

pub(super) fn set_sequence(response: &mut Response, sequence: Sequence) {
    let value = HeaderValue::from(sequence.get());
    response.headers_mut().insert(SEQUENCE, value);
}

/// What there is to say when nothing else is.
#[derive(Clone, Copy, Debug, Object, Serialize, Deserialize)]
pub(super) struct Success {
    /// Always true; a failure has another body.
    pub success: bool,
}

impl Success {
    pub(super) fn answer() -> Answer<Self> {
        Answer::new(Self { success: true })
    }
}
