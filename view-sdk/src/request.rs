//! Queries.

use std::cell::OnceCell;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ViewError;

/// What a client asks: the query parameters of the URL, and a body.
///
/// Clients may send the same question in the URL (`?month=2025-03`) or as a JSON object in the body
/// (`{"month": "2025-03"}`); [`Request::parameter`] and [`Request::json`] understand both.
#[derive(Clone, Debug, Default)]
pub struct Request {
    parameters: Vec<(String, String)>,
    body: Vec<u8>,
    from_body: OnceCell<Vec<(String, String)>>,
}

impl Request {
    /// A request, for tests; the platform makes the others.
    #[must_use]
    pub fn new(parameters: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self {
            parameters,
            body,
            from_body: OnceCell::new(),
        }
    }

    /// The query parameters of the URL, decoded, in their order.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// The body, as it was sent.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The value of a parameter: from the URL, or else from the body if that is a JSON object.
    /// There, texts, numbers and booleans count; `null` counts as absent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name).or_else(|| find(self.parameters_of_body(), name))
    }

    /// The request as JSON: the body, or for an empty body the parameters of the URL as an object
    /// of texts. Of a parameter that occurs twice the first counts.
    ///
    /// # Errors
    /// With the code `invalid_query` when it is not JSON of the wanted shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ViewError> {
        let result = if self.body.is_empty() {
            let mut object = Map::new();
            for (name, value) in &self.parameters {
                object
                    .entry(name.clone())
                    .or_insert_with(|| Value::String(value.clone()));
            }
            serde_json::from_value(Value::Object(object))
        } else {
            serde_json::from_slice(&self.body)
        };
        result.map_err(|error| {
            ViewError::new("invalid_query", format!("the query can't be read: {error}"))
        })
    }

    fn parameters_of_body(&self) -> &[(String, String)] {
        self.from_body.get_or_init(|| {
            let object = serde_json::from_slice::<Map<String, Value>>(&self.body);
            let fields = object.unwrap_or_default().into_iter();
            fields
                .filter_map(|(name, value)| match value {
                    Value::String(text) => Some((name, text)),
                    Value::Number(number) => Some((name, number.to_string())),
                    Value::Bool(truth) => Some((name, truth.to_string())),
                    Value::Null | Value::Array(_) | Value::Object(_) => None,
                })
                .collect()
        })
    }
}

fn find<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = parameters.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Month {
        month: String,
    }

    fn request(parameters: &[(&str, &str)], body: &str) -> Request {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request::new(parameters.iter().map(owned).collect(), body.into())
    }

    #[test]
    fn a_parameter_comes_from_the_url_or_else_from_the_body() {
        let request = request(
            &[("month", "2025-03"), ("month", "2025-04")],
            r#"{"month":"2024-01","limit":10,"all":true,"none":null,"list":[1]}"#,
        );
        assert_eq!(request.parameter("month"), Some("2025-03"));
        assert_eq!(request.parameter("limit"), Some("10"));
        assert_eq!(request.parameter("all"), Some("true"));
        assert_eq!(request.parameter("none"), None);
        assert_eq!(request.parameter("list"), None);
        assert_eq!(request.parameter("absent"), None);
    }

    #[test]
    fn a_body_that_is_no_json_object_has_no_parameters() {
        for body in ["", "month", "[1]", "\"month\""] {
            assert_eq!(request(&[], body).parameter("month"), None);
        }
    }

    #[test]
    fn json_is_the_body_or_else_the_parameters() {
        let march = Month {
            month: "2025-03".to_owned(),
        };
        let parameters = request(&[("month", "2025-03"), ("month", "2025-04")], "");
        assert_eq!(parameters.json(), Ok(march));
        let body = request(&[("month", "2025-03")], r#"{"month":"2025-04"}"#);
        assert_eq!(body.json::<Month>().unwrap().month, "2025-04");
        let error = request(&[], "{}").json::<Month>().unwrap_err();
        assert_eq!(error.code(), "invalid_query");
        assert!(error.message().contains("missing field `month`"), "{error}");
    }
}
