//! `/openapi.json`, and `/docs`: the guides of `docs/`, and a reference that reads the document. The
//! pages are part of the program and load nothing from elsewhere, so they work without a network.

mod render;

use poem::endpoint::make_sync;
use poem::http::HeaderValue;
use poem::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName};
use poem::{Endpoint, Response, Route, get};

use super::json::{JSON, with_type};

const DOCUMENT_PATH: &str = "/openapi.json";
const PAGE_PATH: &str = "/docs";

/// The guides, in the order of the navigation. The first one is what `/docs` shows.
const GUIDES: &[(&str, &str)] = &[
    ("quickstart", include_str!("../../../../docs/quickstart.md")),
    ("concepts", include_str!("../../../../docs/concepts.md")),
    ("api", include_str!("../../../../docs/api.md")),
    (REFERENCE, include_str!("../../../../docs/reference.md")),
    ("errors", include_str!("../../../../docs/errors.md")),
    ("limits", include_str!("../../../../docs/limits.md")),
    ("billing", include_str!("../../../../docs/billing.md")),
    ("views", include_str!("../../../../docs/views.md")),
    ("security", include_str!("../../../../docs/security.md")),
    ("invariants", include_str!("../../../../docs/invariants.md")),
    ("operations", include_str!("../../../../docs/operations.md")),
    ("runbooks", include_str!("../../../../docs/runbooks.md")),
    (
        "configuration",
        include_str!("../../../../docs/configuration.md"),
    ),
    ("formats", include_str!("../../../../docs/formats.md")),
    ("scale", include_str!("../../../../docs/scale.md")),
];

/// The guide in whose place a running server shows all operations.
const REFERENCE: &str = "reference";
const REFERENCE_BODY: &str = include_str!("reference.html");

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src \
     'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The addresses of all pages.
pub(super) fn paths() -> impl Iterator<Item = String> {
    let guides = GUIDES.iter().map(|(name, _)| format!("{PAGE_PATH}/{name}"));
    [DOCUMENT_PATH, PAGE_PATH]
        .map(str::to_owned)
        .into_iter()
        .chain(guides)
}

/// Whether an address is one of ours, known or not.
pub(super) fn has(path: &str) -> bool {
    let rest = path.strip_prefix(PAGE_PATH);
    path == DOCUMENT_PATH || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pages, with the document of the API.
pub(super) fn routes(document: String) -> Route {
    let fresh = (CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let mut routes = Route::new().at(DOCUMENT_PATH, get(page(JSON, fresh, document)));
    for (name, text) in render::pages(GUIDES) {
        let page = |text| {
            page(
                "text/html; charset=utf-8",
                (CONTENT_SECURITY_POLICY, POLICY),
                text,
            )
        };
        if name == GUIDES[0].0 {
            routes = routes.at(PAGE_PATH, get(page(text.clone())));
        }
        routes = routes.at(format!("{PAGE_PATH}/{name}"), get(page(text)));
    }
    routes
}

/// A text that stays the same, with a header.
fn page(
    content_type: &'static str,
    (name, value): (HeaderName, HeaderValue),
    text: String,
) -> impl Endpoint<Output = Response> {
    let text = bytes::Bytes::from(text);
    make_sync(move |_| {
        let mut response = with_type(HeaderValue::from_static(content_type), text.clone());
        let headers = response.headers_mut();
        headers.insert(name.clone(), value.clone());
        response
    })
}
