//! What makes a command fail, and the exit code that tells scripts about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments don't fit together.
    #[error("{0}")]
    Usage(String),
    /// The server answered with an error.
    #[error("{0}")]
    Answer(Answer),
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

/// An error answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub error: String,
    pub code: Option<String>,
    pub request_id: Option<String>,
}

/// The body of an error answer.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    code: String,
    request_id: Option<String>,
}

impl Answer {
    /// Reads the documented JSON error; anything else, such as the text of a proxy, is quoted.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        if let Ok(body) = serde_json::from_slice::<ErrorBody>(body) {
            return Self {
                status,
                error: body.error,
                code: Some(body.code),
                request_id: body.request_id,
            };
        }
        let text = String::from_utf8_lossy(body);
        let text: String = text.trim().chars().take(300).collect();
        let error = if text.is_empty() {
            format!("the server answered with status {status}")
        } else {
            text
        };
        Self {
            status,
            error,
            code: (status == 429).then(|| "rate_limited".to_owned()),
            request_id: None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        match &self.code {
            Some(code) => write!(f, " ({}, {code})", self.status),
            None => write!(f, " ({})", self.status),
        }
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
            // Whoever reads our output has seen enough, as `head` does.
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
    fn an_error_answer_is_read_and_its_status_decides_the_exit_code() {
        let body = br#"{"error":"There is no log x.","code":"log_not_found","request_id":"r"}"#;
        let failure = Failure::Answer(Answer::read(404, body));
        assert_eq!(
            failure.to_string(),
            "There is no log x. (404, log_not_found)"
        );
        assert_eq!(failure.exit_code(), 4);
        let statuses = [401, 403, 404, 409, 429, 503, 504, 500, 422];
        let codes = statuses.map(|status| Failure::Answer(Answer::read(status, b"")).exit_code());
        assert_eq!(codes, [3, 3, 4, 5, 6, 6, 6, 1, 1]);
    }

    #[test]
    fn an_answer_that_is_not_ours_is_quoted_in_part() {
        let answer = Answer::read(502, &b"<h1>Bad gateway</h1>".repeat(100));
        assert!(answer.error.starts_with("<h1>Bad gateway</h1>"));
        assert_eq!(answer.error.len(), 300);
        assert_eq!(
            Answer::read(500, b"").error,
            "the server answered with status 500"
        );
    }
}
