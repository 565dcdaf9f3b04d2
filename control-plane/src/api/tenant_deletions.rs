//! `/tenant-deletions`: how far the deletion of a tenant is. It begins with `DELETE /tenants/me`.

use catalog::DeletionStep;
use poem_openapi::param::Path;
use poem_openapi::{Enum, Object, OpenApi};
use protocol::ErrorCode::DeletionNotFound;
use protocol::TenantDeletionId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::caller::{Anyone, Caller, LENIENT};
use super::failures::{Failed, codes};
use super::json::Json;
use crate::domain::tenant_deletion::DeletionState;

pub(super) struct TenantDeletionsApi;

/// How far a deletion is, of a tenant, a log or a view.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum DeletionJobState {
    /// The tenant is closed, and its owner may restore it.
    Scheduled,
    /// What was deleted is gone for good, and its data is being erased.
    Running,
    /// Nothing is left of it, in no backup either.
    Done,
}

/// A step of a deletion. Those up to `records` are for tenants alone.
#[derive(Clone, Copy, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case", remote = "DeletionStep")]
#[serde(rename_all = "snake_case")]
pub(super) enum DeletionStepName {
    /// Waiting for `delete_at`.
    Scheduled,
    /// Removing logs, views, members and keys.
    Logs,
    /// Erasing what was noted: the audit log, usage, people who are members of no other tenant.
    Records,
    /// Removing events, snapshots and components.
    Bytes,
    /// Writing archived segments again without the events.
    Archive,
    /// Waiting for backups from before to be removed.
    Backups,
    Done,
}

/// The deletion of a tenant.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct TenantDeletionBody {
    job_id: Uuid,
    tenant_id: Uuid,
    state: DeletionJobState,
    /// What is being done.
    step: DeletionStepName,
    /// Since when.
    step_since: String,
    requested_at: String,
    /// When the tenant is, or was, deleted for good.
    delete_at: String,
    /// When nothing was left.
    finished_at: Option<String>,
    /// Logs that are still to be removed.
    logs_left: u64,
    /// Logs and views whose bytes are still to be removed.
    removals_left: u64,
    /// Where this is to be read again, without a token too.
    link: String,
}

impl From<DeletionState> for TenantDeletionBody {
    fn from(state: DeletionState) -> Self {
        let DeletionState {
            deletion,
            logs_left,
            removals_left,
        } = state;
        let finished = deletion.step == DeletionStep::Done;
        Self {
            job_id: deletion.id.0,
            tenant_id: deletion.tenant.0,
            state: match deletion.step {
                DeletionStep::Scheduled => DeletionJobState::Scheduled,
                DeletionStep::Done => DeletionJobState::Done,
                _ => DeletionJobState::Running,
            },
            step: deletion.step.into(),
            step_since: deletion.step_at.to_string(),
            requested_at: deletion.requested_at.to_string(),
            delete_at: deletion.delete_at.to_string(),
            finished_at: finished.then(|| deletion.step_at.to_string()),
            logs_left,
            removals_left,
            link: format!("/tenant-deletions/{}", deletion.id),
        }
    }
}

#[OpenApi(prefix_path = "/tenant-deletions", tag = "Tag::Tenants")]
impl TenantDeletionsApi {
    /// Show the deletion of a tenant
    ///
    /// Whoever knows its id may see it, because once the tenant is gone nobody can log in any more.
    /// It holds no names.
    #[oai(path = "/:id", method = "get", operation_id = "getTenantDeletion")]
    async fn show(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        /// The `job_id` of the deletion.
        id: Path<Uuid>,
    ) -> Result<Json<TenantDeletionBody>, Failed<{ codes(&[DeletionNotFound]) }>> {
        let id = TenantDeletionId(id.0);
        let state = visitor.app.tenant_deletion(id).await?;
        Ok(Json::new(state.into()))
    }
}
