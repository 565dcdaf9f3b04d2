//! Schemas as readers of the document take them.
//!
//! poem-openapi leaves out what OpenAPI 3.0 can say of Rust's types: that an `Option` may be null,
//! that an unsigned number is not negative, that a text is a time. Clients are generated from the
//! document and answers are checked against it, so it must say so. It also describes a reference in
//! a way that generators take for a union of two types.

use protocol::Sequence;
use serde_json::{Map, Value, json};

/// The names of logs and views, and ids, which fit as well.
const NAME_PATTERN: &str = "^[A-Za-z0-9._-]{1,128}$";

/// Request headers that operations take.
const HEADERS: [&str; 4] = [
    "Idempotency-Key",
    "Expected-Sequence",
    "Last-Event-ID",
    "If-None-Match",
];

/// Completes every schema of the document.
pub(super) fn complete(document: &mut Value) {
    each_object(document, &mut bound_number);
    each_object(document, &mut join_description);
    let schemas = document["components"]["schemas"].as_object_mut();
    let Some(schemas) = schemas else { return };
    let type_of = |(name, schema): (&String, &Value)| {
        (
            format!("#/components/schemas/{name}"),
            schema["type"].clone(),
        )
    };
    let types = schemas.iter().map(type_of).collect();
    for schema in schemas.values_mut() {
        properties(schema, &types);
    }
}

fn each_object(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            change(map);
            map.values_mut().for_each(|it| each_object(it, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| each_object(it, change)),
        _ => {}
    }
}

/// Bounds an unsigned number; sequences and sizes stay exact in JSON.
fn bound_number(schema: &mut Map<String, Value>) {
    let maximum = match schema.get("format").and_then(Value::as_str) {
        Some("uint64") => Sequence::MAX.get(),
        Some("uint32") => u64::from(u32::MAX),
        _ => return,
    };
    schema.entry("minimum").or_insert_with(|| json!(0));
    schema.entry("maximum").or_insert_with(|| json!(maximum));
    schema.insert("format".to_owned(), json!("int64"));
}

/// Turns `allOf` of a reference and of what describes it into one that has the reference alone.
fn join_description(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get_mut("allOf") else {
        return;
    };
    let [reference, Value::Object(rest)] = parts.as_mut_slice() else {
        return;
    };
    let describes = |name: &String| ["description", "default", "deprecated"].contains(&&**name);
    if reference.get("$ref").is_some() && rest.keys().all(describes) {
        let rest = std::mem::take(rest);
        parts.truncate(1);
        schema.extend(rest);
    }
}

/// Completes the properties of an object.
fn properties(schema: &mut Value, types: &Map<String, Value>) {
    let required: Vec<String> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if property["type"] == "string" && (name.ends_with("_at") || name == "timestamp") {
            property["format"] = json!("date-time");
        }
        // What has a default is not an `Option`, unless the default is null.
        let optional = property.get("default").is_none_or(Value::is_null);
        if optional && !required.contains(name) {
            nullable(property, types);
        }
    }
}

fn nullable(property: &mut Value, types: &Map<String, Value>) {
    let Some(property) = property.as_object_mut() else {
        return;
    };
    property.remove("default");
    // What stands beside a reference is not read, and `allOf` with null has no values.
    let reference = property.remove("$ref").map(|it| json!([{ "$ref": it }]));
    if let Some(alternatives) = reference.or_else(|| property.remove("allOf")) {
        // Null is only allowed beside a type.
        let name = alternatives[0]["$ref"].as_str().unwrap_or_default();
        property.insert("type".to_owned(), types[name].clone());
        property.insert("oneOf".to_owned(), alternatives);
    }
    property.insert("nullable".to_owned(), json!(true));
}

/// Completes the parameters of an operation.
pub(super) fn parameters(operation: &mut Value) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else {
        return;
    };
    *parameters = std::mem::take(parameters)
        .into_iter()
        .flat_map(single)
        .collect();
    for parameter in parameters {
        // poem-openapi writes the names of request headers in capitals.
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let spelled = HEADERS.iter().find(|it| it.eq_ignore_ascii_case(&name));
        if let Some(spelled) = spelled {
            parameter["name"] = json!(spelled);
        }
        if parameter["in"] == "path" && (name == "log" || name == "view") {
            parameter["schema"]["pattern"] = json!(NAME_PATTERN);
        }
    }
}

/// The parameters that one of poem-openapi's stands for ([`super::parameters`]).
fn single(parameter: Value) -> Vec<Value> {
    let Some(group) = parameter["schema"]["anyOf"].as_array() else {
        return vec![parameter];
    };
    let member = |schema: &Value| {
        let mut single = parameter.clone();
        let mut schema = schema.as_object().cloned().unwrap_or_default();
        single["name"] = schema.remove("title").unwrap_or_default();
        single["description"] = schema.remove("description").unwrap_or_default();
        single["deprecated"] = json!(schema.remove("deprecated").is_some());
        single["schema"] = schema.into();
        single
    };
    group.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_say_what_rust_types_mean() {
        let mut document = json!({ "components": { "schemas": { "CreateThing": {
            "type": "object",
            "required": ["id", "of"],
            "properties": {
                "id": { "type": "string" },
                "of": { "$ref": "#/components/schemas/CreateThing" },
                "size": { "type": "integer", "format": "uint64" },
                "role": { "$ref": "#/components/schemas/Role" },
                "kind": {
                    "allOf": [
                        { "$ref": "#/components/schemas/Kind" },
                        { "description": "What it is." }
                    ]
                },
                "made_at": { "type": "string", "default": null },
                "count": { "type": "integer", "default": 3 }
            }
        },
        "Role": { "type": "string" },
        "Kind": { "type": "string" }
        } } });
        complete(&mut document);
        assert_eq!(
            document["components"]["schemas"]["CreateThing"]["properties"],
            json!({
                "id": { "type": "string" },
                "of": { "$ref": "#/components/schemas/CreateThing" },
                "size": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "maximum": 9_007_199_254_740_991_u64,
                    "nullable": true
                },
                "role": {
                    "type": "string",
                    "oneOf": [{ "$ref": "#/components/schemas/Role" }],
                    "nullable": true
                },
                "kind": {
                    "type": "string",
                    "oneOf": [{ "$ref": "#/components/schemas/Kind" }],
                    "description": "What it is.",
                    "nullable": true
                },
                "made_at": { "type": "string", "format": "date-time", "nullable": true },
                "count": { "type": "integer", "default": 3 }
            })
        );
    }
}
