//! What parameters Stripe's operations take, as `rules/extract.mjs` wrote it down.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The type of a parameter.
#[derive(Debug)]
pub(crate) enum Type {
    Text,
    Integer,
    Boolean,
    Decimal,
    Any,
    Words(Vec<String>),
    List(Box<Type>),
    Map(Box<Type>),
    Object(Vec<Parameter>),
    Either(Vec<Type>),
    /// Or an empty string, which removes it.
    Unset(Box<Type>),
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) kind: Type,
}

static RULES: LazyLock<HashMap<String, Vec<Parameter>>> = LazyLock::new(|| {
    let written: Value = serde_json::from_str(include_str!("../rules/rules.json"))
        .expect("the rules are JSON, since a test has read them");
    let operations = written["operations"].as_object().cloned();
    operations
        .unwrap_or_default()
        .iter()
        .filter_map(|(name, fields)| Some((name.clone(), parameters(fields.as_object()?))))
        .collect()
});

/// The parameters of an operation such as `GET /v1/customers/{id}`, if there are rules for it.
pub(crate) fn of(operation: &str) -> Option<&'static [Parameter]> {
    RULES.get(operation).map(Vec::as_slice)
}

fn parameters(fields: &Map<String, Value>) -> Vec<Parameter> {
    let parameter = |(name, kind): (&String, &Value)| Parameter {
        name: name.trim_end_matches('!').to_owned(),
        required: name.ends_with('!'),
        kind: read(kind),
    };
    fields.iter().map(parameter).collect()
}

fn read(written: &Value) -> Type {
    match written.as_str() {
        Some("string") => return Type::Text,
        Some("number") => return Type::Integer,
        Some("boolean") => return Type::Boolean,
        Some("decimal") => return Type::Decimal,
        _ => {}
    }
    let Some((kind, of)) = written.as_object().and_then(|kind| kind.iter().next()) else {
        return Type::Any;
    };
    let all = || of.as_array().into_iter().flatten();
    match kind.as_str() {
        "enum" => Type::Words(all().filter_map(Value::as_str).map(str::to_owned).collect()),
        "either" => Type::Either(all().map(read).collect()),
        "array" => Type::List(Box::new(read(of))),
        "map" => Type::Map(Box::new(read(of))),
        "unset" => Type::Unset(Box::new(read(of))),
        _ => Type::Object(of.as_object().map(parameters).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn each_rule_has_a_route_and_each_route_but_a_few_has_rules() {
        let without: Vec<_> = routes::names().filter(|name| of(name).is_none()).collect();
        assert_eq!(without, ["GET /v1/account", "GET /v2/core/events/{id}"]);
        for name in RULES.keys() {
            assert!(routes::names().any(|route| route == *name), "{name}");
        }
    }

    #[test]
    fn types_are_read() {
        let prices = of("POST /v1/prices").unwrap();
        let find = |name: &str| prices.iter().find(|each| each.name == name).unwrap();
        assert!(find("currency").required);
        assert!(matches!(find("unit_amount_decimal").kind, Type::Decimal));
        assert!(matches!(&find("billing_scheme").kind, Type::Words(words) if words.len() == 2));
    }
}
