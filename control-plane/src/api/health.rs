//! `/health` for people, `/health/live` and `/health/ready` for load balancers.

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use serde::{Deserialize, Serialize};

use super::Tag;
use super::caller::{Caller, LENIENT, Probe};
use super::failures::Failed;
use super::json::Json;
use crate::domain::health::Checked;

pub(super) struct HealthApi;

#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum HealthStatus {
    Healthy,
    Unhealthy,
}

impl From<bool> for HealthStatus {
    fn from(healthy: bool) -> Self {
        if healthy {
            Self::Healthy
        } else {
            Self::Unhealthy
        }
    }
}

/// A part of the service.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct PartHealth {
    status: HealthStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<bool> for PartHealth {
    fn from(healthy: bool) -> Self {
        let error = "not available; the log of the server says why".to_owned();
        Self {
            status: healthy.into(),
            error: (!healthy).then_some(error),
        }
    }
}

/// The service and its parts.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct HealthBody {
    status: HealthStatus,
    /// The catalog.
    database: PartHealth,
    /// The event log, whatever engine it is on.
    nats: PartHealth,
    object_store: PartHealth,
    workers: PartHealth,
}

impl From<Checked> for HealthBody {
    fn from(checked: Checked) -> Self {
        Self {
            status: checked.is_healthy().into(),
            database: checked.catalog.into(),
            nats: checked.event_log.into(),
            object_store: checked.objects.into(),
            workers: checked.workers.into(),
        }
    }
}

/// 200, or 503 with the same body.
pub(super) struct HealthResponse<T> {
    healthy: bool,
    body: T,
}

impl<T: Serialize + Send> IntoResponse for HealthResponse<T> {
    fn into_response(self) -> Response {
        let mut response = Json::<_>::new(self.body).into_response();
        if !self.healthy {
            response.set_status(StatusCode::SERVICE_UNAVAILABLE);
        }
        response
    }
}

impl<T> ApiResponse for HealthResponse<T>
where
    Json<T>: ApiResponse,
{
    fn meta() -> MetaResponses {
        let [mut healthy, mut unhealthy] = [Json::<T>::meta(), Json::<T>::meta()];
        for response in &mut unhealthy.responses {
            response.status = Some(503);
            response.description = "Some part is not available.";
        }
        healthy.responses.append(&mut unhealthy.responses);
        healthy
    }

    fn register(registry: &mut Registry) {
        Json::<T>::register(registry);
    }
}

#[OpenApi(tag = "Tag::Service")]
impl HealthApi {
    /// Show the health of the service
    ///
    /// 200 when all parts are there, else 503 with the same body.
    #[oai(path = "/health", method = "get", operation_id = "health")]
    async fn health(
        &self,
        visitor: Caller<Probe, LENIENT>,
    ) -> Result<HealthResponse<HealthBody>, Failed> {
        let checked = visitor.app.check_health().await;
        Ok(HealthResponse {
            healthy: checked.is_healthy(),
            body: checked.into(),
        })
    }

    /// Tell whether the process answers
    #[oai(path = "/health/live", method = "get", operation_id = "healthLive")]
    async fn live(&self, _visitor: Caller<Probe, LENIENT>) -> Result<Json<LiveBody>, Failed> {
        Ok(Json::new(LiveBody {
            status: HealthStatus::Healthy,
        }))
    }

    /// Tell whether requests should be sent here
    ///
    /// 503 with what is missing, also while the process is stopping. Unlike `/health` it does not
    /// look at what most requests do without.
    #[oai(path = "/health/ready", method = "get", operation_id = "healthReady")]
    async fn ready(
        &self,
        visitor: Caller<Probe, LENIENT>,
    ) -> Result<HealthResponse<ReadyBody>, Failed> {
        let problems = visitor.app.problems().await;
        let healthy = problems.is_empty();
        let problems = problems.into_iter().map(|it| ProblemBody {
            part: it.part.to_owned(),
            error: it.error,
        });
        let body = ReadyBody {
            status: healthy.into(),
            problems: problems.collect(),
        };
        Ok(HealthResponse { healthy, body })
    }
}

/// Whether requests should be sent to this process.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ReadyBody {
    status: HealthStatus,
    /// What keeps it from its work; empty when it is ready.
    problems: Vec<ProblemBody>,
}

/// Something that keeps a process from its work.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ProblemBody {
    /// A part of the service, as `/health` names it, or `process` for the process itself.
    part: String,
    error: String,
}

/// The process answers.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LiveBody {
    status: HealthStatus,
}
