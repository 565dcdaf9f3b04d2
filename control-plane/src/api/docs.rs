//! `/openapi.json`, and `/docs`: a page that reads it. The page loads nothing from elsewhere, so it
//! works without a network.

use poem::endpoint::make_sync;
use poem::http::HeaderValue;
use poem::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use poem::{Endpoint, RouteMethod, get};

use super::answer::{JSON, with_type};
use super::document::openapi_document;

pub(super) const DOCUMENT_PATH: &str = "/openapi.json";
pub(super) const PAGE_PATH: &str = "/docs";

const PAGE: &str = include_str!("docs.html");

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src \
     'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn document() -> RouteMethod {
    let document = bytes::Bytes::from(openapi_document());
    get(constant(move || {
        let mut response = with_type(HeaderValue::from_static(JSON), document.clone());
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }))
}

pub(super) fn page() -> RouteMethod {
    get(constant(|| {
        let content_type = HeaderValue::from_static("text/html; charset=utf-8");
        let mut response = with_type(content_type, PAGE);
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, POLICY);
        response
    }))
}

fn constant(
    response: impl Fn() -> poem::Response + Send + Sync + 'static,
) -> impl Endpoint<Output = poem::Response> {
    make_sync(move |_| response())
}
