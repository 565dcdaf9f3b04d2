//! Operations: their parameters, bodies and answers.

use serde_json::{Map, Value};

use super::schemas::{Comparison, Direction};

pub(super) fn compare(old: &Value, new: &Value, breaks: &mut Vec<String>) {
    for (path, methods) in object(&old["paths"]) {
        for (method, operation) in object(methods) {
            let name = format!("{} {path}", method.to_uppercase());
            match new["paths"].get(path).and_then(|it| it.get(method)) {
                None => breaks.push(format!("{name} was removed")),
                Some(now) => {
                    let mut comparison = Comparison::new(old, new, name);
                    compare_operation(&mut comparison, operation, now);
                    breaks.append(&mut comparison.breaks);
                }
            }
        }
    }
}

fn compare_operation(comparison: &mut Comparison<'_>, old: &Value, new: &Value) {
    if old["operationId"] != new["operationId"] {
        comparison.report(format!(
            "its operationId {} was renamed",
            old["operationId"]
        ));
    }
    compare_parameters(comparison, old, new);
    compare_body(comparison, &old["requestBody"], &new["requestBody"]);
    for (status, answer) in object(&old["responses"]) {
        if !status.starts_with(['2', '3']) {
            continue;
        }
        match new["responses"].get(status) {
            None => comparison.report(format!("it does not answer with {status} any more")),
            Some(now) => compare_answer(comparison, status, answer, now),
        }
    }
    let error = |operation: &Value| operation["responses"]["400"].clone();
    compare_answer(comparison, "400", &error(old), &error(new));
}

fn key(parameter: &Value) -> (String, String) {
    let text = |field: &str| parameter[field].as_str().unwrap_or_default().to_owned();
    (text("in"), text("name"))
}

fn compare_parameters(comparison: &mut Comparison<'_>, old: &Value, new: &Value) {
    let parameters = |operation: &Value| -> Vec<Value> {
        operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let (before, now) = (parameters(old), parameters(new));
    for parameter in &before {
        let (place, name) = key(parameter);
        match now.iter().find(|it| key(it) == key(parameter)) {
            None => comparison.report(format!("its {place} parameter {name} was removed")),
            Some(same) => {
                if same["required"] == true && parameter["required"] != true {
                    comparison.report(format!("its {place} parameter {name} became required"));
                }
                let place = format!("{place} parameter {name}");
                comparison.schemas(
                    &place,
                    Direction::Sent,
                    &parameter["schema"],
                    &same["schema"],
                );
            }
        }
    }
    for parameter in &now {
        if parameter["required"] == true && !before.iter().any(|it| key(it) == key(parameter)) {
            let (place, name) = key(parameter);
            comparison.report(format!("it needs a new {place} parameter {name}"));
        }
    }
}

fn compare_body(comparison: &mut Comparison<'_>, old: &Value, new: &Value) {
    if new["required"] == true && old["required"] != true {
        comparison.report("its body became required".to_owned());
    }
    for (media_type, content) in object(&old["content"]) {
        match new["content"].get(media_type) {
            None => comparison.report(format!("its body is not taken as {media_type} any more")),
            Some(now) => {
                comparison.schemas("body", Direction::Sent, &content["schema"], &now["schema"]);
            }
        }
    }
}

fn compare_answer(comparison: &mut Comparison<'_>, status: &str, old: &Value, new: &Value) {
    for (name, _) in object(&old["headers"]) {
        if new["headers"].get(name).is_none() {
            comparison.report(format!("its answer {status} lost the header {name}"));
        }
    }
    for (media_type, content) in object(&old["content"]) {
        let place = format!("answer {status}");
        match new["content"].get(media_type) {
            None => comparison.report(format!(
                "its {place} does not come as {media_type} any more"
            )),
            Some(now) => {
                let (old, new) = (&content["schema"], &now["schema"]);
                comparison.schemas(&place, Direction::Received, old, new);
            }
        }
    }
}

pub(super) fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
