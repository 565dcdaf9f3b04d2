//! The OpenAPI document, from the operations themselves.
//!
//! poem-openapi writes the paths, parameters, bodies and schemas. What it can't say well is put in
//! here: media types without their charset, the error responses with their codes, the headers that
//! all responses have.

use std::collections::BTreeMap;

use poem_openapi::{OpenApi, OpenApiService};
use protocol::ErrorCode;
use serde_json::{Map, Value, json};

use super::caller::{BEARER, Credentials};
use super::events_format::NDJSON;
use super::failures::{ANY, JSON_BODY, RAW_BODY, all};
use super::json::JSON;
use super::operations::{credentials, operations};
use super::schemas;

/// The operations with what the document says of all of them.
pub(super) fn service() -> OpenApiService<impl OpenApi + 'static, ()> {
    OpenApiService::new(operations(), "Primatomic", env!("CARGO_PKG_VERSION"))
        .description(
            "Append immutable events to a log, deploy a WebAssembly component that folds them \
             into state, and query that state with read-after-write consistency.",
        )
        .server("/")
}

/// The document as pretty JSON; the same for the same program.
#[must_use]
pub fn openapi_document() -> String {
    // What poem-openapi wrote is JSON, and a tree of JSON can be written: neither fails.
    let mut document: Value = serde_json::from_str(&service().spec()).unwrap_or_default();
    document["info"]["license"] = json!({
        "name": "Apache-2.0",
        "url": "https://www.apache.org/licenses/LICENSE-2.0"
    });
    document["components"]["securitySchemes"][BEARER] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "An API key as it is, or a token from /auth/login or /auth/token."
    });
    schemas::complete(&mut document);
    document["components"]["schemas"]["Error"] = error_schema();
    let credentials = credentials();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let methods = paths.filter_map(|(_, methods)| methods.as_object_mut());
    for operation in methods.flat_map(Map::values_mut) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        if let Some(credentials) = credentials.get(id).copied() {
            complete(operation, credentials);
        }
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Completes an operation.
fn complete(operation: &mut Value, credentials: Credentials) {
    let schemes = if credentials.token {
        json!([{ BEARER: [] }])
    } else {
        json!([])
    };
    operation["security"] = schemes;
    schemas::parameters(operation);
    let of_body = match operation.pointer_mut("/requestBody/content") {
        None => 0,
        Some(Value::Object(forms)) if forms.keys().eq([JSON]) => JSON_BODY,
        Some(forms) => {
            batch_forms(forms);
            RAW_BODY
        }
    };
    let responses = std::mem::take(&mut operation["responses"]);
    let responses = responses.as_object().cloned().unwrap_or_default();
    let (failures, mut responses): (Map<_, _>, Map<_, _>) = responses
        .into_iter()
        .partition(|(key, _)| key.parse::<u16>().is_err());
    for response in responses.values_mut() {
        complete_headers(response, credentials);
    }
    let own = ErrorCode::ALL
        .iter()
        .filter(|code| failures.contains_key(code.as_str()));
    let codes = own
        .copied()
        .chain(all(ANY | of_body))
        .chain(credentials.failures());
    let mut by_status = BTreeMap::<u16, Vec<&str>>::new();
    for code in codes {
        by_status
            .entry(code.status())
            .or_default()
            .push(code.as_str());
    }
    for (status, codes) in by_status {
        let response = || error_response(status, codes);
        responses.entry(status.to_string()).or_insert_with(response);
    }
    operation["responses"] = responses.into();
}

/// Describes the forms of a body of bytes that are text.
fn batch_forms(forms: &mut Value) {
    if let Some(form) = forms.get_mut(JSON) {
        form["schema"] = json!({
            "type": "array",
            "description": "Each element is an event: its bytes as they stand in the body.",
            "items": {}
        });
    }
    if let Some(form) = forms.get_mut(NDJSON) {
        form["schema"] = json!({
            "type": "string",
            "format": "binary",
            "description": "Each line that is not blank is an event."
        });
    }
}

fn error_response(status: u16, mut codes: Vec<&str>) -> Value {
    if status == ErrorCode::RateLimited.status() {
        let headers = headers(["Request-Id", "Retry-After"].into_iter().chain(RATE));
        return json!({
            "description": "Too many requests.",
            "headers": headers,
            "content": { "text/plain": {
                "schema": { "type": "string" },
                "example": "Rate limit exceeded"
            } }
        });
    }
    codes.sort_unstable();
    codes.dedup();
    let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    json!({
        "description": codes.join(", "),
        "headers": headers(["Request-Id"]),
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Error" }
        } }
    })
}

fn error_schema() -> Value {
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "title": "Error",
        "description": "Every error but 429.",
        "required": ["error", "code", "request_id"],
        "properties": {
            "error": { "type": "string", "description": "A sentence for people." },
            "code": { "type": "string", "description": "For programs.", "enum": codes },
            "request_id": { "type": "string", "format": "uuid" },
            "head": sequence("With `sequence_mismatch`: the log's head."),
            "applied": sequence("With `view_behind`: the sequence that the view has applied."),
            "sequence": sequence(
                "With `view_failed`: the event that the view halted at. With `query_failed`: the \
                 state that it was asked in."
            ),
            "view_code": {
                "type": "string",
                "description": "With `query_failed`: the code that the view gave its error."
            }
        },
        "example": {
            "error": "there is no such log",
            "code": "log_not_found",
            "request_id": "0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f"
        }
    })
}

/// A property that holds a sequence.
fn sequence(description: &str) -> Value {
    let mut property = integer();
    property["description"] = json!(description);
    property
}

/// A number that stays exact in JSON.
fn integer() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

const RATE: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

/// Every header of a response: its name, whether it is a number, and what it says.
const HEADERS: &[(&str, bool, &str)] = &[
    (
        "Request-Id",
        false,
        "Names the request; every line about it in the server's log has it.",
    ),
    (RATE[0], true, "The capacity of the bucket."),
    (RATE[1], true, "Requests that are left in it."),
    (RATE[2], true, "Seconds until it is full again."),
    (
        "Retry-After",
        true,
        "Seconds after which it is worth to try again.",
    ),
    (
        "Primatomic-Sequence",
        true,
        "The sequence that the answer reflects.",
    ),
    ("Primatomic-Next", true, "Where the next page begins."),
    (
        "Idempotency-Replayed",
        false,
        "`true` when the Idempotency-Key was used before.",
    ),
    ("ETag", false, "Names the answer."),
];

/// Describes the headers that the operation declares, and adds those that it need not.
fn complete_headers(response: &mut Value, credentials: Credentials) {
    let declared = std::mem::take(&mut response["headers"]);
    let declared = declared.as_object().into_iter().flat_map(Map::keys);
    let rate = RATE.into_iter().filter(|_| credentials.rate_limited);
    let names = declared
        .map(String::as_str)
        .chain(["Request-Id"])
        .chain(rate);
    response["headers"] = headers(names);
}

fn headers<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    let known = names.into_iter().filter_map(|name| {
        HEADERS
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(name))
    });
    let described = known.map(|(name, is_number, description)| {
        let schema = if *is_number {
            integer()
        } else {
            json!({ "type": "string" })
        };
        let header = json!({ "description": description, "schema": schema });
        ((*name).to_owned(), header)
    });
    Value::Object(described.collect())
}
