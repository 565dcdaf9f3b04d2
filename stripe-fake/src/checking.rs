//! Checks what a request brings against the rules of its operation, and gives it its types.

use serde_json::{Map, Number, Value};

use crate::error::ApiError;
use crate::rules::{Parameter, Type};

/// The parameters with their types; or what is wrong with the first that is wrong.
pub(crate) fn check(given: &Value, rules: &[Parameter]) -> Result<Value, ApiError> {
    object(given, rules, "")
}

fn object(given: &Value, rules: &[Parameter], path: &str) -> Result<Value, ApiError> {
    let Value::Object(given) = given else {
        return Err(ApiError::invalid("Invalid object").param(path));
    };
    let known = |name: &String| rules.iter().any(|rule| rule.name == *name);
    if let Some(unknown) = given.keys().find(|name| !known(name)) {
        let name = join(path, unknown);
        let message = format!("Received unknown parameter: {name}");
        return Err(ApiError::invalid(message)
            .code("parameter_unknown")
            .param(name));
    }
    let mut checked = Map::new();
    for rule in rules {
        let name = join(path, &rule.name);
        match given.get(&rule.name) {
            Some(value) if rule.required && value == "" => return Err(empty(&name)),
            Some(value) => {
                checked.insert(rule.name.clone(), typed(value, &rule.kind, &name)?);
            }
            None if rule.required => {
                let message = format!("Missing required param: {name}.");
                return Err(ApiError::invalid(message)
                    .code("parameter_missing")
                    .param(name));
            }
            None => {}
        }
    }
    Ok(Value::Object(checked))
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}[{name}]"),
    }
}

fn empty(name: &str) -> ApiError {
    let message = format!(
        "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a \
         parameter; however '{name}' cannot be unset."
    );
    ApiError::invalid(message)
        .code("parameter_invalid_empty")
        .param(name)
}

fn typed(given: &Value, kind: &Type, name: &str) -> Result<Value, ApiError> {
    let wrong = |what: &str| {
        let shown = given
            .as_str()
            .map_or_else(|| given.to_string(), str::to_owned);
        ApiError::invalid(format!("Invalid {what}: {shown}")).param(name)
    };
    match kind {
        Type::Any => Ok(given.clone()),
        Type::Text if given.is_string() => Ok(given.clone()),
        Type::Text => Err(wrong("string")),
        Type::Boolean => match (given.as_bool(), given.as_str()) {
            (Some(flag), _) => Ok(flag.into()),
            (_, Some("true")) => Ok(true.into()),
            (_, Some("false")) => Ok(false.into()),
            _ => Err(wrong("boolean")),
        },
        Type::Integer => number(given)
            .map(Value::Number)
            .ok_or_else(|| wrong("integer").code("parameter_invalid_integer")),
        Type::Decimal if given.as_str().is_some_and(is_decimal) => Ok(given.clone()),
        Type::Decimal => Err(wrong("decimal")),
        Type::Words(words) => match given.as_str() {
            Some(word) if words.iter().any(|each| each == word) => Ok(given.clone()),
            _ => Err(ApiError::invalid(format!(
                "Invalid {name}: must be one of {}",
                words.join(", ")
            ))
            .param(name)),
        },
        Type::Unset(_) if given == "" => Ok(given.clone()),
        Type::Unset(kind) => typed(given, kind, name),
        Type::Either(kinds) => {
            let mut tried = kinds.iter().map(|kind| typed(given, kind, name));
            let first = tried.next().unwrap_or_else(|| Ok(given.clone()));
            first.or_else(|error| tried.find_map(Result::ok).ok_or(error))
        }
        Type::List(kind) => {
            let items =
                items(given).ok_or_else(|| ApiError::invalid("Invalid array").param(name))?;
            let items = items.into_iter().enumerate();
            items
                .map(|(index, item)| typed(item, kind, &format!("{name}[{index}]")))
                .collect()
        }
        Type::Map(kind) => {
            let fields = given.as_object();
            let fields = fields.ok_or_else(|| ApiError::invalid("Invalid object").param(name))?;
            let field = |(key, value): (&String, &Value)| {
                Ok((key.clone(), typed(value, kind, &join(name, key))?))
            };
            fields
                .iter()
                .map(field)
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object)
        }
        Type::Object(rules) => object(given, rules, name),
    }
}

/// The items of a list, which a form writes as an object with numbers for keys.
fn items(given: &Value) -> Option<Vec<&Value>> {
    match given {
        Value::Array(items) => Some(items.iter().collect()),
        Value::Object(fields) => {
            let numbered = |(key, item): (&String, _)| Some((key.parse::<u32>().ok()?, item));
            let mut items: Vec<_> = fields.iter().map(numbered).collect::<Option<_>>()?;
            items.sort_by_key(|(index, _)| *index);
            Some(items.into_iter().map(|(_, item)| item).collect())
        }
        _ => None,
    }
}

fn number(given: &Value) -> Option<Number> {
    match given {
        Value::Number(number) if !number.is_f64() => Some(number.clone()),
        Value::String(text) => text.parse::<i64>().ok().map(Number::from),
        _ => None,
    }
}

/// Digits, with at most 12 after a point.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && fraction.len() <= 12
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{form, rules};

    fn checked(operation: &str, body: &str) -> Result<Value, Value> {
        let rules = rules::of(operation).unwrap();
        check(&form::parse(body), rules).map_err(|error| error.body()["error"].clone())
    }

    #[test]
    fn parameters_get_their_types() {
        let body = "currency=usd&product=p&unit_amount_decimal=0.0001&recurring[interval]=month\
                    &recurring[usage_type]=metered&transfer_lookup_key=true&metadata[a]=1&expand[]=product";
        assert_eq!(
            checked("POST /v1/prices", body).unwrap(),
            json!({
                "currency": "usd",
                "product": "p",
                "unit_amount_decimal": "0.0001",
                "recurring": { "interval": "month", "usage_type": "metered" },
                "transfer_lookup_key": true,
                "metadata": { "a": "1" },
                "expand": ["product"],
            })
        );
    }

    #[test]
    fn what_is_wrong_is_said_as_stripe_says_it() {
        let wrong = |body: &str| checked("POST /v1/prices", body).unwrap_err();
        let error = wrong("currency=usd&recurring[interval]=month&recurring[every]=2");
        assert_eq!(error["code"], "parameter_unknown");
        assert_eq!(error["param"], "recurring[every]");
        let error = wrong("product=p");
        assert_eq!(error["code"], "parameter_missing");
        assert_eq!(error["param"], "currency");
        let error = wrong("currency=usd&unit_amount=many");
        assert_eq!(error["code"], "parameter_invalid_integer");
        let error = wrong("currency=usd&billing_scheme=free");
        assert_eq!(
            error["message"],
            "Invalid billing_scheme: must be one of per_unit, tiered"
        );
        assert_eq!(wrong("currency=")["code"], "parameter_invalid_empty");
        assert_eq!(wrong("currency=usd&active=maybe")["param"], "active");
        assert_eq!(
            wrong("currency=usd&unit_amount_decimal=0.0000000000001")["param"],
            "unit_amount_decimal"
        );
        assert_eq!(wrong("currency=usd&tiers=1")["message"], "Invalid array");
        assert_eq!(
            wrong("currency=usd&recurring=1")["message"],
            "Invalid object"
        );
    }
}
