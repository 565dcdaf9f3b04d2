//! Successful responses: JSON with the headers that say what state they reflect.

use std::marker::PhantomData;

use poem::http::header::{CONTENT_TYPE, HeaderName, SET_COOKIE};
use poem::http::{HeaderValue, StatusCode};
use poem::{Body, IntoResponse, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object};
use protocol::Sequence;
use serde::{Deserialize, Serialize};

pub(super) const SEQUENCE: HeaderName = HeaderName::from_static("primatomic-sequence");
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub(super) const JSON: &str = "application/json";

/// A response whose body is JSON.
///
/// It is written by serde in one go; poem-openapi's own would build a tree of values first.
pub(super) struct Json<T, const STATUS: u16 = 200> {
    body: T,
    sequence: Option<Sequence>,
    replayed: bool,
    cookie: Option<HeaderValue>,
}

impl<T, const STATUS: u16> Json<T, STATUS> {
    pub(super) fn new(body: T) -> Self {
        Self {
            body,
            sequence: None,
            replayed: false,
            cookie: None,
        }
    }

    /// The state of a log or view that the response reflects.
    pub(super) fn at(mut self, sequence: Sequence) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// The response sets this cookie.
    pub(super) fn with_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        self.cookie = cookie;
        self
    }

    /// The response repeats an earlier one.
    pub(super) fn replayed(mut self, replayed: bool) -> Self {
        self.replayed = replayed;
        self
    }
}

impl<T: Serialize + Send, const STATUS: u16> IntoResponse for Json<T, STATUS> {
    fn into_response(self) -> Response {
        let mut response = match serde_json::to_vec(&self.body) {
            Ok(body) => with_type(HeaderValue::from_static(JSON), body),
            Err(error) => {
                tracing::error!(%error, "a response can't be written");
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
        if let Some(cookie) = self.cookie {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

impl<T: Serialize + Type + Send, const STATUS: u16> ApiResponse for Json<T, STATUS> {
    fn meta() -> MetaResponses {
        let content = [(JSON, T::schema_ref())];
        MetaResponses {
            responses: vec![success(STATUS, description::<T>(), content)],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// What the document says of a type.
pub(super) fn description<T: Type>() -> &'static str {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let MetaSchemaRef::Reference(name) = T::schema_ref() else {
        return "";
    };
    let schema = registry.schemas.get(&name);
    schema.and_then(|schema| schema.description).unwrap_or("")
}

/// A successful response: its media types with their schemas.
pub(super) fn success(
    status: u16,
    description: &'static str,
    content: impl IntoIterator<Item = (&'static str, MetaSchemaRef)>,
) -> MetaResponse {
    let media_type = |(content_type, schema)| MetaMediaType {
        content_type,
        schema,
    };
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: content.into_iter().map(media_type).collect(),
        headers: Vec::new(),
    }
}

/// What the response of an operation may be that writes it itself.
pub(super) trait Written: Send {
    fn describe() -> Vec<MetaResponse>;

    fn register(_: &mut Registry) {}
}

/// A response that the operation wrote itself, as `K` describes it.
pub(super) struct Raw<K>(Response, PhantomData<K>);

impl<K> From<Response> for Raw<K> {
    fn from(response: Response) -> Self {
        Self(response, PhantomData)
    }
}

impl<K: Send> IntoResponse for Raw<K> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<K: Written> ApiResponse for Raw<K> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: K::describe(),
        }
    }

    fn register(registry: &mut Registry) {
        K::register(registry);
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

/// The operation was carried out.
#[derive(Clone, Copy, Debug, Object, Serialize, Deserialize)]
pub(super) struct Success {
    /// Always true; a failure has another body.
    pub success: bool,
}

impl Success {
    pub(super) fn json() -> Json<Self> {
        Json::new(Self { success: true })
    }
}
