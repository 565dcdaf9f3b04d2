//! Which errors an operation may answer with, as a part of the type that it returns.
//!
//! An operation names its own; what its extractors and every request may fail with is added to them
//! in the document.

use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponse, MetaResponses, Registry};
use protocol::ErrorCode::{self, *};

use crate::errors::Failure;

/// A set of error codes.
pub(super) type Codes = u128;

pub(super) const fn codes(list: &[ErrorCode]) -> Codes {
    let (mut set, mut at) = (0, 0);
    while at < list.len() {
        set |= 1 << list[at] as u32;
        at += 1;
    }
    set
}

/// What may happen to any request.
pub(super) const ANY: Codes = codes(&[
    InvalidRequest,
    UriTooLong,
    HeadersTooLarge,
    RateLimited,
    Internal,
    Unavailable,
    Overloaded,
    StorageFull,
]);

/// What may happen to a request with a JSON body.
pub(super) const JSON_BODY: Codes = codes(&[RequestTimeout, BodyTooLarge, UnsupportedMediaType]);

/// What may happen to a request with another body; how large it may be is the operation's.
pub(super) const RAW_BODY: Codes = codes(&[RequestTimeout]);

/// What may happen to a list.
pub(super) const LIST: Codes = codes(&[InvalidCursor]);

/// What may happen to an operation on a log, and on a view.
pub(super) const IN_LOG: Codes = codes(&[InvalidName, LogNotFound]);
pub(super) const IN_VIEW: Codes = IN_LOG | codes(&[ViewNotFound]);

/// All codes of a set.
pub(super) fn all(set: Codes) -> impl Iterator<Item = ErrorCode> {
    let all = ErrorCode::ALL.iter().copied();
    all.filter(move |code| set & codes(&[*code]) != 0)
}

/// Why an operation did not happen: with one of these codes, or with what may happen to any request.
pub(super) struct Failed<const CODES: Codes = 0>(Failure);

impl<E: Into<Failure>, const CODES: Codes> From<E> for Failed<CODES> {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl<const CODES: Codes> From<Failed<CODES>> for poem::Error {
    fn from(failed: Failed<CODES>) -> Self {
        failed.0.into()
    }
}

/// One response for each code; the document has one for each status.
impl<const CODES: Codes> ApiResponse for Failed<CODES> {
    fn meta() -> MetaResponses {
        let response = |code: ErrorCode| MetaResponse {
            description: code.as_str(),
            status: None,
            status_range: Some(code.as_str().to_owned()),
            content: Vec::new(),
            headers: Vec::new(),
        };
        MetaResponses {
            responses: all(CODES).map(response).collect(),
        }
    }

    fn register(_: &mut Registry) {}
}
