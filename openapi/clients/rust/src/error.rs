//! What makes a call fail.

use std::fmt;

use serde::Deserialize;

/// Why a call did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was given can't be sent: an address, a key, a header.
    #[error("{0}")]
    Input(String),
    /// The server answered with an error.
    #[error("{0}")]
    Answer(ErrorAnswer),
    /// No answer came.
    #[error("can't reach {url}: {reason}")]
    Unreachable {
        /// Where the server was looked for.
        url: String,
        /// Such as "connection refused".
        reason: String,
    },
    /// The answer is not what this version of the client expects.
    #[error("{0}")]
    Unexpected(String),
}

impl Error {
    /// The code of an error answer, such as `log_not_found`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Answer(answer) => answer.code.as_deref(),
            _ => None,
        }
    }
}

/// An error answer of the server.
#[derive(Debug)]
pub struct ErrorAnswer {
    /// The HTTP status.
    pub status: u16,
    /// A sentence for people.
    pub error: String,
    /// For programs; `None` when something else than Primatomic answered.
    pub code: Option<String>,
    /// Finds the request in the server's log.
    pub request_id: Option<String>,
}

/// The body of an error answer.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    code: String,
    request_id: Option<String>,
}

impl ErrorAnswer {
    /// Reads the documented JSON error; anything else, such as the text of a proxy, is quoted.
    #[must_use]
    pub fn read(status: u16, body: &[u8]) -> Self {
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

impl fmt::Display for ErrorAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        match &self.code {
            Some(code) => write!(f, " ({}, {code})", self.status),
            None => write!(f, " ({})", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_error_is_read() {
        let body = br#"{"error":"There is no log x.","code":"log_not_found","request_id":"r"}"#;
        let error = Error::Answer(ErrorAnswer::read(404, body));
        assert_eq!(error.to_string(), "There is no log x. (404, log_not_found)");
        assert_eq!(error.code(), Some("log_not_found"));
    }

    #[test]
    fn an_answer_that_is_not_ours_is_quoted_in_part() {
        let answer = ErrorAnswer::read(502, &b"<h1>Bad gateway</h1>".repeat(100));
        assert!(answer.error.starts_with("<h1>Bad gateway</h1>"));
        assert_eq!(answer.error.len(), 300);
        assert_eq!(
            ErrorAnswer::read(500, b"").error,
            "the server answered with status 500"
        );
    }
}
