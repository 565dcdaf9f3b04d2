//! `/console`: the web console, built by `console/` and part of the program. Every address below it
//! that is no file is a screen, which the page itself finds; `/` leads there.
//!
//! The page loads nothing from elsewhere, runs no script but its own, and goes into no frame.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use poem::endpoint::make_sync;
use poem::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderValue,
    LOCATION, REFERRER_POLICY, VARY,
};
use poem::http::{HeaderMap, StatusCode};
use poem::{Request, Response, Route, get};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::json::with_type;

/// What `npm run build` in `console/` wrote; there is nothing where it did not run.
#[derive(RustEmbed)]
#[folder = "../console/dist/app"]
#[allow_missing = true]
struct Files;

const ROOT: &str = "/";
const PATH: &str = "/console";
const HOME: HeaderValue = HeaderValue::from_static("/console/");
const PAGE: &str = "index.html";
/// Where the page has the word that admits its own styles.
const NONCE: &str = "{{nonce}}";
const MISSING: &str = include_str!("console.html");

/// The addresses of all pages.
pub(super) fn paths() -> impl Iterator<Item = String> {
    [ROOT, PATH, "/console/*screen"]
        .map(str::to_owned)
        .into_iter()
}

/// Whether an address is one of ours, known or not.
pub(super) fn has(path: &str) -> bool {
    let rest = path.strip_prefix(PATH);
    path == ROOT || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn routes() -> Route {
    let home = |_| {
        let mut response = Response::default();
        response.set_status(StatusCode::TEMPORARY_REDIRECT);
        response.headers_mut().insert(LOCATION, HOME);
        response
    };
    Route::new()
        .at(ROOT, get(make_sync(home)))
        .at(PATH, get(make_sync(home)))
        .at(
            "/console/*screen",
            get(make_sync(|request| answer(&request))),
        )
}

fn answer(request: &Request) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix(PATH).unwrap_or_default();
    let path = path.trim_start_matches('/');
    let mut response = match file(path, request.headers()) {
        Some(response) => response,
        // A file that is gone, as after an update, is no screen.
        None if path.starts_with("assets/") => {
            let mut response = with_type(
                HeaderValue::from_static("text/plain"),
                "There is no such file",
            );
            response.set_status(StatusCode::NOT_FOUND);
            response
        }
        None => page(),
    };
    let headers = response.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A file, compressed where the browser takes that.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let media_type = match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => return None,
    };
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let compressed = accepted
        .filter(|accepted| accepted.contains("gzip"))
        .and_then(|_| Files::get(&format!("{path}.gz")));
    let is_compressed = compressed.is_some();
    let EmbeddedFile { data, .. } = compressed.or_else(|| Files::get(path))?;
    // What is part of the program is not copied for each request.
    let data = match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    };
    let mut response = with_type(HeaderValue::from_static(media_type), data);
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // The names of assets hold a hash of what is in them.
    let lifetime = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(lifetime));
    Some(response)
}

/// The page of every screen, or how to get it.
fn page() -> Response {
    let built = Files::get(PAGE);
    let text = built
        .as_ref()
        .and_then(|file| std::str::from_utf8(&file.data).ok())
        .unwrap_or(MISSING);
    let bits: [u8; 18] = rand::random();
    let nonce = BASE64_STANDARD.encode(bits);
    let media_type = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = with_type(media_type, text.replace(NONCE, &nonce));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    // Base64 is ASCII.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
