//! `/logs` and `/logs/{log}`.

use catalog::{LogChanges, Page, Paged, Retention};
use poem_openapi::param::{Path, Query};
use poem_openapi::{Enum, Object, OpenApi};
use protocol::ErrorCode::*;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::Tag;
use super::body::JsonBody;
use super::caller::{Caller, LENIENT, WholeTenant, role};
use super::deletions::Deleted;
use super::failures::{Codes, Failed, IN_LOG, JSON_BODY, LIST, codes};
use super::json::Json;
use super::parameters::Parameters;
use crate::domain::logs::LogState;
use crate::errors::Failure;

pub(super) struct LogsApi;

/// What may go wrong with making a log.
const CREATE_LOG: Codes = codes(&[InvalidName, NameTaken, LogLimitReached]);

/// What becomes of events once they are archived.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename = "Retention", rename_all = "snake_case", remote = "Retention")]
#[serde(rename_all = "snake_case")]
pub(super) enum RetentionName {
    /// They stay in the hot log as well.
    KeepHot,
    /// They leave the hot log.
    Archive,
}

/// A log to be made.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreateLogBody {
    /// 1 to 128 of A-Z, a-z, 0-9, '.', '_' and '-', not shaped like a UUID; unique in the tenant.
    name: String,
    /// At most 1000 characters.
    description: Option<String>,
    /// The default is `keep_hot`.
    retention: Option<RetentionName>,
}

/// A log that was made.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreatedLog {
    log_id: Uuid,
    success: bool,
}

/// A log with its state.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LogBody {
    log_id: Uuid,
    log_name: String,
    tenant_id: Uuid,
    created_at: String,
    description: Option<String>,
    retention: RetentionName,
    /// The sequence of the last event; 0 for an empty log.
    head_sequence: u64,
    /// The hash chain after the last event, in hexadecimal.
    chain_hash: String,
    event_count: u64,
    /// Bytes of all events.
    event_bytes: u64,
    /// Events in the hot log.
    hot_events: u64,
    /// Events in the archive alone.
    archived_events: u64,
    /// Null for an empty log.
    last_append_at: Option<String>,
    /// In a list with `density`: the events of each of the last 24 hours, the newest last. Where they
    /// are archived, they may be estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<Vec<u64>>,
}

impl From<LogState> for LogBody {
    fn from(state: LogState) -> Self {
        let LogState { log, head, trimmed } = state;
        let events = head.sequence.get();
        let archived = trimmed.get().min(events);
        Self {
            log_id: log.id.0,
            log_name: log.name.to_string(),
            tenant_id: log.tenant.0,
            created_at: log.created_at.to_string(),
            description: log.description.clone(),
            retention: log.retention.into(),
            head_sequence: events,
            chain_hash: head.chain.to_string(),
            event_count: events,
            event_bytes: head.payload_bytes,
            hot_events: events - archived,
            archived_events: archived,
            last_append_at: (events > 0).then(|| head.timestamp.to_string()),
            last_day: None,
        }
    }
}

/// A page of logs, by name.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LogList {
    logs: Vec<LogBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// Logs of a page that come with the events of their last hours: each of them takes some reads.
const DENSITY_LIMIT_MAX: u32 = 100;

fn check_density_limit(page: &Page) -> Result<(), Failure> {
    if page.limit > DENSITY_LIMIT_MAX {
        let message = "with `density`, `limit` is at most 100";
        return Err(Failure::invalid_request(message));
    }
    Ok(())
}

impl LogList {
    fn with_last_days(logs: Paged<(LogState, Vec<u64>)>) -> Self {
        let log = |(state, last_day): (LogState, _)| LogBody {
            last_day: Some(last_day),
            ..state.into()
        };
        Self {
            logs: logs.items.into_iter().map(log).collect(),
            next_cursor: logs.next_cursor,
        }
    }
}

/// What is to change; what is left out stays as it is.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LogChangesBody {
    /// At most 1000 characters; null removes it.
    #[oai(default)]
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    retention: Option<RetentionName>,
}

