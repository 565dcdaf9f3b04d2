//! Deletions of logs and views, as members see them.
//!
//! A deletion is stored with the [`Removal`] that names the bytes, under the same id. It goes through
//! those steps of a tenant's deletion that it needs ([`DeletionStep`]): the bytes of a log leave the
//! event log and the object store, then the archive, then the backups; a view has nothing in the
//! archive. Each change of its step is conditional, so it does not matter how many nodes make it.
//!
//! A deletion is operational: it decides nothing but what it says, and goes a while after it is done,
//! or with its tenant. What removes bytes does not need it, so removals that nobody follows (of a
//! version that gave way to a new one, of the logs of a tenant that is deleted) have none.
//!
//! Its table is named `deletion_jobs`.

use protocol::{LogId, Name, TenantId, Timestamp, ViewId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::column::{from_time, to_time, to_word};
use super::entity::deletion_job::{ActiveModel, Column, Entity, Model};
use super::entity::{all, delete, deletion, insert, one};
use super::lock::Lock;
use super::model::{DeletionId, DeletionStep};
use super::page::List;
use super::record::Change;
use super::removal::Removal;
use super::{Catalog, CatalogError, Page, Paged, scope};
use crate::access::Access;

/// Values of one statement: databases bound how many it may have.
const ROWS_PER_STATEMENT: usize = 1_000;

/// The deletion of a log or a view, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
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

impl Deletion {
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
    /// Deletions of logs that the holder may reach, and of their views, newest first.
    pub async fn deletions(
        &self,
        access: &Access,
        page: Page,
    ) -> Result<Paged<Deletion>, CatalogError> {
        let list = List::new("deletions", access.tenant, b"");
        let order = (Column::Id, Order::Desc);
        let id = |row: &Model| row.id;
        let rows = list.read(self.readers(), &page, scope::deletions(access), order, id);
        rows.await?.try_map(to_deletion)
    }

    /// One of those deletions.
    pub async fn deletion(
        &self,
        access: &Access,
        id: DeletionId,
    ) -> Result<Option<Deletion>, CatalogError> {
        let row = scope::deletions(access).filter(Column::Id.eq(id.0));
        let row = one(self.readers(), row).await?;
        row.map(to_deletion).transpose()
    }

    /// Deletions of all tenants in the step `bytes` whose bytes are removed, oldest first: they wait for
    /// files to be scrubbed.
    pub async fn removed_deletions(&self, limit: u32) -> Result<Vec<Deletion>, CatalogError> {
        let pending = deletion::Entity::find()
            .select_only()
            .column(deletion::Column::Id)
            .into_query();
        let rows = Entity::find()
            .filter(Column::Step.eq(DeletionStep::Bytes.into_str()))
            .filter(Column::Id.not_in_subquery(pending))
            .order_by_asc(Column::StepAt)
            .limit(u64::from(limit));
        all(self.readers(), rows, to_deletion).await
    }

    /// Deletions of all tenants that came to a step before a time, oldest first.
    pub async fn deletions_at(
        &self,
        step: DeletionStep,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Deletion>, CatalogError> {
        let rows = Entity::find()
            .filter(Column::Step.eq(step.into_str()))
            .filter(Column::StepAt.lt(from_time(before)))
            .order_by_asc(Column::StepAt)
            .limit(u64::from(limit));
        all(self.readers(), rows, to_deletion).await
    }

    /// Begins the next step of deletions; those that another node has carried on stay where they are.
    pub async fn advance_deletions(
        &self,
        deletions: &[Deletion],
        from: DeletionStep,
        to: DeletionStep,
    ) -> Result<(), CatalogError> {
        self.change(Lock::Deletions, move |change| async move {
            for ids in deletions.chunks(ROWS_PER_STATEMENT) {
                Entity::update_many()
                    .col_expr(Column::Step, Expr::value(to.into_str()))
                    .col_expr(Column::StepAt, Expr::value(from_time(change.at())))
                    .filter(Column::Id.is_in(ids.iter().map(|it| it.id.0)))
                    .filter(Column::Step.eq(from.into_str()))
                    .exec(change.sql())
                    .await?;
            }
            change.commit(()).await
        })
        .await
    }

    /// Deletes the rows of deletions that nobody is shown any more.
    pub async fn forget_deletions(&self, deletions: &[Deletion]) -> Result<(), CatalogError> {
        self.change(Lock::Deletions, move |change| async move {
            for ids in deletions.chunks(ROWS_PER_STATEMENT) {
                let ids = Column::Id.is_in(ids.iter().map(|it| it.id.0));
                delete::<Entity>(change.sql(), ids).await?;
            }
            change.commit(()).await
        })
        .await
    }
}

/// Stores the deletion whose bytes a removal names.
pub(super) async fn begin(
    change: &Change,
    removal: &Removal,
    (log, log_name): (LogId, &Name),
    view: Option<(ViewId, &Name)>,
) -> Result<(), CatalogError> {
    let row = ActiveModel {
        id: Set(removal.id.0),
        tenant_id: Set(removal.tenant.0),
        log_id: Set(log.0),
        log_name: Set(log_name.to_string()),
        view_id: Set(view.map(|(id, _)| id.0)),
        view_name: Set(view.map(|(_, name)| name.to_string())),
        requested_at: Set(from_time(removal.created_at)),
        step: Set(DeletionStep::Bytes.to_string()),
        step_at: Set(from_time(removal.created_at)),
    };
    insert(change.sql(), row).await?;
    Ok(())
}

fn to_deletion(row: Model) -> Result<Deletion, CatalogError> {
    let view = match (row.view_id, row.view_name) {
        (Some(id), Some(name)) => Some((ViewId(id), to_word(&name)?)),
        _ => None,
    };
    Ok(Deletion {
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
