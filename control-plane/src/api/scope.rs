//! What comes with each request: the application, the request's id, where it comes from, and the
//! bucket that it takes from.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use catalog::{Authenticated, Origin};
use poem::http::HeaderValue;
use poem::http::header::{AUTHORIZATION, USER_AGENT};
use poem::{Request, Result};
use protocol::{ErrorCode, RequestId};

use super::cookie;
use super::error::NotAdmitted;
use super::parameters::KnownParameters;
use crate::auth::token;
use crate::domain::App;
use crate::errors::Failure;
use crate::rate_limit::{RateLimitStatus, Verdict};

/// Longer tokens are none of ours and are not even hashed.
const TOKEN_BYTES_MAX: usize = 256;

/// What a request says about who sent it.
enum Credentials {
    /// The header `Authorization`, which wins over a cookie.
    Header(HeaderValue),
    /// The token of the cookie.
    Cookie(String),
    None,
}

/// What is kept of a `User-Agent`.
const USER_AGENT_CHARS_MAX: usize = 200;

/// Put into every request by the layer.
pub(super) struct Scope {
    pub app: Arc<App>,
    pub request_id: RequestId,
    /// Where the request comes from.
    pub network: IpAddr,
    /// Those of all operations.
    pub parameters: Arc<KnownParameters>,
    credentials: Credentials,
    /// Whether a page of ours sent the request, as what goes with a cookie has to be.
    pub is_own_page: bool,
    user_agent: Option<HeaderValue>,
    /// The state of the bucket that the request took from.
    pub rate: OnceLock<RateLimitStatus>,
}

impl Scope {
    pub(super) fn new(
        app: Arc<App>,
        parameters: Arc<KnownParameters>,
        request: &Request,
        network: IpAddr,
    ) -> Self {
        let headers = request.headers();
        let credentials = match headers.get(AUTHORIZATION) {
            Some(header) => Credentials::Header(header.clone()),
            None => match cookie::token(headers) {
                Some(token) => Credentials::Cookie(token.to_owned()),
                None => Credentials::None,
            },
        };
        let url = &app.options.public_url;
        Self {
            is_own_page: cookie::is_own_page(headers, request.method(), url),
            app,
            parameters,
            request_id: RequestId::generate(),
            network,
            credentials,
            user_agent: headers.get(USER_AGENT).cloned(),
            rate: OnceLock::new(),
        }
    }

    /// The scope of a request; the layer is the only way in, so there always is one.
    pub(super) fn of(request: &Request) -> Result<Arc<Self>, Failure> {
        request.data::<Arc<Self>>().cloned().ok_or_else(|| {
            Failure::internal("a request came past the layer", &request.uri().path())
        })
    }

    /// The token of the request, valid or not. A cookie that another page made the browser send counts
    /// for nothing.
    pub(super) fn token(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Header(header) => bearer(header.to_str().ok()?),
            Credentials::Cookie(token) => Some(token.as_str()).filter(|_| self.is_own_page),
            Credentials::None => None,
        }
    }

    /// Whether a browser's cookie says who sent the request.
    pub(super) fn is_by_cookie(&self) -> bool {
        matches!(self.credentials, Credentials::Cookie(_))
    }

    /// # Errors
    /// When the request has a cookie, or asks for one, and no page of ours sent it.
    pub(super) fn check_page(&self, asks_for_cookie: bool) -> Result<(), Failure> {
        if (asks_for_cookie || self.is_by_cookie()) && !self.is_own_page {
            return Err(Failure::new(
                ErrorCode::ForeignOrigin,
                "a session's cookie is for the pages of this server alone; other programs send a \
                 token in the header `Authorization: Bearer …`",
            ));
        }
        Ok(())
    }

    /// By what people recognise a session that the request opens.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            network: Some(self.network.to_string()),
            user_agent: self.user_agent.as_ref().and_then(readable),
        }
    }

    /// Counts the request for its address.
    pub(super) fn admit_address(&self) -> Result<(), NotAdmitted> {
        let rates = &self.app.limits.rates;
        self.admit(rates.take_for_address(self.network, Instant::now()))
    }

    /// Counts the request for the tenant that its token is of; without a valid token it counts for
    /// nobody, and there is no session.
    pub(super) async fn admit_tenant(&self) -> Result<Option<Arc<Authenticated>>, NotAdmitted> {
        let Some(token) = self.token().filter(|it| token::looks_issued(it)) else {
            return Ok(None);
        };
        let session = self.app.session(token::digest(token)).await?;
        if let Some(session) = &session {
            let (rates, tenant) = (&self.app.limits.rates, session.access.tenant);
            self.admit(rates.take_for_tenant(tenant, session.rate, Instant::now()))?;
        }
        Ok(session)
    }

    fn admit(&self, verdict: Verdict) -> Result<(), NotAdmitted> {
        if let Some(status) = verdict.status() {
            self.rate.get_or_init(|| status);
        }
        match verdict {
            Verdict::Refused(_) => Err(NotAdmitted::RateLimited),
            Verdict::Admitted(_) | Verdict::Unlimited => Ok(()),
        }
    }
}

/// The beginning of a header, as it can be shown.
fn readable(header: &HeaderValue) -> Option<String> {
    let text = String::from_utf8_lossy(header.as_bytes());
    let shown = text.chars().filter(|char| !char.is_control());
    let shown: String = shown.take(USER_AGENT_CHARS_MAX).collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

/// The token of an `Authorization: Bearer` header.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    let sound = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && token.len() <= TOKEN_BYTES_MAX;
    sound.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let read = |bytes: &[u8]| readable(&HeaderValue::from_bytes(bytes).unwrap());
        assert_eq!(read(b" curl/8\t\xff ").as_deref(), Some("curl/8\u{fffd}"));
        assert_eq!(read(&[b'x'; 300]), Some("x".repeat(200)));
        assert_eq!(read(b" \t "), None);
    }

    #[test]
    fn a_bearer_token_is_taken_from_its_header() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer"), None);
        assert_eq!(bearer("Bearer  "), None);
        assert_eq!(bearer(&format!("Bearer {}", "x".repeat(257))), None);
    }
}
