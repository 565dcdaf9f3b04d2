//! Errors that a view returns by its own choice.

use std::fmt;

/// Why a view could not fold an event or answer a query: a `code` for programs and a message for
/// people.
///
/// Any error converts into one with `?` (its code is `failed`), which is why this type does not
/// implement [`std::error::Error`] itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewError {
    code: String,
    message: String,
}

impl ViewError {
    /// An error with a code of the characters `a-z 0-9 _`, such as `unknown_month`, and a sentence
    /// that says what happened and what to do.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }

    /// The code, for programs.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The sentence, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The code and the message.
    pub fn into_parts(self) -> (String, String) {
        (self.code, self.message)
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for ViewError {
    fn from(error: E) -> Self {
        Self::new("failed", error.to_string())
    }
}
