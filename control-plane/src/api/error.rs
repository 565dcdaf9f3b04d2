//! Errors over HTTP: one JSON object for all of them, whoever raised them.

use poem::Response;
use poem::error::{MethodNotAllowedError, NotFoundError, ReadBodyError, ResponseError};
use poem::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, StatusCode};
use poem_openapi::error::{ParseParamError, ParsePathError};
use protocol::{ErrorCode, RequestId, Sequence};
use serde::Serialize;

use super::json::{JSON, set_sequence, with_type};
use crate::errors::{Detail, Failure};

/// Seconds after which it is worth to try again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The body of every error but the published 429.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    code: &'static str,
    request_id: RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<Sequence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Sequence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<Sequence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view_code: Option<&'a str>,
}

/// What an error is over HTTP.
pub(super) fn response(failure: &Failure, request_id: RequestId) -> Response {
    let (head, applied, sequence, view_code) = match &failure.detail {
        Detail::None | Detail::RetryAfter(_) => (None, None, None, None),
        Detail::Head(head) => (Some(*head), None, None, None),
        Detail::Applied(applied) => (None, Some(*applied), None, None),
        Detail::Sequence(sequence) => (None, None, Some(*sequence), None),
        Detail::View { sequence, code } => (None, None, Some(*sequence), code.as_deref()),
    };
    let body = ErrorBody {
        error: &failure.message,
        code: failure.code.as_str(),
        request_id,
        head,
        applied,
        sequence,
        view_code,
    };
    // Strings and numbers can always be written as JSON.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = with_type(HeaderValue::from_static(JSON), body);
    let status = failure.status();
    response.set_status(status);
    if let Some(state) = head.or(applied).or(sequence) {
        set_sequence(&mut response, state);
    }
    let headers = response.headers_mut();
    if let Detail::RetryAfter(seconds) = failure.detail {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        _ => {}
    }
    response
}

/// Why a request did not come to its operation.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAdmitted {
    #[error("the rate limit is exceeded")]
    RateLimited,
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ResponseError for NotAdmitted {
    fn status(&self) -> StatusCode {
        match self {
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed(failure) => failure.status(),
        }
    }
}

/// The one error that is not JSON: it is published as text.
fn rate_limited() -> Response {
    let content_type = HeaderValue::from_static("text/plain");
    let mut response = with_type(content_type, "Rate limit exceeded");
    response.set_status(StatusCode::TOO_MANY_REQUESTS);
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
    response
}

/// Puts an error that came out of poem into our form. Its own texts name parameters by their
/// position and types by their Rust names, so they are not passed on.
pub(super) fn from_framework(error: poem::Error, request_id: RequestId) -> Response {
    let error = match error.downcast::<Failure>() {
        Ok(failure) => return response(&failure, request_id),
        Err(error) => error,
    };
    match error.downcast::<NotAdmitted>() {
        Ok(NotAdmitted::RateLimited) => rate_limited(),
        Ok(NotAdmitted::Failed(failure)) => response(&failure, request_id),
        Err(error) => response(&reworded(&error), request_id),
    }
}

fn reworded(error: &poem::Error) -> Failure {
    if let Some(error) = error.downcast_ref::<ParseParamError>() {
        return bad_parameter(error.name);
    }
    if error.is::<NotFoundError>() {
        Failure::new(ErrorCode::NotFound, "there is nothing at this address")
    } else if error.is::<MethodNotAllowedError>() {
        Failure::new(
            ErrorCode::MethodNotAllowed,
            "this address does not take this method; the header `Allow` lists those that it takes",
        )
    } else if error.is::<ParsePathError>() || error.is::<poem::error::ParsePathError>() {
        Failure::invalid_request(
            "a part of the path can't be read; an id is a UUID, and a number is written in digits",
        )
    } else if error.is::<ReadBodyError>() {
        Failure::invalid_request("the body of the request can't be read")
    } else if error.status().is_client_error() {
        Failure::invalid_request("the request can't be read")
    } else {
        Failure::internal("the framework failed", error)
    }
}

/// A header or query parameter of the wrong form.
pub(super) fn bad_parameter(name: &str) -> Failure {
    match name {
        "after" | "sequence" | "from" | "Expected-Sequence" | "Last-Event-ID" => bad_sequence(name),
        _ => Failure::invalid_request(format!(
            "the parameter `{name}` has none of the values that it may have"
        )),
    }
}

pub(super) fn bad_sequence(name: &str) -> Failure {
    Failure::new(
        ErrorCode::InvalidSequence,
        format!("`{name}` is not a whole number from 0 to {}", Sequence::MAX),
    )
}

impl ResponseError for Failure {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
