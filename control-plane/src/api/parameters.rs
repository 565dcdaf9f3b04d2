//! Query parameters that several operations share, and refusing those that an operation does not
//! have.
//!
//! An extractor is one parameter to poem-openapi. One that stands for several has them as the
//! alternatives of its schema, each with its name as the title, and the document lists them instead.

use std::collections::HashMap;

use catalog::{PAGE_LIMIT_MAX, Page};
use poem::http::Method;
use poem::{PathPattern, Request, RequestBody, Result};
use poem_openapi::param::Query;
use poem_openapi::registry::{
    MetaOperation, MetaOperationParam, MetaParamIn, MetaSchema, MetaSchemaRef,
};
use poem_openapi::types::{ParseFromParameter, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::error::bad_parameter;
use crate::errors::Failure;

/// A query parameter of a request.
pub(super) async fn parameter<T: ParseFromParameter>(
    request: &Request,
    name: &'static str,
) -> Result<Option<T>> {
    let options = ExtractParamOptions {
        name,
        ..ExtractParamOptions::default()
    };
    let body = &mut RequestBody::default();
    let Query(value) = Query::<Option<T>>::from_request(request, body, options).await?;
    Ok(value)
}

/// Query parameters that belong together.
pub(super) trait Group: Sized + Send {
    fn describe() -> Vec<MetaSchema>;

    fn read(request: &Request) -> impl Future<Output = Result<Self>> + Send;
}

/// The description of a parameter of the type `T`.
pub(super) fn describe<T: Type>(name: &'static str, description: &'static str) -> MetaSchema {
    MetaSchema {
        title: Some(name.to_owned()),
        description: Some(description),
        ..T::schema_ref().unwrap_inline().clone()
    }
}

/// The names that a parameter of the document has in an address.
fn names(parameter: &MetaOperationParam) -> Vec<String> {
    match &parameter.schema {
        MetaSchemaRef::Inline(schema) if !schema.any_of.is_empty() => {
            let group = schema.any_of.iter().map(MetaSchemaRef::unwrap_inline);
            group.filter_map(|schema| schema.title.clone()).collect()
        }
        _ => vec![parameter.name.clone()],
    }
}

/// Extracts a group.
pub(super) struct Parameters<T>(pub T);

impl<'a, T: Group> ApiExtractor<'a> for Parameters<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        let group = T::describe().into_iter().map(Box::new);
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            any_of: group.map(MetaSchemaRef::Inline).collect(),
            ..MetaSchema::ANY
        })))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        T::read(request).await.map(Self)
    }
}

/// Items on a page of a list when the request does not say.
const PAGE_LIMIT: u32 = 100;

impl Group for Page {
    fn describe() -> Vec<MetaSchema> {
        let limit = MetaSchema {
            default: Some(PAGE_LIMIT.into()),
            minimum: Some(1.0),
            maximum: Some(PAGE_LIMIT_MAX.into()),
            ..describe::<u32>("limit", "At most so many; 1 to 1000.")
        };
        vec![limit, describe::<String>("cursor", "From the page before.")]
    }

    async fn read(request: &Request) -> Result<Self> {
        let limit = parameter(request, "limit").await?.unwrap_or(PAGE_LIMIT);
        if !(1..=PAGE_LIMIT_MAX).contains(&limit) {
            return Err(bad_parameter("limit").into());
        }
        let cursor = parameter(request, "cursor").await?;
        Ok(Self { limit, cursor })
    }
}

/// The query parameters of each operation, by its method and path.
pub(super) struct KnownParameters(HashMap<(Method, String), Vec<String>>);

impl KnownParameters {
    pub(super) fn of(operations: impl Iterator<Item = (String, MetaOperation)>) -> Self {
        let known = operations.map(|(path, operation)| {
            let parameters = operation.params.iter();
            let queried = parameters.filter(|it| it.in_type == MetaParamIn::Query);
            let names = queried.flat_map(names).collect();
            ((operation.method, shape(&path)), names)
        });
        Self(known.collect())
    }

    /// Refuses query parameters that the operation does not have.
    pub(super) fn check(&self, request: &Request) -> Result<(), Failure> {
        let pattern = request.data::<PathPattern>().map_or("", |it| &*it.0);
        let sent: Vec<(String, String)> = request.params().unwrap_or_default();
        let names = sent.iter().map(|(name, _)| &**name);
        match self.unknown(request.method(), pattern, names) {
            None => Ok(()),
            Some(name) => {
                let message = format!("this operation has no parameter `{name}`");
                Err(Failure::invalid_request(message))
            }
        }
    }

    fn unknown<'a>(
        &self,
        method: &Method,
        pattern: &str,
        mut sent: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        // What answers a GET answers a HEAD, too.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let known = self.0.get(&(method.clone(), shape(pattern)));
        sent.find(|name| !known.is_some_and(|known| known.iter().any(|it| it == name)))
    }
}

/// A path without the names of its variables.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.chars().next() {
        Some('{' | ':') => ":",
        _ => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::super::operations::described;
    use super::*;

    #[test]
    fn a_parameter_that_an_operation_does_not_have_is_found() {
        let known = KnownParameters::of(described());
        let unknown = |method, pattern, sent: &[&'static str]| {
            known.unknown(&method, pattern, sent.iter().copied())
        };
        let views = "/logs/:param0/views";
        assert_eq!(unknown(Method::GET, views, &["limit", "cursor"]), None);
        assert_eq!(unknown(Method::HEAD, views, &["limit"]), None);
        assert_eq!(
            unknown(Method::GET, views, &["limit", "nope"]),
            Some("nope")
        );
        assert_eq!(unknown(Method::POST, "/logs", &["limit"]), Some("limit"));
        assert_eq!(unknown(Method::POST, "/logs", &[]), None);
        let query = "/logs/:param0/views/:param1/query";
        assert_eq!(unknown(Method::GET, query, &["after", "timeout_ms"]), None);
    }
}
