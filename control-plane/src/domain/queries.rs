//! Queries. With warm caches this touches a worker alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::access::Access;
use catalog::{Log, Version, VersionState, View};
use protocol::view::Halt;
use protocol::{ErrorCode, Sequence};
use storage::bus::{QueryAnswer, QueryError, QueryRequest};

use super::App;
use super::caches::Queryable;
use super::logs::parse_name;
use super::views::find_version;
use crate::errors::{Detail, Failure, Result};

/// A question to a view.
pub(crate) struct Question {
    pub after: Option<Sequence>,
    /// Which version; the live one when it is not said.
    pub version: Option<u32>,
    pub timeout: Option<Duration>,
    pub body: Bytes,
    pub parameters: Vec<(String, String)>,
}

/// An answer and the version that gave it.
pub(crate) struct Answered {
    pub answer: QueryAnswer,
    pub version: Arc<Queryable>,
}

impl App {
    /// # Errors
    /// When there is no such view, it halted, is behind, or answers with an error.
    pub(crate) async fn query(
        &self,
        access: &Access,
        log: &str,
        view: &str,
        question: Question,
    ) -> Result<Answered> {
        self.check_queries(access)?;
        let log = self.log(access, log).await?;
        let version = self.queryable(access, &log, view, question.version).await?;
        let _permit = self.limits.quotas.begin_query(access.tenant)?;
        let timeout = question.timeout.unwrap_or(self.options.query_timeout);
        let request = QueryRequest {
            version: Arc::clone(&version.spec),
            after: question.after,
            timeout: timeout.min(self.options.query_timeout_max),
            body: question.body,
            parameters: question.parameters,
        };
        let began = Instant::now();
        let answer = self.bus.views.query(request).await;
        let (now, took) = (self.clock.now(), began.elapsed());
        self.activities
            .add_query(access.tenant, now, answer.is_err(), took);
        let answer = answer?;
        Ok(Answered { answer, version })
    }

    /// Counts an answer that is sent to its reader.
    pub(crate) fn count_answer(&self, answered: &Answered) {
        let bytes = answered.answer.bytes.len();
        self.data_out
            .add(&answered.version.spec, self.clock.now(), bytes);
    }

    /// The version that answers, from memory where it can be.
    async fn queryable(
        &self,
        access: &Access,
        log: &Log,
        view: &str,
        number: Option<u32>,
    ) -> Result<Arc<Queryable>> {
        let key = (log.id, view.to_owned(), number);
        let ask = async {
            let name = parse_name(view)?;
            let Some(view) = self.catalog.view(access, log.id, &name).await? else {
                return Ok(None);
            };
            let version = match number {
                Some(number) => find_version(&view, number)?,
                None => live_version(&view)?,
            };
            if !matches!(version.state, VersionState::Live | VersionState::Retired) {
                return Err(not_queryable(version));
            }
            Ok(Some(Arc::new(Queryable {
                spec: Arc::new(version.spec(&view)),
                content_type: version.content_type.clone(),
            })))
        };
        self.caches
            .versions
            .get(&key, ask)
            .await?
            .ok_or_else(Failure::view_not_found)
    }
}

/// The live version, or else why there is none.
fn live_version(view: &View) -> Result<&Version> {
    if let Some(live) = view.live_version() {
        return Ok(live);
    }
    let newest = view.versions.first().ok_or_else(Failure::view_not_found)?;
    Err(not_queryable(newest))
}

fn not_queryable(version: &Version) -> Failure {
    match (&version.state, &version.halted) {
        (VersionState::Building, _) => Failure::new(
            ErrorCode::Unavailable,
            format!(
                "version {} of the view is being built; its status shows how far it is",
                version.number
            ),
        ),
        (_, Some(halt)) => view_failed(halt),
        (_, None) => Failure::new(
            ErrorCode::ViewFailed,
            format!("version {} of the view could not be built", version.number),
        ),
    }
}

fn view_failed(halt: &Halt) -> Failure {
    let message = if halt.sequence == Sequence::ZERO {
        format!("the view could not be started: {}", halt.message)
    } else {
        format!(
            "the view halted at sequence {}: {}; deploy a fixed version to go on",
            halt.sequence, halt.message
        )
    };
    Failure::new(ErrorCode::ViewFailed, message).with(Detail::Sequence(halt.sequence))
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        let message = error.to_string();
        match error {
            QueryError::Behind { applied, .. } => {
                Self::new(ErrorCode::ViewBehind, message).with(Detail::Applied(applied))
            }
            QueryError::Halted(halt) => view_failed(&halt),
            QueryError::Failed {
                sequence,
                code,
                message,
            } => Self::new(ErrorCode::QueryFailed, message).with(Detail::View { sequence, code }),
            QueryError::ResultTooLarge { sequence, .. } => {
                Self::new(ErrorCode::ResultTooLarge, message).with(Detail::View {
                    sequence,
                    code: None,
                })
            }
            QueryError::Overloaded(_) => Self::new(ErrorCode::Overloaded, message),
            QueryError::MemoryLimitReached { .. } => {
                Self::new(ErrorCode::ViewMemoryLimitReached, message)
            }
            QueryError::Unavailable(text) => {
                Self::unavailable("the view can't be served right now", &text)
            }
        }
    }
}
