//! The comparison finds what it must, and nothing else.

use serde_json::{Value, json};

use super::breaks;

fn document() -> Value {
    json!({
        "paths": { "/things/{id}": { "post": {
            "operationId": "changeThing",
            "parameters": [
                { "in": "path", "name": "id", "required": true, "schema": { "type": "string" } },
                {
                    "in": "query",
                    "name": "limit",
                    "required": false,
                    "schema": { "type": "integer", "minimum": 1, "maximum": 100 }
                }
            ],
            "requestBody": { "required": false, "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/Change" } },
                "text/plain": { "schema": { "type": "string" } }
            } },
            "responses": {
                "200": {
                    "headers": { "Request-Id": {} },
                    "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Thing" }
                    } }
                },
                "400": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Error" }
                } } }
            }
        } } },
        "components": { "schemas": {
            "Change": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": { "type": "integer", "nullable": true },
                    "kind": { "oneOf": [{ "$ref": "#/components/schemas/Kind" }], "nullable": true },
                    "note": { "type": "string", "maxLength": 100 }
                }
            },
            "Kind": { "type": "string", "enum": ["small", "large"] },
            "Thing": {
                "type": "object",
                "required": ["id", "kind", "parts"],
                "properties": {
                    "id": { "type": "string", "format": "uuid" },
                    "kind": { "$ref": "#/components/schemas/Kind" },
                    "parts": {
                        "type": "array",
                        "items": { "$ref": "#/components/schemas/Thing" }
                    },
                    "made_at": { "type": "string", "nullable": true }
                }
            },
            "Error": {
                "type": "object",
                "required": ["code"],
                "properties": { "code": { "type": "string", "enum": ["a", "b"] } }
            }
        } }
    })
}

/// What the comparison says of a change at a place.
fn found(place: &str, value: Value) -> Vec<String> {
    let mut changed = document();
    *changed.pointer_mut(place).unwrap() = value;
    breaks(&document(), &changed)
}

/// Asserts that a change at a place is found, once, with these words.
fn assert_found(place: &str, value: Value, words: &str) {
    let found = found(place, value);
    assert_eq!(found.len(), 1, "{place}: {found:?}");
    assert!(found[0].contains(words), "{place}: {found:?}");
}

const OPERATION: &str = "/paths/~1things~1{id}/post";
const SCHEMAS: &str = "/components/schemas";

fn operation(place: &str) -> String {
    format!("{OPERATION}{place}")
}

fn schema(place: &str) -> String {
    format!("{SCHEMAS}{place}")
}

#[test]
fn a_document_is_compatible_with_itself() {
    assert_eq!(breaks(&document(), &document()), Vec::<String>::new());
}

#[test]
fn removed_operations_parameters_and_forms_are_found() {
    assert_found("/paths", json!({}), "POST /things/{id} was removed");
    assert_found(&operation("/operationId"), json!("x"), "was renamed");
    let id = document()
        .pointer(&operation("/parameters/0"))
        .unwrap()
        .clone();
    assert_found(&operation("/parameters"), json!([id]), "limit was removed");
    let body = document()
        .pointer(&operation("/requestBody/content/application~1json"))
        .unwrap()
        .clone();
    let content = json!({ "application/json": body });
    assert_found(
        &operation("/requestBody/content"),
        content,
        "not taken as text/plain",
    );
    let error = document()
        .pointer(&operation("/responses/400"))
        .unwrap()
        .clone();
    let only = json!({ "400": error });
    assert_found(&operation("/responses"), only, "not answer with 200");
    assert_found(
        &operation("/responses/200/headers"),
        json!({}),
        "lost the header",
    );
    let content = json!({});
    assert_found(
        &operation("/responses/200/content"),
        content,
        "does not come as",
    );
}

#[test]
fn new_demands_on_requests_are_found() {
    assert_found(
        &operation("/parameters/1/required"),
        json!(true),
        "became required",
    );
    assert_found(
        &operation("/parameters/1/schema/maximum"),
        json!(99),
        "maximum",
    );
    assert_found(
        &operation("/parameters/1/schema/minimum"),
        json!(2),
        "minimum",
    );
    assert_found(
        &operation("/parameters/1/schema/type"),
        json!("string"),
        "type",
    );
    assert_found(
        &operation("/requestBody/required"),
        json!(true),
        "became required",
    );
    assert_found(
        &schema("/Change/required"),
        json!(["size", "note"]),
        "became required",
    );
    assert_found(
        &schema("/Change/properties/note/maxLength"),
        json!(9),
        "maxLength",
    );
    assert_found(
        &schema("/Change/properties/size/nullable"),
        json!(false),
        "not be null",
    );
    let pattern = json!({ "type": "string", "maxLength": 100, "pattern": "^a" });
    assert_found(&schema("/Change/properties/note"), pattern, "pattern");
    let mut changed = document();
    let added = json!({ "in": "query", "name": "who", "required": true, "schema": {} });
    let parameters = changed.pointer_mut(&operation("/parameters")).unwrap();
    parameters.as_array_mut().unwrap().push(added);
    changed["components"]["schemas"]["Change"]["required"] = json!(["size", "why"]);
    changed["components"]["schemas"]["Change"]["properties"]["why"] = json!({ "type": "string" });
    let found = breaks(&document(), &changed);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn removed_and_renamed_properties_and_values_are_found() {
    let properties = schema("/Thing/properties");
    let mut renamed = document().pointer(&properties).unwrap().clone();
    renamed["created_at"] = renamed["made_at"].take();
    renamed.as_object_mut().unwrap().remove("made_at");
    assert_found(&properties, renamed, "made_at was removed");
    assert_found(
        &schema("/Thing/required"),
        json!(["id", "parts"]),
        "kind may be missing",
    );
    let plain = json!({ "type": "string" });
    assert_found(&schema("/Thing/properties/id"), plain, "format");
    assert_found(
        &schema("/Thing/properties/id/type"),
        json!("integer"),
        "type",
    );
    let id = json!({ "type": "string", "format": "uuid", "nullable": true });
    assert_found(&schema("/Thing/properties/id"), id, "may be null");
    // Requests may not send it any more; answers may still be it.
    assert_found(&schema("/Kind/enum"), json!(["small"]), "not be \"large\"");
    // Answers may be it, which clients don't know.
    let more = json!(["small", "large", "huge"]);
    assert_found(&schema("/Kind/enum"), more, "may be \"huge\" now");
}

#[test]
fn what_clients_leave_alone_breaks_nothing() {
    let mut changed = document();
    changed["paths"]["/others"] = json!({ "get": { "operationId": "others" } });
    let schemas = &mut changed["components"]["schemas"];
    schemas["Thing"]["properties"]["size"] = json!({ "type": "integer" });
    schemas["Change"]["properties"]["colour"] = json!({ "type": "string" });
    schemas["Change"]["required"] = json!([]);
    schemas["Error"]["properties"]["code"]["enum"] = json!(["a", "b", "c"]);
    assert_eq!(breaks(&document(), &changed), Vec::<String>::new());
}
