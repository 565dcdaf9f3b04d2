//! Why a request failed: a kind for the code, and a text for operators.
//!
//! The text is made of what the server or the operating system says and of the names of things.
//! Requests, which hold signatures, never go into it.

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::S3Options;
use crate::objects::{ObjectError, ObjectKey};

/// The faults that are treated differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    NoObject,
    NoBucket,
    NoUpload,
    /// The condition of a write does not hold: the key is taken.
    Exists,
    /// Another write of the same key was under way; whether it succeeds is open.
    Conflict,
    OutOfRange,
    Full,
    Denied,
    OtherRegion,
    /// A download stopped before its end.
    BrokenOff,
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) text: String,
}

impl Fault {
    pub(super) fn other(text: impl Into<String>) -> Self {
        let (kind, text) = (FaultKind::Other, text.into());
        Self { kind, text }
    }

    /// How a download stopped before its end.
    pub(super) fn download(how: &str) -> Self {
        let (kind, text) = (FaultKind::BrokenOff, format!("the download {how}"));
        Self { kind, text }
    }

    pub(super) fn broken_off(error: &(dyn Error + 'static)) -> Self {
        Self::download(&format!("broke off: {}", chain(error)))
    }

    pub(super) fn of<E>(error: &SdkError<E>, options: &S3Options) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        match error {
            SdkError::TimeoutError(_) => Self::other(format!(
                "no answer within {} s, again and again",
                options.attempt_timeout.as_secs_f64(),
            )),
            SdkError::DispatchFailure(failure) => {
                let cause = failure.as_connector_error();
                let cause = cause.map_or_else(|| chain(error), |cause| chain(cause));
                let server = options.endpoint.as_deref().unwrap_or("Amazon S3");
                Self::other(format!("can't reach {server}: {cause}"))
            }
            SdkError::ServiceError(_) | SdkError::ResponseError(_) => refused(error, options),
            _ => Self::other(chain(error)),
        }
    }

    /// The error of an operation on one object.
    pub(super) fn on(self, operation: &str, key: &ObjectKey) -> ObjectError {
        match self.kind {
            FaultKind::NoObject => ObjectError::NotFound(key.clone()),
            _ => self.unavailable(&format!("{operation} {key}")),
        }
    }

    pub(super) fn unavailable(self, operation: &str) -> ObjectError {
        match self.kind {
            FaultKind::Full => ObjectError::Full,
            _ => ObjectError::Unavailable(format!("{operation}: {}", self.text)),
        }
    }
}

/// What the server answered.
fn refused<E>(error: &SdkError<E>, options: &S3Options) -> Fault
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let response = error.raw_response();
    let status = response.map_or(0, |response| response.status().as_u16());
    let code = error.code().unwrap_or_default();
    let kind = kind(status, code);
    let bucket = &options.bucket;
    let message = match error.message() {
        Some(message) if !message.is_empty() => format!(": {message}"),
        _ => String::new(),
    };
    let answer = format!("{status} {code}{message}");
    let region = response.and_then(|response| response.headers().get("x-amz-bucket-region"));
    let text = match (kind, code) {
        (FaultKind::NoBucket, _) => format!("the bucket {bucket} does not exist"),
        (_, "InvalidAccessKeyId") => {
            format!("the access key is not known to the server ({answer})")
        }
        (_, "SignatureDoesNotMatch") => {
            format!("the secret key is not the one of the access key ({answer})")
        }
        (_, "RequestTimeTooSkewed") => format!("this machine's clock is wrong ({answer})"),
        (_, "ExpiredToken" | "InvalidToken") => {
            format!("the session token is of no use ({answer})")
        }
        (FaultKind::Denied, _) => format!("the credentials don't permit it ({answer})"),
        (FaultKind::OtherRegion, _) => match region {
            Some(region) => format!("the bucket {bucket} is in the region {region} ({answer})"),
            None => format!("the bucket {bucket} is in another region ({answer})"),
        },
        _ if code.is_empty() => format!("the server answered {status}{message}"),
        _ => format!("the server answered {answer}"),
    };
    Fault { kind, text }
}

fn kind(status: u16, code: &str) -> FaultKind {
    match (code, status) {
        ("NoSuchBucket", _) => FaultKind::NoBucket,
        ("NoSuchUpload", _) => FaultKind::NoUpload,
        // The answer to HEAD has no body and thus no code of its own.
        ("NoSuchKey" | "NotFound", _) | ("", 404) => FaultKind::NoObject,
        ("PreconditionFailed", _) | (_, 412) => FaultKind::Exists,
        ("ConditionalRequestConflict" | "OperationAborted", _) => FaultKind::Conflict,
        ("InvalidRange", _) | (_, 416) => FaultKind::OutOfRange,
        ("QuotaExceeded" | "XMinioStorageFull", _) | (_, 507) => FaultKind::Full,
        ("PermanentRedirect" | "AuthorizationHeaderMalformed", _) | (_, 301) => {
            FaultKind::OtherRegion
        }
        ("ExpiredToken" | "InvalidToken", _) | (_, 401 | 403) => FaultKind::Denied,
        _ => FaultKind::Other,
    }
}

/// An error and its causes in one line, each said once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        for (status, code, wanted) in [
            (404, "NoSuchKey", FaultKind::NoObject),
            (404, "NotFound", FaultKind::NoObject),
            (404, "NoSuchBucket", FaultKind::NoBucket),
            (404, "NoSuchUpload", FaultKind::NoUpload),
            (412, "PreconditionFailed", FaultKind::Exists),
            (412, "", FaultKind::Exists),
            (409, "ConditionalRequestConflict", FaultKind::Conflict),
            (409, "BucketNotEmpty", FaultKind::Other),
            (416, "InvalidRange", FaultKind::OutOfRange),
            (403, "AccessDenied", FaultKind::Denied),
            (403, "", FaultKind::Denied),
            (301, "", FaultKind::OtherRegion),
            (400, "AuthorizationHeaderMalformed", FaultKind::OtherRegion),
            (507, "", FaultKind::Full),
            (400, "ExpiredToken", FaultKind::Denied),
            (501, "NotImplemented", FaultKind::Other),
            (500, "InternalError", FaultKind::Other),
        ] {
            assert_eq!(kind(status, code), wanted, "{status} {code}");
        }
    }

    #[test]
    fn a_cause_that_was_said_is_not_said_again() {
        #[derive(Debug, thiserror::Error)]
        #[error("{text}")]
        struct Layer {
            text: &'static str,
            #[source]
            cause: Option<Box<Layer>>,
        }
        let layer = |text, cause: Option<Layer>| Layer {
            text,
            cause: cause.map(Box::new),
        };
        let inner = layer("connection refused", None);
        let middle = layer("connect: connection refused", Some(inner));
        let outer = layer("dispatch failure", Some(middle));
        assert_eq!(
            chain(&outer),
            "dispatch failure: connect: connection refused"
        );
    }
}
