//! Members: who they are, their roles, and their leaving.

use catalog::access::{Access, Role};
use catalog::{Context, Member};
use protocol::UserId;
use storage::bus::Stale;

use super::App;
use crate::errors::Result;

impl App {
    /// # Errors
    /// When there is no such member, or the caller is not above it.
    pub(crate) async fn change_role(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
        role: Role,
    ) -> Result<Member> {
        let changed = self
            .catalog
            .change_role(access, context, member, role)
            .await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        Ok(changed)
    }

    /// Removes a member; gives how many keys were revoked.
    ///
    /// # Errors
    /// When there is no such member, or the caller is not above it.
    pub(crate) async fn remove_member(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
    ) -> Result<u64> {
        let removed = self.catalog.remove_member(access, context, member).await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        Ok(removed)
    }
}
