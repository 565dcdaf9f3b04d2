//! The document: checked in, complete, and the same for the same program.

use std::path::Path;

use serde_json::Value;

#[test]
fn the_checked_in_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let generated = control_plane::openapi_document();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == generated,
        "openapi/openapi.json is old: run this test with UPDATE=1"
    );
    assert_eq!(generated, control_plane::openapi_document());
}

pub(crate) fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&control_plane::openapi_document()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn every_operation_is_named_tagged_and_described() {
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        assert!(operation["operationId"].is_string(), "{name}");
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{name}"
        );
        assert!(operation["summary"].is_string(), "{name}");
        assert!(operation["security"].is_array(), "{name}");
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for parameter in parameters {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        for (status, response) in responses {
            let described = response["description"].as_str();
            assert!(
                described.is_some_and(|text| !text.is_empty()),
                "{name} {status}"
            );
            for media_type in response["content"].as_object().into_iter().flatten() {
                assert!(!media_type.0.contains("charset"), "{name} {status}");
            }
        }
    }
}
