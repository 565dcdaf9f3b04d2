//! The one layer around all operations: the request's id, its size, its sender, its rate limit,
//! the form of its errors, and what is counted about it.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;
use poem::endpoint::BoxEndpoint;
use poem::http::header::HeaderName;
use poem::http::{HeaderMap, HeaderValue, Uri};
use poem::{Addr, Endpoint, Request, Response, Result};
use poem_openapi::OperationId;
use protocol::{ErrorCode, RequestId};

use super::caller::{Scope, bearer};
use super::docs;
use super::document::PathTable;
use super::error;
use crate::auth::token;
use crate::domain::App;
use crate::errors::Failure;
use crate::metrics::Requests;
use crate::rate_limit::{self, RateLimitStatus, Verdict};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

pub(super) struct Layer {
    app: Arc<App>,
    operations: BoxEndpoint<'static, Response>,
    /// The document and the page that shows it.
    pages: BoxEndpoint<'static, Response>,
    paths: PathTable,
    requests: Requests,
}

impl Layer {
    pub(super) fn new(
        app: Arc<App>,
        operations: BoxEndpoint<'static, Response>,
        pages: BoxEndpoint<'static, Response>,
    ) -> Self {
        let paths = PathTable::new();
        Self {
            requests: Requests::new(paths.operations()),
            app,
            operations,
            pages,
            paths,
        }
    }

    /// Admits a request and has it answered; the status is that of its bucket.
    async fn answer(
        &self,
        mut request: Request,
        request_id: RequestId,
        status: &mut Option<RateLimitStatus>,
    ) -> Result<Response, Refusal> {
        self.check_size(&request)?;
        let network = rate_limit::network(self.peer(&request));
        let mut session = None;
        let verdict = if is_public(request.uri().path()) {
            self.app
                .limits
                .rates
                .take_for_address(network, Instant::now())
        } else if let Some(token) = bearer(&request).filter(|it| token::looks_issued(it)) {
            session = self.app.session(token::digest(token)).await?;
            session.as_ref().map_or(Verdict::Unlimited, |session| {
                let tenant = session.access.tenant;
                self.app
                    .limits
                    .rates
                    .take_for_tenant(tenant, session.rate, Instant::now())
            })
        } else {
            Verdict::Unlimited
        };
        *status = verdict.status();
        if matches!(verdict, Verdict::Refused(_)) {
            return Err(Refusal::RateLimited);
        }
        request.extensions_mut().insert(Scope {
            app: Arc::clone(&self.app),
            request_id,
            network,
            session,
        });
        let uri = request.uri().clone();
        let answered = match uri.path() {
            path if docs::has(path) => self.pages.call(request).await,
            _ => self.operations.call(request).await,
        };
        answered.map_err(|error| Refusal::Framework(error, uri))
    }

    fn check_size(&self, request: &Request) -> Result<(), Failure> {
        let options = &self.app.options;
        let uri_bytes = request.uri().path().len() + request.uri().query().map_or(0, str::len);
        if uri_bytes > options.uri_bytes_max {
            return Err(Failure::new(
                ErrorCode::UriTooLong,
                format!(
                    "the address of a request has at most {} bytes",
                    options.uri_bytes_max
                ),
            ));
        }
        let headers = request.headers();
        let header_bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if headers.len() > options.headers_max || header_bytes > options.header_bytes_max {
            return Err(Failure::new(
                ErrorCode::HeadersTooLarge,
                format!(
                    "a request has at most {} headers with {} bytes",
                    options.headers_max, options.header_bytes_max
                ),
            ));
        }
        Ok(())
    }

    /// The address that the request comes from. A proxy that is trusted names it; the last address
    /// that no trusted proxy has is the one that counts, because everything before it is hearsay.
    fn peer(&self, request: &Request) -> IpAddr {
        let Addr::SocketAddr(address) = &request.remote_addr().0 else {
            return IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        };
        let direct = address.ip().to_canonical();
        let trusted = &self.app.options.trusted_proxies;
        if !trusted.contains(&direct) {
            return direct;
        }
        let named = request.headers().get_all(FORWARDED_FOR);
        let named: Vec<IpAddr> = named
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|text| text.trim().parse().ok())
            .collect();
        let last = named
            .iter()
            .rev()
            .find(|address| !trusted.contains(address));
        last.map_or(direct, IpAddr::to_canonical)
    }

    fn refuse(&self, refusal: Refusal, request_id: RequestId) -> Response {
        match refusal {
            Refusal::Failed(failure) => error::response(&failure, request_id),
            Refusal::RateLimited => error::rate_limited(),
            Refusal::Framework(error, uri) => {
                let allow = || self.paths.allowed(&uri);
                error::from_framework(error, request_id, allow)
            }
        }
    }
}

/// Why an operation gave no answer of its own.
enum Refusal {
    Failed(Failure),
    RateLimited,
    /// An error of an operation or of poem, and the address that was asked for.
    Framework(poem::Error, Uri),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Endpoint for Layer {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let started = Instant::now();
        let request_id = RequestId::generate();
        let mut status = None;
        let answering = AssertUnwindSafe(self.answer(request, request_id, &mut status));
        let outcome = answering.catch_unwind().await;
        let (mut response, operation) = match outcome {
            Ok(Ok(response)) => {
                let operation = response.data::<OperationId>().map(|it| it.0);
                (response, operation)
            }
            Ok(Err(refusal)) => {
                let operation = refusal.operation();
                (self.refuse(refusal, request_id), operation)
            }
            Err(_) => {
                let failure = Failure::internal("an operation panicked", &request_id);
                (error::response(&failure, request_id), None)
            }
        };
        set_headers(response.headers_mut(), request_id, status);
        let status = response.status().as_u16();
        self.requests.record(operation, status, started.elapsed());
        Ok(response)
    }
}

impl Refusal {
    fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Framework(error, _) => error.data::<OperationId>().map(|it| it.0),
            Self::Failed(_) | Self::RateLimited => None,
        }
    }
}

/// The operations that need no token and are limited by address.
fn is_public(path: &str) -> bool {
    path.starts_with("/auth/")
        || path.starts_with("/invitations/")
        || path.starts_with("/tenant-deletions/")
        || path == "/tenants"
}

fn set_headers(headers: &mut HeaderMap, request_id: RequestId, status: Option<RateLimitStatus>) {
    let mut text = [0; 36];
    let text = request_id.0.hyphenated().encode_lower(&mut text);
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(REQUEST_ID, value);
    }
    if let Some(status) = status {
        headers.insert(LIMIT, status.limit.into());
        headers.insert(REMAINING, status.remaining.into());
        headers.insert(RESET, status.reset.into());
    }
}
