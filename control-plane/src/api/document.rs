//! The OpenAPI document, from the operations themselves.
//!
//! poem-openapi writes the paths, parameters, bodies and schemas. What it can't say well is put in
//! here: media types without their charset, the error answers with their codes, the headers that
//! all answers have.

use std::collections::BTreeMap;

use poem::http::{HeaderValue, Uri};
use poem_openapi::OpenApi;
use protocol::ErrorCode;
use serde_json::{Value, json};

use super::caller::SCHEME;
use super::docs;
use super::{Operations, failures, schemas, service};

/// The document as pretty JSON; the same for the same program.
#[must_use]
pub fn openapi_document() -> String {
    let spec = service().spec();
    // What poem-openapi wrote is JSON, and a tree of JSON can be written: neither fails.
    let mut document: Value = serde_json::from_str(&spec).unwrap_or_default();
    document["info"]["license"] = json!({
        "name": "Apache-2.0",
        "url": "https://www.apache.org/licenses/LICENSE-2.0"
    });
    schemas::complete(&mut document);
    document["components"]["schemas"]["Error"] = error_schema();
    if let Some(paths) = document["paths"].as_object_mut() {
        for methods in paths.values_mut().filter_map(Value::as_object_mut) {
            methods.values_mut().for_each(complete);
        }
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Completes an operation.
fn complete(operation: &mut Value) {
    let id = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    complete_parameters(operation);
    if id == "appendBatch" {
        batch_forms(&mut operation["requestBody"]["content"]);
    }
    if id == "logout" {
        // Its token is looked at by the operation itself, whatever it is worth.
        operation["security"] = json!([{ SCHEME: [] }]);
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        for response in responses.values_mut() {
            response["headers"] = headers_of_success(&id);
        }
        for (status, codes) in failures_by_status(&id) {
            responses.insert(status.to_string(), error_response(status, &codes));
        }
        if id == "health" || id == "healthReady" {
            let unhealthy = responses.get("200").cloned().unwrap_or_default();
            responses.insert("503".to_owned(), unhealthy);
            responses["503"]["description"] = json!("Some part is not available.");
        }
    }
}

/// The forms of a batch that are text.
fn batch_forms(content: &mut Value) {
    content["application/json"]["schema"] = json!({
        "type": "array",
        "description": "Each element is an event: its bytes as they stand in the body.",
        "items": {}
    });
    content["application/x-ndjson"]["schema"] = json!({
        "type": "string",
        "format": "binary",
        "description": "Each line that is not blank is an event."
    });
}

/// poem-openapi writes the names of request headers in capitals.
fn complete_parameters(operation: &mut Value) {
    const SPELLED: &[&str] = &[
        "Idempotency-Key",
        "Expected-Sequence",
        "Last-Event-ID",
        "If-None-Match",
    ];
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let spelled = SPELLED.iter().find(|it| it.eq_ignore_ascii_case(name));
        if let Some(spelled) = spelled {
            parameter["name"] = json!(spelled);
        }
        schemas::parameter(parameter);
    }
}

fn failures_by_status(operation: &str) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut by_status = BTreeMap::<u16, Vec<ErrorCode>>::new();
    for code in failures::of(operation).unwrap_or_default() {
        by_status.entry(code.status()).or_default().push(code);
    }
    by_status
}

