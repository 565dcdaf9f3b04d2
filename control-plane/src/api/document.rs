//! The OpenAPI document, from the operations themselves.
//!
//! poem-openapi writes the paths, parameters, bodies and schemas. What it can't say well is put in
//! here: the error responses with their codes, the headers that all responses have, examples.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use poem_openapi::{OpenApi, OpenApiService};
use protocol::ErrorCode;
use serde_json::{Map, Value, json};

use super::caller::{BEARER, Credentials};
use super::failures::{ANY, JSON_BODY, RAW_BODY, all};
use super::json::JSON;
use super::operations::{credentials, operations};
use super::schemas;

/// What the document says besides, by the places where it stands (RFC 6901).
const ADDITIONS: &str = include_str!("document.json");

/// Every header of a response.
static HEADERS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("headers.json")).unwrap_or_default());

const RATE: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

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
    schemas::complete(&mut document);
    let additions: Map<_, _> = serde_json::from_str(ADDITIONS).unwrap_or_default();
    for (pointer, addition) in additions {
        let (place, name) = pointer.rsplit_once('/').unwrap_or_default();
        if let Some(place) = document.pointer_mut(place) {
            place[name] = addition;
        }
    }
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    document["components"]["schemas"]["Error"]["properties"]["code"]["enum"] = json!(codes);
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
    let scheme = credentials.token.then(|| json!({ BEARER: [] }));
    operation["security"] = json!(scheme.as_slice());
    schemas::parameters(operation);
    let forms = operation.pointer("/requestBody/content");
    let of_body = match forms.and_then(Value::as_object) {
        None => 0,
        Some(forms) if forms.keys().eq([JSON]) => JSON_BODY,
        Some(_) => RAW_BODY,
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
    let mut by_status = BTreeMap::<u16, BTreeSet<&str>>::new();
    for code in codes {
        by_status
            .entry(code.status())
            .or_default()
            .insert(code.as_str());
    }
    for (status, codes) in by_status {
        let response = || error_response(status, codes);
        responses.entry(status.to_string()).or_insert_with(response);
    }
    operation["responses"] = responses.into();
}

fn error_response(status: u16, codes: BTreeSet<&str>) -> Value {
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
    let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    json!({
        "description": codes.join(", "),
        "headers": headers(["Request-Id"]),
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Error" }
        } }
    })
}

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

/// The headers of these names, in whatever case.
fn headers<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    let names: Vec<&str> = names.into_iter().collect();
    let is_named = |header: &str| names.iter().any(|name| name.eq_ignore_ascii_case(header));
    let named = HEADERS.iter().filter(|(header, _)| is_named(header));
    named
        .map(|(name, header)| (name.clone(), header.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_the_fields_of_its_schema() {
        let document: Value = serde_json::from_str(&openapi_document()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut examples = 0;
        for (name, schema) in schemas {
            let Some(example) = schema.get("example") else {
                continue;
            };
            examples += 1;
            for field in example.as_object().unwrap().keys() {
                assert!(schema["properties"].get(field).is_some(), "{name}.{field}");
            }
            for field in schema["required"].as_array().into_iter().flatten() {
                let field = field.as_str().unwrap();
                assert!(example.get(field).is_some(), "{name} without {field}");
            }
        }
        assert!(examples > 10, "{examples}");
    }
}
