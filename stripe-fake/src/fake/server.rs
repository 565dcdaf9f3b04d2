//! HTTP: from bytes to a checked call, and back.

use std::time::Duration;

use poem::http::{HeaderMap, header};
use poem::{Body, Endpoint, Request, Response};
use serde_json::Value;

use super::answer::json;
use super::{control, pages};
use crate::call::Call;
use crate::error::ApiError;
use crate::fake::Fake;
use crate::faults::{Fate, FaultKind};
use crate::idempotency::Decision;
use crate::state::resources::meter_events;
use crate::{checking, form, routes, rules};

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
        let fate = self.0.state(|state| {
            let state = &mut *state;
            state.faults.decide(method, path, &mut state.random)
        });
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
            let message = format!("Unrecognized request URL ({method}: {path}).");
            return error(&ApiError::not_found(message));
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
        let key = (method == "POST")
            .then(|| text(request.headers(), "idempotency-key"))
            .flatten();
        if let Some(key) = &key {
            let same = format!("{path} {params}");
            let decision = self
                .0
                .state(|state| state.keys.begin(key, &same, state.now));
            match decision {
                Ok(Decision::Proceed) => {}
                Ok(Decision::Replay(status, body)) => return (status, body, true),
                Err(wrong) => return error(&wrong),
            }
        }
        let request_id = self.0.state(|state| state.new_id("req"));
        let call = Call {
            id: route.id,
            path,
            params: &params,
        };
        let outcome = match route.name.as_str() {
            "POST /v1/billing/meter_events" => self.one_at_a_time(&call, route.operation).await,
            _ => self.0.state(|state| {
                state.request_id = Some(request_id.clone());
                let outcome = (route.operation)(state, &call);
                state.request_id = None;
                outcome
            }),
        };
        let (status, answer) = match outcome {
            Ok(answer) => (200, answer),
            Err(wrong) => (wrong.status, wrong.body()),
        };
        if let Some(key) = &key {
            self.0.state(|state| match status {
                429 => state.keys.forget(key),
                _ => state.keys.finish(key, status, &answer),
            });
        }
        self.0.wake();
        (status, answer, false)
    }

    /// Records a meter event, unless another one of its customer and meter is being recorded.
    async fn one_at_a_time(
        &self,
        call: &Call<'_>,
        operation: fn(&mut crate::state::State, &Call<'_>) -> crate::call::Answer,
    ) -> crate::call::Answer {
        let lock = self.0.state(|state| {
            let lock = meter_events::lock_of(call, state)?;
            Some(state.meter_events.busy.insert(lock.clone()).then_some(lock))
        });
        let Some(lock) = lock else {
            return self.0.state(|state| operation(state, call));
        };
        let Some(lock) = lock else {
            return Err(ApiError::lock_timeout());
        };
        tokio::time::sleep(self.0.meter_event_time()).await;
        self.0.state(|state| {
            state.meter_events.busy.remove(&lock);
            operation(state, call)
        })
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
