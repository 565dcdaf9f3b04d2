//! Calls of any operation.
//!
//! A [`Call`] is one request that may be sent again: its body is in memory. Whether it *is* sent
//! again after an error is decided here, by what the call says about itself; after how long, in
//! [`retry`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorAnswer};
use crate::retry;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may take, unless the call says otherwise. Longer than the server's own
/// limits, so that its answer arrives and says what happened.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Talks to one server.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    /// The server answered before, so when it is away now it probably comes back.
    reached: AtomicBool,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    timeout: Option<Duration>,
    repeatable: bool,
}

/// An answer that was received whole.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    /// A client of the server at `url`, which knows it by an API key or an access token.
    ///
    /// # Errors
    /// When the address or the token can't be one.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, Error> {
        let base: Url = url.parse().map_err(|error| {
            Error::Input(format!(
                "{url} is not an address such as http://127.0.0.1:8080: {error}"
            ))
        })?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(Error::Input(format!(
                "{base} is not an address such as http://127.0.0.1:8080"
            )));
        }
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| Error::Input("the API key has characters no key has".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(reqwest::header::AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!("primatomic/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| Error::Input(error.to_string()))?;
        Ok(Self {
            http,
            base,
            reached: AtomicBool::new(false),
        })
    }

    /// Where the server is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// A call to the path that these segments make; each is encoded, so a name can't add
    /// one.
    #[must_use]
    pub fn call(&self, method: Method, segments: &[&str]) -> Call {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Call {
            repeatable: [Method::GET, Method::PUT].contains(&method),
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: Some(CALL_TIMEOUT),
        }
    }

    /// A call that reads.
    #[must_use]
    pub fn get(&self, segments: &[&str]) -> Call {
        self.call(Method::GET, segments)
    }

    /// A call that deletes.
    #[must_use]
    pub fn delete(&self, segments: &[&str]) -> Call {
        self.call(Method::DELETE, segments)
    }

    /// A call that changes a part of something.
    #[must_use]
    pub fn patch(&self, segments: &[&str]) -> Call {
        self.call(Method::PATCH, segments)
    }

    /// A call that sets something.
    #[must_use]
    pub fn put(&self, segments: &[&str]) -> Call {
        self.call(Method::PUT, segments)
    }

    /// A call that changes something, or asks a view.
    #[must_use]
    pub fn post(&self, segments: &[&str]) -> Call {
        self.call(Method::POST, segments)
    }

    /// Sends a call, again if need be, and reads the answer whole.
    ///
    /// # Errors
    /// When no good answer came.
    pub async fn send(&self, call: &Call) -> Result<Received, Error> {
        let response = self.open(call).await?;
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(|error| self.away(&error))?;
        Ok(Received { headers, body })
    }

    /// Sends a call and reads the answer as JSON.
    ///
    /// # Errors
    /// When no good answer came.
    pub async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.send(call).await?.json()
    }

    /// Sends a call, again if need be, up to the headers of a successful answer.
    ///
    /// # Errors
    /// When no good answer came.
    pub async fn open(&self, call: &Call) -> Result<Response, Error> {
        let mut backoff = retry::Backoff::new();
        loop {
            let failed = match self.try_once(call).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => self.failed_answer(response).await,
                Err(error) => retry::Failed {
                    retry_after: None,
                    harmless: false,
                    transient: self.reached.load(Ordering::Relaxed),
                    error: self.away(&error),
                },
            };
            let may_repeat = failed.transient && (failed.harmless || call.repeatable);
            match backoff.next(failed.retry_after) {
                Some(pause) if may_repeat => tokio::time::sleep(pause).await,
                _ => return Err(failed.error),
            }
        }
    }

    async fn try_once(&self, call: &Call) -> Result<Response, reqwest::Error> {
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .headers(call.headers.clone());
        // Every POST has a length, even an empty one.
        if !call.body.is_empty() || ![Method::GET, Method::DELETE].contains(&call.method) {
            request = request.body(call.body.clone());
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        let response = request.send().await?;
        self.reached.store(true, Ordering::Relaxed);
        Ok(response)
    }

    async fn failed_answer(&self, response: Response) -> retry::Failed {
        let status = response.status().as_u16();
        let retry_after = retry::retry_after(response.headers());
        let body = response.bytes().await.unwrap_or_default();
        retry::Failed {
            retry_after,
            // A rate-limited request was not looked at, so it can be sent again whatever it is.
            harmless: status == 429,
            transient: matches!(status, 429 | 502 | 503),
            error: Error::Answer(ErrorAnswer::read(status, &body)),
        }
    }

    fn away(&self, error: &reqwest::Error) -> Error {
        // The innermost cause is what says something: "connection refused", "timed out".
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let reason = if error.is_timeout() {
            "no answer came in time".to_owned()
        } else {
            cause.to_string()
        };
        Error::Unreachable {
            url: self.base.to_string(),
            reason,
        }
    }
}

impl Call {
    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.url
            .query_pairs_mut()
            .append_pair(name, &value.to_string());
        self
    }

    /// Adds a query parameter if it has a value.
    #[must_use]
    pub fn query_if(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sets a header, whose name is written in small letters.
    ///
    /// # Errors
    /// When the value can't stand in a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Error::Input(format!("{value:?} can't be sent as {name}")))?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// Asks for a media type.
    #[must_use]
    pub fn accept(mut self, media_type: &'static str) -> Self {
        self.headers
            .insert(ACCEPT, HeaderValue::from_static(media_type));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.body = body.into();
        self
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// When the value can't be written as JSON.
    pub fn json_body(self, value: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(|error| Error::Input(error.to_string()))?;
        Ok(self.body("application/json", body))
    }

    /// Sending it twice does no harm: it changes nothing, or carries an Idempotency-Key.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Makes it an append that may be sent again, as its Idempotency-Key makes that harmless; where
    /// a sequence is expected, only if that is the log's head.
    ///
    /// # Errors
    /// When the key can't stand in a header.
    pub fn keyed(self, key: &str, expected_sequence: Option<u64>) -> Result<Self, Error> {
        let call = self.repeatable().header("idempotency-key", key)?;
        match expected_sequence {
            Some(expected) => call.header("expected-sequence", &expected.to_string()),
            None => Ok(call),
        }
    }

    /// How long an answer may take; `None` for as long as it likes.
    #[must_use]
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }
}

impl Received {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// When it is none, or not of this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Error::Unexpected(format!(
                "the answer is not what this version of the client expects: {error}"
            ))
        })
    }

    /// The sequence that the answer reflects.
    pub fn sequence(&self) -> Option<u64> {
        self.text("primatomic-sequence")?.parse().ok()
    }

    /// The value of a header.
    pub fn text(&self, header: &str) -> Option<&str> {
        self.headers.get(header)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_and_the_base_path_stays() {
        let client = Client::new("http://127.0.0.1:1/base/", None).unwrap();
        let call = client
            .get(&["logs", "a/../b", "events"])
            .query("from", 1)
            .query("name", "a b&c");
        assert_eq!(
            call.url.as_str(),
            "http://127.0.0.1:1/base/logs/a%2F..%2Fb/events?from=1&name=a+b%26c"
        );
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for url in ["", "127.0.0.1:8080", "ftp://host", "mailto:me"] {
            let error = Client::new(url, None).unwrap_err();
            assert!(matches!(error, Error::Input(_)), "{url}");
        }
    }
}
