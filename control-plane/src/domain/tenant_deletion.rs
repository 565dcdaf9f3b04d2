//! The end of a tenant: asking for it, taking it back, and looking how far it is.

use catalog::access::Access;
use catalog::{Context, DeletionStep, TenantDeletion};
use protocol::{ErrorCode, TenantDeletionId, TenantId};
use storage::bus::Stale;

use super::App;
use super::access::person;
use super::tenants::TenantState;
use crate::errors::{Failure, Result};

/// A deletion, and what it has still to do.
pub(crate) struct DeletionState {
    pub deletion: TenantDeletion,
    /// Logs that are still in the catalog.
    pub logs_left: u64,
    /// Logs, and views of other logs, whose bytes are still in the event log or the object store.
    pub removals_left: u64,
}

impl App {
    /// Closes the tenant, to be deleted when the time for changing one's mind is over, or at once: that
    /// can't be taken back, and so is for people alone.
    ///
    /// # Errors
    /// When the caller does not name the tenant, or is a key that wants it gone at once.
    pub(crate) async fn delete_tenant(
        &self,
        access: &Access,
        context: Context,
        short_name: &str,
        immediately: bool,
    ) -> Result<DeletionState> {
        if immediately {
            person(access)?;
        }
        let tenant = self.catalog.tenant(access).await?;
        if tenant.short_name != short_name {
            return Err(Failure::invalid_request(
                "`short_name` is not the name of your tenant; nothing was deleted",
            ));
        }
        let delete_at = if immediately {
            self.clock.now()
        } else {
            self.time_after(self.options.deletion_grace)
        };
        let deletion = self
            .catalog
            .schedule_tenant_deletion(access, context, delete_at)
            .await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        self.lifecycle.deleted.notify_one();
        self.state_of_deletion(deletion).await
    }

    /// Opens the tenant again.
    ///
    /// # Errors
    /// When it is too late.
    pub(crate) async fn restore_tenant(
        &self,
        access: &Access,
        context: Context,
    ) -> Result<TenantState> {
        let deletion = self.catalog.deletion_of_tenant(access.tenant).await?;
        if deletion.is_some_and(|it| it.delete_at <= self.clock.now()) {
            let message = "the time for taking it back is over: the tenant is being deleted";
            return Err(Failure::new(ErrorCode::TenantDeleted, message));
        }
        self.catalog.cancel_tenant_deletion(access, context).await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        self.tenant(access).await
    }

    /// The deletion of the own tenant, if it is to be deleted.
    pub(crate) async fn own_deletion(&self, access: &Access) -> Result<Option<DeletionState>> {
        match self.catalog.deletion_of_tenant(access.tenant).await? {
            Some(deletion) => self.state_of_deletion(deletion).await.map(Some),
            None => Ok(None),
        }
    }

    /// A deletion, by its id alone: once it has begun, no member is left who could authenticate.
    ///
    /// # Errors
    /// When there is none, or it was cancelled.
    pub(crate) async fn tenant_deletion(&self, id: TenantDeletionId) -> Result<DeletionState> {
        let deletion = self.catalog.tenant_deletion(id).await?;
        let deletion = deletion.ok_or_else(|| {
            Failure::new(
                ErrorCode::DeletionNotFound,
                "there is no such deletion, or it was cancelled",
            )
        })?;
        self.state_of_deletion(deletion).await
    }

    async fn state_of_deletion(&self, deletion: TenantDeletion) -> Result<DeletionState> {
        let (logs_left, removals_left) = self.catalog.left_of_tenant(deletion.tenant).await?;
        Ok(DeletionState {
            deletion,
            logs_left,
            removals_left,
        })
    }

    /// # Errors
    /// When the tenant was deleted.
    pub(super) async fn check_not_deleted(&self, tenant: TenantId) -> Result<()> {
        let deletion = self.catalog.deletion_of_tenant(tenant).await?;
        match deletion.filter(|it| it.step > DeletionStep::Scheduled) {
            Some(deletion) => Err(Failure::new(
                ErrorCode::TenantDeleted,
                format!(
                    "the tenant was deleted at {}; GET /tenant-deletions/{} says how far its data \
                     is erased",
                    deletion.delete_at, deletion.id
                ),
            )),
            None => Ok(()),
        }
    }
}
