//! How an operation fails: a code for programs, a sentence for people, and never anything else.
//!
//! Domain operations return a [`Failure`]; what it is over HTTP is decided in `api` alone. Internal
//! text can't reach a client by accident: [`Failure::internal`] and [`Failure::unavailable`] write
//! it to our own log and carry a fixed sentence.

use std::borrow::Cow;
use std::fmt;

use catalog::CatalogError;
use protocol::{ErrorCode, Sequence};
use storage::event_log::ReadError;
use storage::objects::ObjectError;

/// Why an operation did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub code: ErrorCode,
    /// What happened, to what, and what to do next.
    pub message: Cow<'static, str>,
    pub detail: Detail,
}

/// What an operation gives.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// What programs need to know beyond the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    #[default]
    None,
    /// The log's actual head.
    Head(Sequence),
    /// The sequence that a view has applied.
    Applied(Sequence),
    /// Seconds after which it is worth to try again.
    RetryAfter(u64),
    /// The event at which a view halted.
    Sequence(Sequence),
    /// The sequence of a view's state, and the code that the view gave its own error.
    View {
        sequence: Sequence,
        code: Option<String>,
    },
}

impl Failure {
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: Detail::None,
        }
    }

    #[must_use]
    pub fn with(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub(crate) fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    pub(crate) fn overloaded(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Overloaded, message)
    }

    /// An error of ours. The text goes to the log; the client gets the request id to ask with.
    pub fn internal(what: &str, error: &dyn fmt::Display) -> Self {
        tracing::error!(%error, "{what}");
        Self::new(
            ErrorCode::Internal,
            "something went wrong on our side; the request id finds it in our logs",
        )
    }

    /// Something that the operation needs is away for now. The text goes to the log.
    pub fn unavailable(what: &str, error: &dyn fmt::Display) -> Self {
        tracing::warn!(%error, "{what}");
        Self::new(
            ErrorCode::Unavailable,
            format!("{what}; send the request again in a moment"),
        )
    }

    /// The log is not there, or not for this caller; nobody can tell which.
    #[must_use]
    pub fn log_not_found() -> Self {
        Self::new(ErrorCode::LogNotFound, "there is no such log")
    }

    #[must_use]
    pub fn view_not_found() -> Self {
        Self::new(ErrorCode::ViewNotFound, "the log has no such view")
    }

    #[must_use]
    pub fn storage_full() -> Self {
        Self::new(
            ErrorCode::StorageFull,
            "the disk of the server is full; nothing was stored, and nothing that was \
             acknowledged is lost",
        )
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Full => Self::storage_full(),
            CatalogError::Unavailable(text) => {
                Self::unavailable("the catalog is not available", &text)
            }
            CatalogError::Corrupt(text) => Self::internal("the catalog is damaged", &text),
            CatalogError::InvalidCursor => Self::new(ErrorCode::InvalidCursor, error.to_string()),
            CatalogError::TooLong { .. } => Self::new(ErrorCode::InvalidRequest, error.to_string()),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(text) => {
                Self::unavailable("the event log is not available", &text)
            }
            ReadError::Damaged { .. } => Self::internal("a log can't be read", &error),
        }
    }
}

impl From<ObjectError> for Failure {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Full => Self::storage_full(),
            ObjectError::Unavailable(text) => {
                Self::unavailable("the object store is not available", &text)
            }
            ObjectError::NotFound(_) => Self::internal("an object is missing", &error),
        }
    }
}
