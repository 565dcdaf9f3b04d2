//! Deletions of tenants.
//!
//! A deletion goes through [`DeletionStep`]s, each of which may be repeated and may be the last one
//! before a crash: the row says which one is next, and whoever finds it goes on. The read model
//! derives the row from control events, so a rebuild and a restore go on as well.
//!
//! Until it starts, a deletion can be cancelled; from then on nothing can stop it. What stays for
//! ever is the row, and of the control events their times, actors and the tenant's id: no name, no
//! address, no hash (`erase`). Bills and what they reported stay, too: they are books, and hold ids,
//! amounts and reasons.

mod erase;
mod progress;

use protocol::{TenantDeletionId, TenantId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::column::{to_time, to_word};
use super::entity::{one, tenant, tenant_deletion};
use super::event::ControlEvent;
use super::lock::Lock;
use super::model::DeletionStep;
use super::{Catalog, CatalogError, Context};
use crate::access::Access;

/// The deletion of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantDeletion {
    pub id: TenantDeletionId,
    pub tenant: TenantId,
    pub requested_at: Timestamp,
    /// When it starts, or was to start.
    pub delete_at: Timestamp,
    pub step: DeletionStep,
    /// Since when.
    pub step_at: Timestamp,
}

impl Catalog {
    /// Closes the holder's tenant and has it deleted at a time. When that is due already, the
    /// earlier time holds.
    pub async fn schedule_tenant_deletion(
        &self,
        access: &Access,
        context: Context,
        delete_at: Timestamp,
    ) -> Result<TenantDeletion, CatalogError> {
        let tenant = access.tenant;
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let found = of_tenant(change.sql(), tenant).await?;
            if let Some(found) = found
                && (found.step > DeletionStep::Scheduled || found.delete_at <= delete_at)
            {
                return Ok(found);
            }
            let row = one(change.sql(), tenant::Entity::find_by_id(tenant.0)).await?;
            row.ok_or_else(CatalogError::tenant_deleted)?;
            let deletion = found.map_or_else(TenantDeletionId::generate, |found| found.id);
            let event = ControlEvent::TenantDeletionScheduled {
                deletion,
                delete_at,
            };
            change.record(tenant, context, event).await?;
            let scheduled = of_tenant(change.sql(), tenant).await?;
            let scheduled = scheduled.ok_or_else(CatalogError::tenant_deleted)?;
            change.commit(scheduled).await
        })
        .await
    }

    /// Opens the holder's tenant again. Nothing happens when it is not closed.
    pub async fn cancel_tenant_deletion(
        &self,
        access: &Access,
        context: Context,
    ) -> Result<(), CatalogError> {
        let tenant = access.tenant;
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let found = of_tenant(change.sql(), tenant).await?;
            // Once it is due, the last use is being billed.
            let is_early = |it: &TenantDeletion| {
                it.step == DeletionStep::Scheduled && it.delete_at > change.at()
            };
            let Some(found) = found.filter(is_early) else {
                return Ok(());
            };
            let event = ControlEvent::TenantDeletionCancelled { deletion: found.id };
            change.record(tenant, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// A deletion by its id; `None` also for one that was cancelled.
    pub async fn tenant_deletion(
        &self,
        id: TenantDeletionId,
    ) -> Result<Option<TenantDeletion>, CatalogError> {
        let row = one(self.readers(), tenant_deletion::Entity::find_by_id(id.0)).await?;
        row.map(to_tenant_deletion).transpose()
    }

    /// The deletion of a tenant, if it is or was deleted.
    pub async fn deletion_of_tenant(
        &self,
        tenant: TenantId,
    ) -> Result<Option<TenantDeletion>, CatalogError> {
        of_tenant(self.readers(), tenant).await
    }
}

async fn of_tenant(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
) -> Result<Option<TenantDeletion>, CatalogError> {
    let row =
        tenant_deletion::Entity::find().filter(tenant_deletion::Column::TenantId.eq(tenant.0));
    one(sql, row).await?.map(to_tenant_deletion).transpose()
}

fn to_tenant_deletion(row: tenant_deletion::Model) -> Result<TenantDeletion, CatalogError> {
    Ok(TenantDeletion {
        id: TenantDeletionId(row.id),
        tenant: TenantId(row.tenant_id),
        requested_at: to_time(row.requested_at),
        delete_at: to_time(row.delete_at),
        step: to_word(&row.step)?,
        step_at: to_time(row.step_at),
    })
}
