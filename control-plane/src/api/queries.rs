//! `/logs/{log}/views/{view}/query`.

use std::time::Duration;

use bytes::Bytes;
use poem::http::header::{CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Request, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema};
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, OpenApi};
use protocol::{ErrorCode, Sequence};

use super::Tag;
use super::answer::{set_sequence, success, with_type};
use super::body::{BodyKind, Limit, RawBody};
use super::caller::Caller;
use super::error::bad_sequence;
use crate::domain::queries::{Answered, Question};
use crate::errors::Failure;

pub(super) struct QueriesApi;

/// The parameters that are ours. All others are the view's.
const OURS: &[&str] = &["after", "sequence", "as_of", "version", "timeout_ms"];

/// What a view answers with when neither it nor its upload says.
const BINARY: HeaderValue = HeaderValue::from_static("application/octet-stream");

pub(super) struct InputBody;

impl BodyKind for InputBody {
    const MEDIA_TYPES: &'static [&'static str] = &["application/octet-stream"];
    const REQUIRED: bool = false;
}

/// A view's answer.
pub(super) enum QueryResponse {
    Full(Answered, Option<HeaderValue>),
    /// The client has it already.
    NotModified(Sequence, HeaderValue),
}

impl IntoResponse for QueryResponse {
    fn into_response(self) -> Response {
        let (answered, etag) = match self {
            Self::Full(answered, etag) => (answered, etag),
            Self::NotModified(sequence, etag) => {
                let mut response = Response::default();
                response.set_status(StatusCode::NOT_MODIFIED);
                response.headers_mut().insert(ETAG, etag);
                set_sequence(&mut response, sequence);
                return response;
            }
        };
        let answer = answered.answer;
        let declared = answer
            .content_type
            .or_else(|| answered.version.content_type.clone());
        let content_type = declared.and_then(|text| HeaderValue::from_str(&text).ok());
        let mut response = with_type(content_type.unwrap_or(BINARY), answer.bytes);
        set_sequence(&mut response, answer.sequence);
        let headers = response.headers_mut();
        // What a view answers is its author's: a browser must not run it in this origin.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        if let Some(etag) = etag {
            headers.insert(ETAG, etag);
        }
        response
    }
}

impl ApiResponse for QueryResponse {
    fn meta() -> MetaResponses {
        let bytes = MetaSchema::new_with_format("string", "binary");
        success(
            200,
            vec![MetaMediaType {
                content_type: "application/octet-stream",
                schema: MetaSchemaRef::Inline(Box::new(bytes)),
            }],
        )
    }

    fn register(_: &mut Registry) {}
}

/// The answer of a query that may be cached.
pub(super) struct CacheableResponse(QueryResponse);

impl IntoResponse for CacheableResponse {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl ApiResponse for CacheableResponse {
    fn meta() -> MetaResponses {
        let mut meta = QueryResponse::meta();
        meta.responses.push(MetaResponse {
            description: "The answer is the one that `If-None-Match` names.",
            status: Some(304),
            status_range: None,
            content: Vec::new(),
            headers: Vec::new(),
        });
        meta
    }

