//! Answers to queries.

use serde::Serialize;

use crate::ViewError;

/// An answer: bytes, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Response {
    /// Bytes of the content type that was given at the view's upload.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: None,
            body: body.into(),
        }
    }

    /// A text, as `text/plain`.
    pub fn text(body: impl Into<String>) -> Self {
        Self::bytes(body.into()).with_content_type("text/plain; charset=utf-8")
    }

    /// A value as compact JSON, as `application/json`.
    ///
    /// # Errors
    /// When the value can't be written as JSON: a map whose keys are neither texts nor numbers.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, ViewError> {
        let body = serde_json::to_vec(value)?;
        Ok(Self::bytes(body).with_content_type("application/json"))
    }

    /// The same answer with another content type. World 0.0.1 can't pass it on: there the content
    /// type given at upload counts.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The content type, where it differs from that of the upload.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The content type and the body.
    pub fn into_parts(self) -> (Option<String>, Vec<u8>) {
        (self.content_type, self.body)
    }
}