fn error_response(status: u16, codes: &[ErrorCode]) -> Value {
    if status == ErrorCode::RateLimited.status() {
        let mut headers = json!({
            "Request-Id": request_id(),
            "Retry-After": integer("Seconds after which it is worth to try again."),
        });
        describe_rate(&mut headers);
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
        "headers": { "Request-Id": request_id() },
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

fn headers_of_success(operation: &str) -> Value {
    let mut headers = json!({ "Request-Id": request_id() });
    if !operation.starts_with("health") {
        describe_rate(&mut headers);
    }
    const STATES: &[&str] = &[
        "getLog",
        "updateLog",
        "append",
        "appendBatch",
        "readEvents",
        "getView",
        "queryView",
        "queryViewByGet",
    ];
    if STATES.contains(&operation) {
        headers["Primatomic-Sequence"] = integer("The sequence that the answer reflects.");
    }
    match operation {
        "append" | "appendBatch" => {
            let description = "`true` when the Idempotency-Key was used before.";
            headers["Idempotency-Replayed"] = text(description);
        }
        "readEvents" => headers["Primatomic-Next"] = integer("Where the next page begins."),
        "queryViewByGet" => headers["ETag"] = text("Names the answer."),
        _ => {}
    }
    headers
}

fn describe_rate(headers: &mut Value) {
    headers["RateLimit-Limit"] = integer("The capacity of the bucket.");
    headers["RateLimit-Remaining"] = integer("Requests that are left in it.");
    headers["RateLimit-Reset"] = integer("Seconds until it is full again.");
}

fn request_id() -> Value {
    text("Names the request; every line about it in the server's log has it.")
}

fn text(description: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" } })
}

/// A property that holds a sequence.
fn sequence(description: &str) -> Value {
    let mut property = integer(description)["schema"].take();
    property["description"] = json!(description);
    property
}

/// A header that holds a number, which stays exact in JSON.
fn integer(description: &str) -> Value {
    json!({
        "description": description,
        "schema": { "type": "integer", "format": "int64", "minimum": 0 }
    })
}

/// The paths and methods that there are, for `Allow`.
pub(super) struct PathTable {
    paths: Vec<(Vec<Segment>, HeaderValue)>,
    operations: Vec<&'static str>,
}

enum Segment {
    Fixed(String),
    Any,
}

impl PathTable {
    pub(super) fn new() -> Self {
        let mut methods = BTreeMap::<String, Vec<String>>::new();
        let mut operations = Vec::new();
        for path in Operations::meta().into_iter().flat_map(|api| api.paths) {
            let known = methods.entry(path.path).or_default();
            for operation in path.operations {
                known.push(operation.method.to_string());
                operations.extend(operation.operation_id);
            }
        }
        for page in docs::paths() {
            methods.insert(page, vec!["GET".to_owned()]);
        }
        let paths = methods
            .into_iter()
            .filter_map(|(path, mut methods)| {
                if methods.iter().any(|method| method == "GET") {
                    methods.push("HEAD".to_owned());
                }
                methods.sort();
                let segments = path.split('/').map(Segment::new).collect();
                Some((segments, HeaderValue::from_str(&methods.join(", ")).ok()?))
            })
            .collect();
        Self { paths, operations }
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = &'static str> {
        self.operations.iter().copied()
    }

    /// The methods of an address.
    pub(super) fn allowed(&self, uri: &Uri) -> Option<HeaderValue> {
        let asked: Vec<_> = uri.path().split('/').collect();
        let matches = |segments: &[Segment]| {
            segments.len() == asked.len()
                && segments
                    .iter()
                    .zip(&asked)
                    .all(|(segment, text)| match segment {
                        Segment::Fixed(fixed) => fixed == text,
                        Segment::Any => true,
                    })
        };
        self.paths
            .iter()
            .find(|(segments, _)| matches(segments))
            .map(|(_, methods)| methods.clone())
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        if text.starts_with('{') {
            Self::Any
        } else {
            Self::Fixed(text.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_says_which_errors_it_has() {
        for operation in PathTable::new().operations() {
            assert!(
                failures::of(operation).is_some(),
                "{operation} is not in `failures`"
            );
        }
    }

    #[test]
    fn the_methods_of_an_address_are_known() {
        let table = PathTable::new();
        let allowed = |path: &str| table.allowed(&path.parse().unwrap());
        assert_eq!(allowed("/logs").unwrap(), "GET, HEAD, POST");
        assert_eq!(allowed("/logs/x/append").unwrap(), "POST");
        assert_eq!(
            allowed("/logs/x").unwrap(),
            "DELETE, GET, HEAD, PATCH, POST"
        );
        assert_eq!(allowed("/docs").unwrap(), "GET, HEAD");
        assert!(allowed("/nothing").is_none());
    }
}
