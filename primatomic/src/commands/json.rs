//! Fields of a JSON object, as people see them.

use serde_json::Value;

/// A text, or nothing.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// A number, or 0.
pub(crate) fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_default()
}

/// A text or a number as text, or nothing.
pub(crate) fn cell(value: &Value, field: &str) -> String {
    match &value[field] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Several cells of a row.
pub(crate) fn cells<const N: usize>(value: &Value, fields: [&str; N]) -> [String; N] {
    fields.map(|field| cell(value, field))
}

/// Labels with what each has in a field.
pub(crate) fn labelled<const N: usize>(
    value: &Value,
    pairs: [(&'static str, &str); N],
) -> [(&'static str, String); N] {
    pairs.map(|(label, field)| (label, cell(value, field)))
}

/// The text, or another one if it is empty.
pub(crate) fn or(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}
