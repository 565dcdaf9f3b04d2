//! The session of a browser: its token in a cookie, which no script can read.
//!
//! A browser sends its cookies with requests that other pages made it send, too. So the cookie counts
//! for requests of our own pages alone: a write needs the header `Origin` of them, and nothing may be
//! opened as a page of its own with it.

use std::time::Duration;

use poem::http::header::{COOKIE, HOST, HeaderName, ORIGIN};
use poem::http::{HeaderMap, HeaderValue, Method};

/// `__Host-` holds the cookie to this host, to TLS (or the loopback address) and to all paths.
const NAME: &str = "__Host-primatomic";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The cookie with a token.
pub(super) fn with_token(token: &str, ttl: Duration) -> HeaderValue {
    let seconds = ttl.as_secs();
    header(&format!("{NAME}={token}; Max-Age={seconds}; {ATTRIBUTES}"))
}

/// The cookie that takes the place of one with a token, and is gone at once.
pub(super) fn removed() -> HeaderValue {
    header(&format!("{NAME}=; Max-Age=0; {ATTRIBUTES}"))
}

fn header(text: &str) -> HeaderValue {
    // Tokens are Base64: all of it is ASCII.
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The token of the cookie, valid or not.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('='))
        .filter(|token| !token.is_empty())
}

/// Whether a page of ours sent the request. Where a proxy changes the host, `public_url` says which
/// pages are ours.
pub(super) fn is_own_page(headers: &HeaderMap, method: &Method, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(FETCH_SITE).is_some_and(|site| site != "same-origin") {
        return false;
    }
    match text(ORIGIN) {
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            let of_proxy = public_url.trim_end_matches('/').strip_prefix(origin);
            host.is_some() && host == text(HOST)
                || of_proxy.is_some_and(|path| path.is_empty() || path.starts_with('/'))
        }
        None => method.is_safe(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let found = |value| token(&headers(&[(COOKIE, value)])).map(str::to_owned);
        assert_eq!(found("__Host-primatomic=pt_x"), Some("pt_x".to_owned()));
        assert_eq!(
            found("a=b; __Host-primatomic=pt_x; c=d"),
            Some("pt_x".to_owned())
        );
        for none in [
            "",
            "a=b",
            "primatomic=pt_x",
            "__Host-primatomic=",
            "x__Host-primatomic=y",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn a_write_comes_from_a_page_of_ours() {
        let url = "https://primatomic.example/";
        let is_own = |method: &Method, pairs: &[(HeaderName, &'static str)]| {
            is_own_page(&headers(pairs), method, url)
        };
        let host = (HOST, "10.0.0.1:8080");
        for (own, origin) in [
            (true, "http://10.0.0.1:8080"),
            (true, "https://primatomic.example"),
            (false, "http://10.0.0.1"),
            (false, "https://primatomic.example.evil.example"),
            (false, "https://primatomic.exampl"),
            (false, "https://"),
            (false, ""),
            (false, "null"),
        ] {
            let pairs = [host.clone(), (ORIGIN, origin)];
            assert_eq!(is_own(&Method::POST, &pairs), own, "{origin}");
        }
        let alone = std::slice::from_ref(&host);
        assert!(!is_own(&Method::DELETE, alone));
        assert!(is_own(&Method::GET, alone));
        for site in ["cross-site", "same-site", "none"] {
            let pairs = [host.clone(), (FETCH_SITE, site)];
            assert!(!is_own(&Method::GET, &pairs), "{site}");
        }
    }
}
