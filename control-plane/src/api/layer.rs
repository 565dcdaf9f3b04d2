//! The one layer around all operations: the request's size and address, the form of its errors, and
//! what is counted about it.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;
use poem::endpoint::BoxEndpoint;
use poem::error::MethodNotAllowedError;
use poem::http::header::{ALLOW, HeaderName, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderMap, HeaderValue, Uri};
use poem::{Addr, Endpoint, EndpointExt as _, IntoEndpoint as _, Request, Response, Result};
use poem_openapi::OperationId;
use protocol::ErrorCode;

use super::console;
use super::docs;
use super::document::{openapi_document, service};
use super::error::{self, NotAdmitted};
use super::operations::{Methods, credentials, described};
use super::parameters::KnownParameters;
use super::scope::Scope;
use crate::domain::App;
use crate::errors::Failure;
use crate::metrics::Requests;
use crate::options::Options;
use crate::rate_limit;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The whole API, ready to be served.
pub(crate) struct Layer {
    app: Arc<App>,
    operations: BoxEndpoint<'static, Response>,
    /// The document and the page that shows it.
    pages: BoxEndpoint<'static, Response>,
    console: BoxEndpoint<'static, Response>,
    methods: Methods,
    parameters: Arc<KnownParameters>,
    requests: Requests,
}

impl Layer {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            operations: service().into_endpoint(),
            pages: docs::routes(openapi_document()).boxed(),
            console: console::routes().boxed(),
            methods: Methods::new(),
            parameters: Arc::new(KnownParameters::of(described())),
            requests: Requests::new(credentials().into_keys()),
        }
    }

    /// Checks a request and has it answered.
    async fn respond(&self, mut request: Request, scope: &Arc<Scope>) -> Result<Response> {
        self.check_size(&request)?;
        request.set_data(Arc::clone(scope));
        let responded = if docs::has(request.uri().path()) {
            self.pages.call(request).await
        } else if console::has(request.uri().path()) {
            // What people see is no use of the API; each address may fetch it as often as it likes.
            return self.console.call(request).await;
        } else {
            self.operations.call(request).await
        };
        let operation = match &responded {
            Ok(response) => response.data::<OperationId>(),
            Err(error) => error.data::<OperationId>(),
        };
        if operation.is_none() {
            // What is no operation counts for a tenant, too, where it says which.
            scope.admit_tenant().await?;
        }
        responded
    }

    fn check_size(&self, request: &Request) -> Result<(), Failure> {
        let Options {
            uri_bytes_max,
            headers_max,
            header_bytes_max,
            ..
        } = self.app.options;
        let uri_bytes = request.uri().path().len() + request.uri().query().map_or(0, str::len);
        if uri_bytes > uri_bytes_max {
            let message = format!("the address of a request has at most {uri_bytes_max} bytes");
            return Err(Failure::new(ErrorCode::UriTooLong, message));
        }
        let headers = request.headers();
        let header_bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if headers.len() > headers_max || header_bytes > header_bytes_max {
            let message = format!(
                "a request has at most {headers_max} headers with {header_bytes_max} bytes"
            );
            return Err(Failure::new(ErrorCode::HeadersTooLarge, message));
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
        let last = named
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|text| text.trim().parse::<IpAddr>().ok())
            .rfind(|address| !trusted.contains(address));
        last.map_or(direct, |address| address.to_canonical())
    }

    async fn refuse(&self, error: poem::Error, scope: &Scope, uri: Uri) -> Response {
        let is_wrong_method = error.is::<MethodNotAllowedError>();
        let mut response = error::from_framework(error, scope.request_id);
        if is_wrong_method && let Some(allowed) = self.methods.allowed(uri).await {
            response.headers_mut().insert(ALLOW, allowed);
        }
        response
    }
}

impl Endpoint for Layer {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let started = Instant::now();
        let network = rate_limit::network(self.peer(&request));
        let (app, parameters) = (Arc::clone(&self.app), Arc::clone(&self.parameters));
        let scope = Arc::new(Scope::new(app, parameters, &request, network));
        let uri = request.uri().clone();
        let responding = AssertUnwindSafe(self.respond(request, &scope));
        let (mut response, operation) = match responding.catch_unwind().await {
            Ok(Ok(response)) => {
                let operation = response.data::<OperationId>().map(|it| it.0);
                (response, operation)
            }
            Ok(Err(error)) => {
                // What is not admitted counts for no operation.
                let operation = error.data::<OperationId>().map(|it| it.0);
                let operation = operation.filter(|_| !error.is::<NotAdmitted>());
                (self.refuse(error, &scope, uri).await, operation)
            }
            Err(_) => {
                let failure = Failure::internal("an operation panicked", &scope.request_id);
                (error::response(&failure, scope.request_id), None)
            }
        };
        set_headers(response.headers_mut(), &scope);
        let status = response.status().as_u16();
        self.requests.record(operation, status, started.elapsed());
        Ok(response)
    }
}

fn set_headers(headers: &mut HeaderMap, scope: &Scope) {
    let mut text = [0; 36];
    let text = scope.request_id.0.hyphenated().encode_lower(&mut text);
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(rate) = scope.rate.get() {
        headers.insert(LIMIT, rate.limit.into());
        headers.insert(REMAINING, rate.remaining.into());
        headers.insert(RESET, rate.reset.into());
    }
}
