//! Jobs: what people see of the deletion of a log or a view.
//!
//! A job is stored with the [`Deletion`] that names the bytes, under the same id. It goes through
//! those steps of a tenant's deletion that it needs ([`DeletionStep`]): the bytes of a log leave the
//! event log and the object store, then the archive, then the backups; a view has nothing in the
//! archive. Each change of its step is conditional, so it does not matter how many nodes make it.
//!
//! A job is operational: it decides nothing but what it says, and goes a while after it is done, or
//! with its tenant. What removes bytes does not need it, so deletions that nobody follows (a version
//! that made room, the logs of a tenant that is deleted) have none.

use protocol::{LogId, Name, TenantId, Timestamp, ViewId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::column::{from_time, to_time, to_word};
use super::deletion::{Deletion, DeletionId};
use super::entity::{deletion, deletion_job};
use super::page::List;
use super::record::Change;
use super::tenant_deletion::DeletionStep;
use super::turn::Turn;
use super::{Catalog, CatalogError, Page, Paged, scope};
use crate::access::Access;

/// Values of one statement: databases bound how many it may have.
const JOBS_PER_STATEMENT: usize = 1_000;

/// The deletion of a log or a view, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionJob {
    pub id: DeletionId,
    pub tenant: TenantId,
    pub log: LogId,
    pub log_name: Name,
    /// The view that goes; `None` when the whole log does.
    pub view: Option<(ViewId, Name)>,
    pub requested_at: Timestamp,
    pub step: DeletionStep,
    /// Since when.
    pub step_at: Timestamp,
}

impl DeletionJob {
    /// What comes once its bytes are removed and scrubbed: nothing of a view lies in the archive.
    #[must_use]
    pub fn after_bytes(&self) -> DeletionStep {
        match self.view {
            Some(_) => DeletionStep::Backups,
            None => DeletionStep::Archive,
        }
    }
}

