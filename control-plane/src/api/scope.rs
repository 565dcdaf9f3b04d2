//! What comes with each request: the application, the request's id, where it comes from, and the
//! bucket that it takes from.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use catalog::{Authenticated, Origin};
use poem::http::HeaderValue;
use poem::http::header::{AUTHORIZATION, USER_AGENT};
use poem::{Request, Result};
use protocol::RequestId;

use super::error::NotAdmitted;
use super::parameters::KnownParameters;
use crate::auth::token;
use crate::domain::App;
use crate::errors::Failure;
use crate::rate_limit::{RateLimitStatus, Verdict};

/// Longer tokens are none of ours and are not even hashed.
const TOKEN_BYTES_MAX: usize = 256;

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
    authorization: Option<HeaderValue>,
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
        Self {
            app,
            parameters,
            request_id: RequestId::generate(),
            network,
            authorization: request.headers().get(AUTHORIZATION).cloned(),
            user_agent: request.headers().get(USER_AGENT).cloned(),
            rate: OnceLock::new(),
        }
    }

    /// The scope of a request; the layer is the only way in, so there always is one.
    pub(super) fn of(request: &Request) -> Result<Arc<Self>, Failure> {
        request.data::<Arc<Self>>().cloned().ok_or_else(|| {
            Failure::internal("a request came past the layer", &request.uri().path())
        })
    }

    /// The token of the request, valid or not.
    pub(super) fn token(&self) -> Option<&str> {
        bearer(self.authorization.as_ref()?.to_str().ok()?)
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
