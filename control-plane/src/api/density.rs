//! `/logs/{log}/density`.

use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};

use super::Tag;
use super::caller::{Caller, role};
use super::failures::{Failed, IN_LOG};
use super::json::Json;
use super::times;
use crate::domain::density::{Density, DensityQuestion};

pub(super) struct DensityApi;

/// How many events were appended when.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Density")]
pub(super) struct DensityBody {
    /// The begin of the first bucket.
    since: String,
    /// The end of the last bucket, which may be shorter than the others.
    until: String,
    bucket_ms: u64,
    /// The events of each bucket, the oldest first.
    counts: Vec<u64>,
    /// Whether no count was estimated. Archived events are known in blocks: one that lies in several
    /// buckets is spread evenly over its time.
    exact: bool,
}

impl From<Density> for DensityBody {
    fn from(density: Density) -> Self {
        Self {
            since: density.since.to_string(),
            until: density.until.to_string(),
            bucket_ms: u64::try_from(density.bucket.as_millis()).unwrap_or(u64::MAX),
            counts: density.counts,
            exact: density.exact,
        }
    }
}

#[OpenApi(tag = "Tag::Logs")]
impl DensityApi {
    /// Count events over time
    ///
    /// How many events were appended in each of some stretches of time of equal length, for drawing.
    /// It is read from indexes, so it costs little, however long the log is, and long stretches are
    /// estimates.
    #[oai(
        path = "/logs/:log/density",
        method = "get",
        operation_id = "readDensity"
    )]
    async fn read(
        &self,
        caller: Caller<role::ReadOnly>,
        /// The log's id or name.
        log: Path<String>,
        /// The time to begin with, RFC 3339; the log's first event when it is left out.
        since: Query<Option<String>>,
        /// The time to end before, RFC 3339; now when it is left out.
        until: Query<Option<String>>,
        /// At most so many buckets; 1 to 500. They have whole milliseconds.
        #[oai(
            default = "buckets",
            validator(minimum(value = "1"), maximum(value = "500"))
        )]
        buckets: Query<u32>,
    ) -> Result<Json<DensityBody>, Failed<IN_LOG>> {
        let time = |name, text: Option<String>| text.map(|text| times::parse(name, &text));
        let question = DensityQuestion {
            since: time("since", since.0).transpose()?,
            until: time("until", until.0).transpose()?,
            buckets: buckets.0,
        };
        let (app, access, _) = caller.parts();
        let density = app.density(access, &log.0, question).await?;
        Ok(Json::new(density.into()))
    }
}

fn buckets() -> u32 {
    120
}
