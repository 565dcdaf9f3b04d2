//! `/logs/{log}/views/{view}/query`.

use std::time::Duration;

use bytes::Bytes;
use poem::http::header::{CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderValue, StatusCode};
use poem::{Request, Response, Result};
use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::registry::{MetaResponse, MetaSchema};
use poem_openapi::types::{Binary, Type as _};
use protocol::ErrorCode::*;
use protocol::Sequence;

use super::Tag;
use super::body::{BodyKind, RawBody};
use super::caller::{Caller, LENIENT, role};
use super::error::bad_sequence;
use super::failures::{Codes, Failed, IN_VIEW, codes};
use super::json::{Raw, Written, set_sequence, success, with_type};
use super::parameters::{Group, Parameters, describe, parameter};
use crate::domain::queries::{Answered, Question};
use crate::errors::Failure;

pub(super) struct QueriesApi;

/// The parameters that are ours. All others are the view's.
const OURS: &[&str] = &["after", "sequence", "as_of", "version", "timeout_ms"];

/// Parameters that are not ours go to the view. Unlike elsewhere, this stays so.
const FOR_THE_VIEW: bool = LENIENT;

/// What may go wrong with a query.
const QUERY: Codes = IN_VIEW
    | codes(&[
        InvalidSequence,
        VersionNotFound,
        ViewFailed,
        QueryFailed,
        ResultTooLarge,
        ViewBehind,
        QueryLimitReached,
        ComputeLimitReached,
        ViewMemoryLimitReached,
        NotImplemented,
    ]);

/// What a view answers with when neither it nor its upload says.
const BINARY: HeaderValue = HeaderValue::from_static("application/octet-stream");

pub(super) struct InputBody;

impl BodyKind for InputBody {
    const MEDIA_TYPES: &'static [&'static str] = &["application/octet-stream"];
    const REQUIRED: bool = false;
}

/// A view's answer.
pub(super) struct ViewAnswer;

impl Written for ViewAnswer {
    fn describe() -> Vec<MetaResponse> {
        let schema = Binary::<Bytes>::schema_ref();
        let content = [("application/octet-stream", schema)];
        vec![success(200, "The view's answer.", content)]
    }
}

/// A view's answer, unless the client has it already.
pub(super) struct Cacheable;

impl Written for Cacheable {
    fn describe() -> Vec<MetaResponse> {
        let unchanged = "The answer is the one that `If-None-Match` names.";
        let mut responses = ViewAnswer::describe();
        responses.push(success(304, unchanged, []));
        responses
    }
}

fn response(answered: Answered) -> Response {
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
    response
}

/// Our parameters.
pub(super) struct Ours {
    after: Option<u64>,
    as_of: Option<u64>,
    version: Option<u32>,
    timeout_ms: Option<u64>,
}

impl Group for Ours {
    fn describe() -> Vec<MetaSchema> {
        vec![
            describe::<u64>(
                "after",
                "Answer from a state that holds at least this sequence; waits for it.",
            ),
            MetaSchema {
                deprecated: true,
                ..describe::<u64>("sequence", "The same as `after`.")
            },
            describe::<u64>("as_of", "Reserved for answers from past states."),
            describe::<u32>(
                "version",
                "The number of a version; the live one when it is left out.",
            ),
            describe::<u64>(
                "timeout_ms",
                "How long to wait for `after`; 10 seconds when it is left out, 60 at most.",
            ),
        ]
    }

    async fn read(request: &Request) -> Result<Self> {
        let after = parameter(request, "after").await?;
        let sequence = parameter(request, "sequence").await?;
        Ok(Self {
            after: after.or(sequence),
            as_of: parameter(request, "as_of").await?,
            version: parameter(request, "version").await?,
            timeout_ms: parameter(request, "timeout_ms").await?,
        })
    }
}

impl Ours {
    fn question(self, request: &Request, body: Bytes) -> Result<Question, Failure> {
        if self.as_of.is_some() {
            return Err(Failure::new(
                NotImplemented,
                "this server does not answer from past states; leave `as_of` out",
            ));
        }
        let after = self.after.map(Sequence::new).transpose();
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
        operation_id = "queryView",
        response_header(name = "Primatomic-Sequence", ty = "u64")
    )]
    async fn post(
        &self,
        caller: Caller<role::ReadOnly, FOR_THE_VIEW>,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
        Parameters(ours): Parameters<Ours>,
        body: RawBody<InputBody>,
    ) -> Result<Raw<ViewAnswer>, Failed<{ QUERY | codes(&[QueryTooLarge]) }>> {
        let (app, access, _) = caller.parts();
        let bytes_max = app.options.query_bytes_max;
        let body = body.read(app, bytes_max, QueryTooLarge, "the input of a query");
        let body = body.await?;
        let question = ours.question(request, body.bytes.clone())?;
        let answered = app.query(access, &log.0, &view.0, question).await?;
        app.count_answer(&answered);
        Ok(response(answered).into())
    }

    /// Query a view, cacheable
    ///
    /// The same without a body. The answer has an `ETag`; with it in `If-None-Match` an unchanged
    /// answer is not sent again.
    #[oai(
        path = "/logs/:log/views/:view/query",
        method = "get",
        operation_id = "queryViewByGet",
        response_header(name = "Primatomic-Sequence", ty = "u64"),
        response_header(name = "ETag", ty = "String"),
        request_header(
            name = "If-None-Match",
            ty = "Option<String>",
            description = "The ETag of an earlier answer."
        )
    )]
    async fn get(
        &self,
        caller: Caller<role::ReadOnly, FOR_THE_VIEW>,
        request: &Request,
        /// The log's id or name.
        log: Path<String>,
        /// The view's name.
        view: Path<String>,
        Parameters(ours): Parameters<Ours>,
    ) -> Result<Raw<Cacheable>, Failed<QUERY>> {
        let (app, access, _) = caller.parts();
        let question = ours.question(request, Bytes::new())?;
        let parameters = question.parameters.clone();
        let answered = app.query(access, &log.0, &view.0, question).await?;
        let etag = etag(&answered, &parameters);
        let mut response = if matches(request, &etag) {
            let mut unchanged = Response::default();
            unchanged.set_status(StatusCode::NOT_MODIFIED);
            set_sequence(&mut unchanged, answered.answer.sequence);
            unchanged
        } else {
            app.count_answer(&answered);
            response(answered)
        };
        response.headers_mut().insert(ETAG, etag);
        Ok(response.into())
    }
}

/// The view's own parameters, in the order of the address.
fn parameters(request: &Request) -> Vec<(String, String)> {
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