/// Tells a field that is null from one that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[OpenApi(tag = "Tag::Logs")]
impl LogsApi {
    /// Make a log
    #[oai(path = "/logs", method = "post", operation_id = "createLog")]
    async fn create(
        &self,
        caller: Caller<WholeTenant<role::Member>, LENIENT>,
        JsonBody(body): JsonBody<CreateLogBody, LENIENT>,
    ) -> Result<Json<CreatedLog, 201>, Failed<CREATE_LOG>> {
        Ok(create(&caller, body).await?)
    }

    /// List logs
    #[oai(path = "/logs", method = "get", operation_id = "listLogs")]
    async fn list(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        Parameters(page): Parameters<Page>,
        /// Only logs whose names begin with this. A cursor belongs to its prefix.
        #[oai(default)]
        prefix: Query<String>,
        /// Whether each log comes with the events of its last hours (`last_day`); then at most 100 logs.
        #[oai(default)]
        density: Query<bool>,
    ) -> Result<Json<LogList>, Failed<{ LIST | codes(&[InvalidName]) }>> {
        let (app, access, _) = caller.parts();
        if density.0 {
            check_density_limit(&page)?;
            let logs = app.logs_with_last_day(access, &prefix.0, page).await?;
            return Ok(Json::new(LogList::with_last_days(logs)));
        }
        let logs = app.logs(access, &prefix.0, page).await?;
        Ok(Json::new(LogList {
            logs: logs.items.into_iter().map(Into::into).collect(),
            next_cursor: logs.next_cursor,
        }))
    }

    /// Make a log, by its address
    ///
    /// The same as `POST /logs` with nothing but a name. The body is ignored.
    #[oai(path = "/logs/:log", method = "post", operation_id = "createLogByName")]
    async fn create_by_name(
        &self,
        caller: Caller<WholeTenant<role::Member>, LENIENT>,
        /// The name of the new log.
        log: Path<String>,
    ) -> Result<Json<CreatedLog, 201>, Failed<{ CREATE_LOG | JSON_BODY }>> {
        let body = CreateLogBody {
            name: log.0,
            description: None,
            retention: None,
        };
        Ok(create(&caller, body).await?)
    }

    /// Show a log
    #[oai(
        path = "/logs/:log",
        method = "get",
        operation_id = "getLog",
        response_header(name = "Primatomic-Sequence", ty = "u64")
    )]
    async fn show(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
    ) -> Result<Json<LogBody>, Failed<IN_LOG>> {
        let (app, access, _) = caller.parts();
        let state = app.log_state(access, &log.0).await?;
        let head = state.head.sequence;
        Ok(Json::new(state.into()).at(head))
    }

    /// Change a log
    #[oai(
        path = "/logs/:log",
        method = "patch",
        operation_id = "updateLog",
        response_header(name = "Primatomic-Sequence", ty = "u64")
    )]
    async fn update(
        &self,
        caller: Caller<role::Member, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
        JsonBody(body): JsonBody<LogChangesBody, LENIENT>,
    ) -> Result<Json<LogBody>, Failed<IN_LOG>> {
        let (app, access, context) = caller.parts();
        let changes = LogChanges {
            description: body.description,
            retention: body.retention.map(Into::into),
        };
        let state = app.update_log(access, context, &log.0, changes).await?;
        let head = state.head.sequence;
        Ok(Json::new(state.into()).at(head))
    }

    /// Delete a log
    ///
    /// With all its events, views and their states. It can't be undone. The log is out of reach at
    /// once; the answer names the job that removes its bytes.
    #[oai(path = "/logs/:log", method = "delete", operation_id = "deleteLog")]
    async fn delete(
        &self,
        caller: Caller<role::Admin, LENIENT>,
        /// The log's id or name.
        log: Path<String>,
    ) -> Result<Json<Deleted>, Failed<IN_LOG>> {
        let (app, access, context) = caller.parts();
        let job = app.delete_log(access, context, &log.0).await?;
        Ok(Deleted::json(job))
    }
}

async fn create(
    caller: &Caller<WholeTenant<role::Member>, LENIENT>,
    body: CreateLogBody,
) -> Result<Json<CreatedLog, 201>, Failure> {
    let (app, access, context) = caller.parts();
    let retention = body.retention.map_or(Retention::KeepHot, Into::into);
    let log = app
        .create_log(access, context, &body.name, body.description, retention)
        .await?;
    Ok(Json::new(CreatedLog {
        log_id: log.id.0,
        success: true,
    }))
}
