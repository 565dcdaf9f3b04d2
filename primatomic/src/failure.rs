//! What makes a command fail, and the exit code that tells scripts about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use primatomic_client::ErrorAnswer;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments don't fit together.
    #[error("{0}")]
    Usage(String),
    /// The server answered with an error.
    #[error("{0}")]
    Answer(ErrorAnswer),
    #[error(
        "can't reach {url}: {reason}. Is a server running there? Start one with `primatomic dev`"
    )]
    Unreachable { url: String, reason: String },
    #[error("can't {action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("can't write the output: {0}")]
    Output(io::Error),
    #[error("{0}")]
    Other(String),
}

impl From<primatomic_client::Error> for Failure {
    fn from(error: primatomic_client::Error) -> Self {
        use primatomic_client::Error;
        match error {
            Error::Input(reason) => Self::Usage(reason),
            Error::Answer(answer) => Self::Answer(answer),
            Error::Unreachable { url, reason } => Self::Unreachable { url, reason },
            Error::Unexpected(reason) => Self::Other(reason),
        }
    }
}

impl From<catalog::CatalogError> for Failure {
    fn from(error: catalog::CatalogError) -> Self {
        Self::other(error)
    }
}

impl Failure {
    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn other(reason: impl fmt::Display) -> Self {
        Self::Other(reason.to_string())
    }

    /// The exit code; `primatomic --help` lists them.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Answer(answer) => match answer.status {
                401 | 403 => 3,
                404 => 4,
                409 => 5,
                408 | 429 | 502..=504 | 507 => 6,
                _ => 1,
            },
            Self::Unreachable { .. } => 6,
            // The reader of our output has seen enough, as `head` does.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::File { .. } | Self::Output(_) | Self::Other(_) => 1,
        }
    }

    /// The failure as JSON, for `--json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let (code, request_id) = match self {
            Self::Answer(answer) => (answer.code.as_deref(), answer.request_id.as_deref()),
            Self::Usage(_) => (Some("usage"), None),
            Self::Unreachable { .. } => (Some("unreachable"), None),
            Self::File { .. } | Self::Output(_) | Self::Other(_) => (None, None),
        };
        let error = match self {
            Self::Answer(answer) => answer.error.clone(),
            other => other.to_string(),
        };
        serde_json::json!({
            "error": error,
            "code": code,
            "request_id": request_id,
            "exit_code": self.exit_code(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_error_answer_decides_the_exit_code() {
        let statuses = [401, 403, 404, 409, 429, 503, 504, 500, 422];
        let codes =
            statuses.map(|status| Failure::Answer(ErrorAnswer::read(status, b"")).exit_code());
        assert_eq!(codes, [3, 3, 4, 5, 6, 6, 6, 1, 1]);
    }
}
