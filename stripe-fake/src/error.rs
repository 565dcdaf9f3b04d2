//! Answers that say no, in Stripe's form.

use serde_json::{Value, json};

/// An error as Stripe reports it. The text is for people; programs look at `code`.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl ApiError {
    /// The request can't be carried out as it is.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            param: None,
            message: message.into(),
        }
    }

    /// There is no such operation.
    pub(crate) fn unknown_url(method: &str, path: &str) -> Self {
        Self {
            status: 404,
            ..Self::invalid(format!("Unrecognized request URL ({method}: {path})."))
        }
    }

    /// There is no object with this id.
    pub(crate) fn missing(noun: &str, id: &str) -> Self {
        Self {
            status: 404,
            ..Self::invalid(format!("No such {noun}: '{id}'"))
        }
        .code("resource_missing")
        .param("id")
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self {
            status: 401,
            ..Self::invalid(message)
        }
    }

    /// Somebody else is at it; the request may be sent again.
    pub(crate) fn lock_timeout() -> Self {
        Self {
            status: 429,
            ..Self::invalid(
                "This object cannot be accessed right now because another API request or Stripe \
                 process is currently accessing it.",
            )
        }
        .code("lock_timeout")
    }

    pub(crate) fn rate_limit() -> Self {
        Self {
            status: 429,
            ..Self::invalid("Request rate limit exceeded.")
        }
        .code("rate_limit")
    }

    /// Stripe itself has failed.
    pub(crate) fn internal(status: u16) -> Self {
        Self {
            status,
            kind: "api_error",
            ..Self::invalid("An unknown error occurred.")
        }
    }

    pub(crate) fn idempotency(status: u16, message: String) -> Self {
        Self {
            status,
            kind: "idempotency_error",
            ..Self::invalid(message)
        }
    }

    /// The card was not charged.
    pub(crate) fn card_declined() -> Self {
        Self {
            status: 402,
            kind: "card_error",
            ..Self::invalid("Your card was declined.")
        }
        .code("card_declined")
    }

    pub(crate) fn code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    pub(crate) fn param(self, param: impl Into<String>) -> Self {
        Self {
            param: Some(param.into()),
            ..self
        }
    }

    pub(crate) fn body(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["code"] = code.into();
            error["doc_url"] = format!("https://docs.stripe.com/error-codes/{code}").into();
        }
        if let Some(param) = &self.param {
            error["param"] = param.as_str().into();
        }
        json!({ "error": error })
    }
}