    fn register(_: &mut Registry) {}
}

/// Our parameters, as poem parsed them.
struct Ours {
    after: Option<u64>,
    sequence: Option<u64>,
    as_of: Option<u64>,
    version: Option<u32>,
    timeout_ms: Option<u64>,
}

impl Ours {
    fn question(self, request: &Request, body: Bytes) -> Result<Question, Failure> {
        if self.as_of.is_some() {
            return Err(Failure::new(
                ErrorCode::NotImplemented,
                "this server does not answer from past states; leave `as_of` out",
            ));
        }
        let after = self.after.or(self.sequence).map(Sequence::new).transpose();
        Ok(Question {
            after: after.map_err(|_| bad_sequence("after"))?,
            version: self.version,
            timeout: self.timeout_ms.map(Duration::from_millis),
            body,
            parameters: parameters(request),
        })
    }
}

#[OpenApi(tag = "Tag::Views")]
impl QueriesApi {
    /// Query a view
    ///
    /// The body is the view's input, at most 1 MiB; the answer is the view's. Query parameters that
    /// are not listed here go to the view.
    #[oai(
        path = "/logs/:log/views/:view/query",
        method = "post",
        operation_id = "queryView"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each one is a parameter of the operation"
    )]
    async fn post(
        &self,
        caller: Caller,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
        /// Answer from a state that holds at least this sequence; waits for it.
        after: Query<Option<u64>>,
        /// The same as `after`.
        #[oai(deprecated)]
        sequence: Query<Option<u64>>,
        /// Reserved for answers from past states.
        as_of: Query<Option<u64>>,
        /// The number of a version; the live one when it is left out.
        version: Query<Option<u32>>,
        /// How long to wait for `after`; 10 seconds when it is left out, 60 at most.
        timeout_ms: Query<Option<u64>>,
        body: RawBody<InputBody>,
    ) -> Result<QueryResponse, Failure> {
        let ours = Ours {
            after: after.0,
            sequence: sequence.0,
            as_of: as_of.0,
            version: version.0,
            timeout_ms: timeout_ms.0,
        };
        let limit = Limit {
            bytes: caller.app.options.query_bytes_max,
            code: ErrorCode::QueryTooLarge,
            what: "the input of a query",
        };
        let body = body.read(&caller.app, limit).await?;
        let question = ours.question(request, body.bytes.clone())?;
        let app = &caller.app;
        let answered = app
            .query(caller.access(), &log.0, &view.0, question)
            .await?;
        Ok(QueryResponse::Full(answered, None))
    }

    /// Query a view, cacheable
    ///
    /// The same without a body. The answer has an `ETag`; with it in `If-None-Match` an unchanged
    /// answer is not sent again.
    #[oai(
        path = "/logs/:log/views/:view/query",
        method = "get",
        operation_id = "queryViewByGet",
        request_header(
            name = "If-None-Match",
            ty = "Option<String>",
            description = "The ETag of an earlier answer."
        )
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each one is a parameter of the operation"
    )]
    async fn get(
        &self,
        caller: Caller,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
        /// Answer from a state that holds at least this sequence; waits for it.
        after: Query<Option<u64>>,
        /// The same as `after`.
        #[oai(deprecated)]
        sequence: Query<Option<u64>>,
        /// Reserved for answers from past states.
        as_of: Query<Option<u64>>,
        /// The number of a version; the live one when it is left out.
        version: Query<Option<u32>>,
        /// How long to wait for `after`; 10 seconds when it is left out, 60 at most.
        timeout_ms: Query<Option<u64>>,
    ) -> Result<CacheableResponse, Failure> {
        let ours = Ours {
            after: after.0,
            sequence: sequence.0,
            as_of: as_of.0,
            version: version.0,
            timeout_ms: timeout_ms.0,
        };
        let question = ours.question(request, Bytes::new())?;
        let parameters = question.parameters.clone();
        let app = &caller.app;
        let answered = app
            .query(caller.access(), &log.0, &view.0, question)
            .await?;
        let etag = etag(&answered, &parameters);
        Ok(CacheableResponse(if matches(request, &etag) {
            QueryResponse::NotModified(answered.answer.sequence, etag)
        } else {
            QueryResponse::Full(answered, Some(etag))
        }))
    }
}

/// The view's own parameters, in the order of the address.
fn parameters(request: &Request) -> Vec<(String, String)> {
    if request.uri().query().is_none() {
        return Vec::new();
    }
    let mut parameters: Vec<(String, String)> = request.params().unwrap_or_default();
    parameters.retain(|(name, _)| !OURS.contains(&name.as_str()));
    parameters
}

/// An answer is a function of the version, the sequence and the parameters (design.md, invariant
/// 6), so they name it.
fn etag(answered: &Answered, parameters: &[(String, String)]) -> HeaderValue {
    let mut hasher = blake3::Hasher::new();
    hasher.update(answered.version.spec.version.as_bytes());
    hasher.update(&answered.answer.sequence.get().to_le_bytes());
    for text in parameters.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let hash = hasher.finalize().to_hex();
    HeaderValue::from_str(&format!("\"{}\"", &hash[..32])).unwrap_or(BINARY)
}

/// Whether `If-None-Match` names this answer (RFC 9110 §13.1.2; the comparison is the weak one).
fn matches(request: &Request, etag: &HeaderValue) -> bool {
    let etag = etag.as_bytes();
    request
        .headers()
        .get_all(IF_NONE_MATCH)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|known| known == b"*" || known.strip_prefix(b"W/").unwrap_or(known) == etag)
}
