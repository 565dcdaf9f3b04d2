//! `/deletions`: how far deletions of logs and views are. They begin with `DELETE /logs/{log}` and
//! `DELETE /logs/{log}/views/{view}`.

use catalog::{Deletion, DeletionId, DeletionStep, Page};
use poem_openapi::param::Path;
use poem_openapi::{Enum, Object, OpenApi};
use protocol::ErrorCode::DeletionNotFound;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::caller::{Caller, LENIENT, role};
use super::failures::{Failed, LIST, codes};
use super::json::Json;
use super::parameters::Parameters;
use super::tenant_deletions::{DeletionJobState, DeletionStepName};

pub(super) struct DeletionsApi;

/// Something was deleted, and its bytes are being removed.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct Deleted {
    /// Always true; a failure has another body.
    success: bool,
    job_id: Uuid,
    /// Where to read how far it is.
    link: String,
}

impl Deleted {
    pub(super) fn json(job: DeletionId) -> Json<Self> {
        Json::new(Self {
            success: true,
            job_id: job.0,
            link: link(job),
        })
    }
}

fn link(job: DeletionId) -> String {
    format!("/deletions/{}", job.0)
}

/// What was deleted.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum DeletedKind {
    /// A log with its views.
    Log,
    /// A view; the log stays.
    View,
}

/// The deletion of a log or a view.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct DeletionBody {
    job_id: Uuid,
    kind: DeletedKind,
    /// The log, or that of the view.
    log_id: Uuid,
    log_name: String,
    /// Null when a log was deleted.
    view_id: Option<Uuid>,
    /// Null when a log was deleted.
    view_name: Option<String>,
    state: DeletionJobState,
    /// What is being done: `bytes`, `archive` for a log, `backups`, or nothing any more.
    step: DeletionStepName,
    /// Since when.
    step_since: String,
    requested_at: String,
    /// When nothing was left.
    finished_at: Option<String>,
    /// Where this is to be read again.
    link: String,
}

impl From<Deletion> for DeletionBody {
    fn from(job: Deletion) -> Self {
        let done = job.step == DeletionStep::Done;
        let kind = match job.view {
            Some(_) => DeletedKind::View,
            None => DeletedKind::Log,
        };
        let (view_id, view_name) = job.view.unzip();
        Self {
            job_id: job.id.0,
            kind,
            log_id: job.log.0,
            log_name: job.log_name.to_string(),
            view_id: view_id.map(|id| id.0),
            view_name: view_name.map(|name| name.to_string()),
            state: if done {
                DeletionJobState::Done
            } else {
                DeletionJobState::Running
            },
            step: job.step.into(),
            step_since: job.step_at.to_string(),
            requested_at: job.requested_at.to_string(),
            finished_at: done.then(|| job.step_at.to_string()),
            link: link(job.id),
        }
    }
}

/// A page of deletions, newest first.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct DeletionList {
    deletions: Vec<DeletionBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

#[OpenApi(tag = "Tag::Logs")]
impl DeletionsApi {
    /// List deletions of logs and views
    ///
    /// Newest first. One that is done stays in the list for 30 days.
    #[oai(path = "/deletions", method = "get", operation_id = "listDeletions")]
    async fn list(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<DeletionList>, Failed<LIST>> {
        let (app, access, _) = caller.parts();
        let jobs = app.catalog.deletions(access, page).await?;
        Ok(Json::new(DeletionList {
            deletions: jobs.items.into_iter().map(Into::into).collect(),
            next_cursor: jobs.next_cursor,
        }))
    }

    /// Show the deletion of a log or a view
    ///
    /// What was deleted is out of reach at once. This says how far its bytes are removed: from the
    /// event log and the object store, from the archive, from the last backup.
    #[oai(path = "/deletions/:id", method = "get", operation_id = "getDeletion")]
    async fn show(
        &self,
        caller: Caller<role::ReadOnly, LENIENT>,
        /// The `job_id` of the deletion.
        id: Path<Uuid>,
    ) -> Result<Json<DeletionBody>, Failed<{ codes(&[DeletionNotFound]) }>> {
        let (app, access, _) = caller.parts();
        let job = app.deletion_job(access, DeletionId(id.0)).await?;
        Ok(Json::new(job.into()))
    }
}
