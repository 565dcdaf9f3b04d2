//! Answers in JSON.

use poem::Response;
use poem::http::StatusCode;
use serde_json::Value;

pub(crate) fn json(status: u16, body: &Value) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/json")
        .body(body.to_string())
}
