//! HTTP: from bytes to a checked call, and back.

use std::time::Duration;

use poem::http::{HeaderMap, header};
use poem::{Body, Endpoint, Request, Response};
use serde_json::Value;

use super::answer::json;
use super::in_progress::{Claim, Claimed};
use super::{control, pages};
use crate::call::Call;
use crate::error::ApiError;
use crate::fake::Fake;
use crate::faults::{Fate, FaultKind};
use crate::routes::Operation;
use crate::state::resources::meter_events;
use crate::{changes, checking, form, idempotency, routes, rules};

/// How long a request is held that is never answered; clients give up sooner.
const SILENCE: Duration = Duration::from_secs(3_600);

const BODY_BYTES_MAX: usize = 1 << 20;

/// Everything that the fake serves.
pub(crate) struct Server(pub(crate) Fake);

impl Endpoint for Server {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let path = request.uri().path().to_owned();
        let body = request.take_body().into_bytes_limit(BODY_BYTES_MAX).await?;
        let body = String::from_utf8_lossy(&body).into_owned();
        if !path.starts_with("/v1/") && !path.starts_with("/v2/") {
            return Ok(if path.starts_with("/fake/") {
                control::answer(&self.0, &request, &body).await
            } else {
                pages::answer(&self.0, &request, &body).await
            });
        }
        self.api(&request, &path, &body).await
    }
}

impl Server {
    async fn api(&self, request: &Request, path: &str, body: &str) -> poem::Result<Response> {
        let method = request.method().as_str();
        let fate = self.0.decide(method, path);
        match fate.map(|it| it.kind) {
            Some(FaultKind::Error500) => return Ok(refused(&ApiError::internal(500))),
            Some(FaultKind::Down) => return Ok(refused(&ApiError::internal(503))),
            Some(FaultKind::Error429) => return Ok(refused(&ApiError::rate_limit())),
            Some(FaultKind::Slow) => tokio::time::sleep(slow(fate)).await,
            _ => {}
        }
        let (status, answer, replayed) = self.answer(request, path, body).await;
        match fate.map(|it| it.kind) {
            Some(FaultKind::TimeoutAfterSuccess) => tokio::time::sleep(SILENCE).await,
            Some(FaultKind::CloseAfterSuccess) => {
                // A body that ends too soon ends the connection.
                let broken = std::io::Error::other("the connection is closed");
                let parts = [Ok(b"{".to_vec()), Err(broken)];
                let body = Body::from_bytes_stream(futures::stream::iter(parts));
                return Ok(Response::builder()
                    .header("content-length", 1_000)
                    .body(body));
            }
            _ => {}
        }
        let mut response = json(status, &answer);
        if replayed {
            let name = header::HeaderName::from_static("idempotent-replayed");
            response
                .headers_mut()
                .insert(name, header::HeaderValue::from_static("true"));
        }
        Ok(response)
    }

    /// The answer, and whether it was given before.
    async fn answer(&self, request: &Request, path: &str, body: &str) -> (u16, Value, bool) {
        let error = |error: &ApiError| (error.status, error.body(), false);
        if let Err(wrong) = self.authenticate(request.headers()) {
            return error(&wrong);
        }
        let method = request.method().as_str();
        let Some(route) = routes::find(method, path) else {
            return error(&ApiError::unknown_url(method, path));
        };
        let given = match parameters(request, path, body) {
            Ok(given) => given,
            Err(wrong) => return error(&wrong),
        };
        let checked = match rules::of(&route.name) {
            Some(rules) => checking::check(&given, rules),
            None => Ok(given),
        };
        let params = match checked {
            Ok(params) => params,
            Err(wrong) => return error(&wrong),
        };
        let write = match route.operation {
            Operation::Write(_) => route.name,
            Operation::Read(read) => {
                let call = Call {
                    id: route.id,
                    path,
                    params: &params,
                };
                return match self.0.state(|state| read(state, &call)) {
                    Ok(answer) => (200, answer, false),
                    Err(wrong) => error(&wrong),
                };
            }
        };
        let key = (method == "POST").then(|| text(request.headers(), "idempotency-key"));
        let request = changes::Request {
            method: method.to_owned(),
            path: path.to_owned(),
            params,
            idempotency_key: key.flatten(),
        };
        let outcome = self.once(request, &write).await;
        self.0.wake();
        match outcome {
            Ok(answer) => answer,
            Err(wrong) => error(&wrong),
        }
    }

    /// Carries a request out, unless it was carried out under its key before.
    async fn once(
        &self,
        request: changes::Request,
        name: &str,
    ) -> Result<(u16, Value, bool), ApiError> {
        let mut claimed = Vec::new();
        if let Some(key) = &request.idempotency_key {
            let text = request.text();
            let claim = Claim::IdempotencyKey(key.clone());
            let claim = self.0.claim(claim, &text).map_err(|other| match other {
                other if other == text => idempotency::in_use(key),
                _ => idempotency::other_request(key),
            });
            claimed.push(claim?);
            let before = self
                .0
                .state(|state| state.keys.answer(key, &text, state.now));
            if let Some((status, answer)) = before? {
                return Ok((status, answer, true));
            }
        }
        if name == "POST /v1/billing/meter_events" {
            claimed.extend(self.one_at_a_time(&request).await?);
        }
        let (status, answer) = self.0.recorded().carry_out(request);
        Ok((status, answer, false))
    }

    /// Takes the time that a meter event takes, unless another one of its customer and meter is being
    /// recorded.
    async fn one_at_a_time(&self, request: &changes::Request) -> Result<Option<Claimed>, ApiError> {
        let lock = self
            .0
            .state(|state| meter_events::lock_of(&request.params, state));
        let Some((event_name, customer)) = lock else {
            return Ok(None);
        };
        let claim = Claim::MeterEvents {
            event_name,
            customer,
        };
        let claimed = self.0.claim(claim, "");
        let claimed = claimed.map_err(|_| ApiError::lock_timeout())?;
        tokio::time::sleep(self.0.meter_event_time()).await;
        Ok(Some(claimed))
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        use base64::Engine as _;
        let given = text(headers, "authorization").unwrap_or_default();
        let basic = given.strip_prefix("Basic ").and_then(|it| {
            let decoded = base64::engine::general_purpose::STANDARD.decode(it).ok()?;
            let pair = String::from_utf8(decoded).ok()?;
            Some(pair.split(':').next().unwrap_or_default().to_owned())
        });
        let key = given.strip_prefix("Bearer ").map(str::to_owned).or(basic);
        match key {
            Some(key) if key == self.0.secret_key() => Ok(()),
            Some(_) => Err(ApiError::unauthorized("Invalid API Key provided")),
            None => Err(ApiError::unauthorized("You did not provide an API key.")),
        }
    }
}

/// What a request brings: JSON in the second version of the API, forms in the first.
fn parameters(request: &Request, path: &str, body: &str) -> Result<Value, ApiError> {
    let query = request.uri().query().unwrap_or_default();
    if path.starts_with("/v2/") && !body.is_empty() {
        return serde_json::from_str(body)
            .map_err(|error| ApiError::invalid(format!("Invalid JSON: {error}")));
    }
    Ok(form::parse(if body.is_empty() { query } else { body }))
}

fn slow(fate: Option<Fate>) -> Duration {
    fate.map(|it| it.slow).unwrap_or_default()
}

pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn refused(error: &ApiError) -> Response {
    json(error.status, &error.body())
}