impl Catalog {
    /// Jobs of the logs that the holder may reach, and of their views, newest first.
    ///
    /// # Errors
    /// When the cursor is not from this list.
    pub async fn deletion_jobs(
        &self,
        access: &Access,
        page: Page,
    ) -> Result<Paged<DeletionJob>, CatalogError> {
        let list = List::new("deletions", access.tenant, b"");
        let before = list.after(&page)?.map(|key| Uuid::from_slice(&key));
        let before = before
            .transpose()
            .map_err(|_| CatalogError::InvalidCursor)?;
        let rows = scope::deletion_jobs(access)
            .apply_if(before, |query, id| {
                query.filter(deletion_job::Column::Id.lt(id))
            })
            .order_by_desc(deletion_job::Column::Id)
            .limit(page.size() as u64 + 1)
            .all(self.readers())
            .await?;
        let (rows, next_cursor) = list.cut(&page, rows, |row| row.id.as_bytes().to_vec());
        let items = rows.into_iter().map(to_job).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor })
    }

    /// One of those jobs.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn deletion_job(
        &self,
        access: &Access,
        id: DeletionId,
    ) -> Result<Option<DeletionJob>, CatalogError> {
        let row = scope::deletion_jobs(access)
            .filter(deletion_job::Column::Id.eq(id.0))
            .one(self.readers())
            .await?;
        row.map(to_job).transpose()
    }

    /// Jobs of all tenants in the step `bytes` whose bytes are removed, oldest first: they wait for
    /// files to be scrubbed.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn removed_deletion_jobs(
        &self,
        limit: u32,
    ) -> Result<Vec<DeletionJob>, CatalogError> {
        let pending = deletion::Entity::find()
            .select_only()
            .column(deletion::Column::Id)
            .into_query();
        let rows = deletion_job::Entity::find()
            .filter(deletion_job::Column::Step.eq(DeletionStep::Bytes.as_str()))
            .filter(deletion_job::Column::Id.not_in_subquery(pending))
            .order_by_asc(deletion_job::Column::StepAt)
            .limit(u64::from(limit))
            .all(self.readers())
            .await?;
        rows.into_iter().map(to_job).collect()
    }

    /// Jobs of all tenants that came to a step before a time, oldest first.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn deletion_jobs_at(
        &self,
        step: DeletionStep,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionJob>, CatalogError> {
        let rows = deletion_job::Entity::find()
            .filter(deletion_job::Column::Step.eq(step.as_str()))
            .filter(deletion_job::Column::StepAt.lt(from_time(before)))
            .order_by_asc(deletion_job::Column::StepAt)
            .limit(u64::from(limit))
            .all(self.readers())
            .await?;
        rows.into_iter().map(to_job).collect()
    }

    /// Begins the next step of jobs; those that another node has carried on stay where they are.
    ///
    /// # Errors
    /// When the rows can't be written.
    pub async fn advance_deletion_jobs(
        &self,
        jobs: &[DeletionJob],
        from: DeletionStep,
        to: DeletionStep,
    ) -> Result<(), CatalogError> {
        self.change(Turn::DeletionJobs, move |change| async move {
            for ids in jobs.chunks(JOBS_PER_STATEMENT) {
                deletion_job::Entity::update_many()
                    .col_expr(deletion_job::Column::Step, Expr::value(to.as_str()))
                    .col_expr(
                        deletion_job::Column::StepAt,
                        Expr::value(from_time(change.at())),
                    )
                    .filter(deletion_job::Column::Id.is_in(ids.iter().map(|job| job.id.0)))
                    .filter(deletion_job::Column::Step.eq(from.as_str()))
                    .exec(change.sql())
                    .await?;
            }
            change.commit().await
        })
        .await
    }

    /// Forgets jobs that nobody is shown any more.
    ///
    /// # Errors
    /// When the rows can't be removed.
    pub async fn forget_deletion_jobs(&self, jobs: &[DeletionJob]) -> Result<(), CatalogError> {
        self.change(Turn::DeletionJobs, move |change| async move {
            for ids in jobs.chunks(JOBS_PER_STATEMENT) {
                deletion_job::Entity::delete_many()
                    .filter(deletion_job::Column::Id.is_in(ids.iter().map(|job| job.id.0)))
                    .exec(change.sql())
                    .await?;
            }
            change.commit().await
        })
        .await
    }
}

/// Stores the job that a deletion begins.
pub(super) async fn begin(
    change: &Change,
    deletion: &Deletion,
    (log, log_name): (LogId, &Name),
    view: Option<(ViewId, &Name)>,
) -> Result<(), CatalogError> {
    let row = deletion_job::ActiveModel {
        id: Set(deletion.id.0),
        tenant_id: Set(deletion.tenant.0),
        log_id: Set(log.0),
        log_name: Set(log_name.to_string()),
        view_id: Set(view.map(|(id, _)| id.0)),
        view_name: Set(view.map(|(_, name)| name.to_string())),
        requested_at: Set(from_time(deletion.created_at)),
        step: Set(DeletionStep::Bytes.as_str().to_owned()),
        step_at: Set(from_time(deletion.created_at)),
    };
    deletion_job::Entity::insert(row)
        .exec_without_returning(change.sql())
        .await?;
    Ok(())
}

/// Forgets the jobs of a tenant that is gone.
pub(super) async fn forget(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
) -> Result<(), CatalogError> {
    deletion_job::Entity::delete_many()
        .filter(deletion_job::Column::TenantId.eq(tenant.0))
        .exec(sql)
        .await?;
    Ok(())
}

fn to_job(row: deletion_job::Model) -> Result<DeletionJob, CatalogError> {
    let view = match (row.view_id, row.view_name) {
        (Some(id), Some(name)) => Some((ViewId(id), to_word(&name)?)),
        _ => None,
    };
    Ok(DeletionJob {
        id: DeletionId(row.id),
        tenant: TenantId(row.tenant_id),
        log: LogId(row.log_id),
        log_name: to_word(&row.log_name)?,
        view,
        requested_at: to_time(row.requested_at),
        step: to_word(&row.step)?,
        step_at: to_time(row.step_at),
    })
}
