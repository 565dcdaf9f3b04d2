//! `/tenants/me/activity`.

use catalog::Activity;
use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use protocol::Timestamp;
use protocol::latencies::Latencies;
use serde::{Deserialize, Serialize};

use super::Tag;
use super::caller::{Caller, WholeTenant, role};
use super::failures::Failed;
use super::json::Json;
use super::times;
use crate::domain::activity::{ActivityQuestion, ActivitySeries};

pub(super) struct ActivityApi;

/// What a tenant did in each of some steps of time.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Activity")]
pub(super) struct ActivityBody {
    /// The begin of the first step.
    since: String,
    /// The end of the last step.
    until: String,
    step_seconds: u64,
    /// The oldest first.
    series: Vec<ActivityStepBody>,
}

/// What a tenant did in a step of time. Latencies are right to about 12 %.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "ActivityStep")]
pub(super) struct ActivityStepBody {
    /// The begin of the step.
    at: String,
    /// Events that were appended.
    events: u64,
    /// Requests that appended them.
    appends: u64,
    queries: u64,
    /// Queries that failed, of all.
    failed_queries: u64,
    /// The time that half of the queries took at most; null when there were none.
    query_p50_ms: Option<f64>,
    /// The time that 99 of 100 queries took at most; null when there were none.
    query_p99_ms: Option<f64>,
    /// The time that 99 of 100 appends took at most, until they were durable; null when there were
    /// none.
    append_p99_ms: Option<f64>,
}

impl ActivityStepBody {
    fn new(at: Timestamp, step: &Activity) -> Self {
        let percentile = |latencies: &Latencies, percent| {
            let time = latencies.percentile(percent);
            time.map(|time| time.as_secs_f64() * 1_000.0)
        };
        Self {
            at: at.to_string(),
            events: step.events,
            appends: step.appends,
            queries: step.queries,
            failed_queries: step.failed_queries,
            query_p50_ms: percentile(&step.query_latencies, 50),
            query_p99_ms: percentile(&step.query_latencies, 99),
            append_p99_ms: percentile(&step.append_latencies, 99),
        }
    }
}

impl From<ActivitySeries> for ActivityBody {
    fn from(series: ActivitySeries) -> Self {
        let ActivitySeries { since, step, .. } = series;
        let begin = |index: u32| since.saturating_add(step.saturating_mul(index));
        let steps = (0u32..).zip(&series.steps);
        Self {
            since: since.to_string(),
            until: series.until.to_string(),
            step_seconds: step.as_secs(),
            series: steps
                .map(|(index, step)| ActivityStepBody::new(begin(index), step))
                .collect(),
        }
    }
}

#[OpenApi(tag = "Tag::Tenants")]
impl ActivityApi {
    /// Read what the own tenant did
    ///
    /// Appends and queries in each step of time, and how long they took. It is kept for 48 hours, and
    /// the last minute or two may lack what other nodes of the server did.
    #[oai(
        path = "/tenants/me/activity",
        method = "get",
        operation_id = "readActivity"
    )]
    async fn read(
        &self,
        caller: Caller<WholeTenant<role::ReadOnly>>,
        /// The time to begin with, RFC 3339; a day before `until` when it is left out.
        since: Query<Option<String>>,
        /// The time to end before, RFC 3339; now when it is left out.
        until: Query<Option<String>>,
        /// How long a step is: a multiple of 60, at most 86400. The first one begins at a multiple of it
        /// since 1970.
        #[oai(
            default = "step_seconds",
            validator(minimum(value = "60"), maximum(value = "86400"), multiple_of = "60")
        )]
        step_seconds: Query<u64>,
    ) -> Result<Json<ActivityBody>, Failed> {
        let time = |name, text: Option<String>| text.map(|text| times::parse(name, &text));
        let question = ActivityQuestion {
            since: time("since", since.0).transpose()?,
            until: time("until", until.0).transpose()?,
            step_seconds: step_seconds.0,
        };
        let (app, access, _) = caller.parts();
        let series = app.activity(access, question).await?;
        Ok(Json::new(series.into()))
    }
}

fn step_seconds() -> u64 {
    300
}
