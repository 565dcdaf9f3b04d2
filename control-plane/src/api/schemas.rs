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

/// Completes every schema of the document.
pub(super) fn complete(document: &mut Value) {
    each_object(document, &mut bound_number);
    each_object(document, &mut join_description);
    rename(document);
    let schemas = document["components"]["schemas"].as_object_mut();
    for schema in schemas.into_iter().flat_map(Map::values_mut) {
        properties(schema);
    }
}

/// Writes `NewLogBody` as `CreateLogBody`: in Go the former is what makes a `LogBody`, and a client
/// that is generated for it would not compile.
fn rename(document: &mut Value) {
    let renamed = |name: &str| {
        let what = name.strip_prefix("New")?;
        Some(format!("Create{what}"))
    };
    each_object(document, &mut |map| {
        for key in ["$ref", "title"] {
            if let Some(Value::String(text)) = map.get_mut(key) {
                let at = text.rfind('/').map_or(0, |slash| slash + 1);
                if let Some(name) = renamed(&text[at..]) {
                    text.replace_range(at.., &name);
                }
            }
        }
    });
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        let entries = std::mem::take(schemas).into_iter();
        schemas.extend(entries.map(|(name, schema)| (renamed(&name).unwrap_or(name), schema)));
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
fn properties(schema: &mut Value) {
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
            nullable(property);
        }
    }
}

fn nullable(property: &mut Value) {
    if let Some(property) = property.as_object_mut() {
        property.remove("default");
        // What stands beside a reference is not read, and `allOf` with null has no values.
        if let Some(reference) = property.remove("$ref") {
            property.insert("oneOf".to_owned(), json!([{ "$ref": reference }]));
        } else if let Some(reference) = property.remove("allOf") {
            property.insert("oneOf".to_owned(), reference);
        }
    }
    property["nullable"] = json!(true);
}

/// Completes a parameter of an operation.
pub(super) fn parameter(parameter: &mut Value) {
    let names = ["log", "view"];
    let name = parameter["name"].as_str().unwrap_or_default();
    if parameter["in"] == "path" && names.contains(&name) {
        parameter["schema"]["pattern"] = json!(NAME_PATTERN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_say_what_rust_types_mean() {
        let mut document = json!({ "components": { "schemas": { "NewThing": {
            "type": "object",
            "required": ["id", "of"],
            "properties": {
                "id": { "type": "string" },
                "of": { "$ref": "#/components/schemas/NewThing" },
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
        } } } });
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
                    "oneOf": [{ "$ref": "#/components/schemas/Role" }],
                    "nullable": true
                },
                "kind": {
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
