//! `/health` for people, `/health/live` and `/health/ready` for load balancers.

use std::marker::PhantomData;

use poem::IntoResponse as _;
use poem::http::StatusCode;
use poem_openapi::registry::{MetaResponse, Registry};
use poem_openapi::types::Type;
use poem_openapi::{Enum, Object, OpenApi};
use serde::{Deserialize, Serialize};

use super::Tag;
use super::caller::{Caller, LENIENT, Probe};
use super::failures::Failed;
use super::json::{JSON, Json, Raw, Written, description, success};

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

/// 200, or 503 with the same body.
pub(super) struct Checks<T>(PhantomData<T>);

impl<T: Serialize + Type + Send> Written for Checks<T> {
    fn describe() -> Vec<MetaResponse> {
        let content = || [(JSON, T::schema_ref())];
        vec![
            success(200, description::<T>(), content()),
            success(503, "Some part is not available.", content()),
        ]
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

fn response<T: Serialize + Send>(healthy: bool, body: T) -> Raw<Checks<T>> {
    let mut response = Json::<_>::new(body).into_response();
    if !healthy {
        response.set_status(StatusCode::SERVICE_UNAVAILABLE);
    }
    response.into()
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
    ) -> Result<Raw<Checks<HealthBody>>, Failed> {
        let checked = visitor.app.check_health().await;
        let healthy = checked.is_healthy();
        let body = HealthBody {
            status: healthy.into(),
            database: checked.catalog.into(),
            nats: checked.event_log.into(),
            object_store: checked.objects.into(),
            workers: checked.workers.into(),
        };
        Ok(response(healthy, body))
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
    ) -> Result<Raw<Checks<ReadyBody>>, Failed> {
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
        Ok(response(healthy, body))
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
