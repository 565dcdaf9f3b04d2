//! Members: who they are, their roles, and their leaving.

use catalog::access::{Access, Role};
use catalog::{Context, Member, MemberError, Page, Paged, Removed};
use protocol::{ErrorCode, UserId};
use storage::bus::Stale;

use super::App;
use super::access::require_all_logs;
use crate::errors::{Failure, Result};

impl App {
    /// # Errors
    /// When the cursor is not of this list.
    pub(crate) async fn members(&self, access: &Access, page: Page) -> Result<Paged<Member>> {
        Ok(self.catalog.members(access, page).await?)
    }

    /// # Errors
    /// When there is no such member, or the caller is not above it.
    pub(crate) async fn change_role(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
        role: Role,
    ) -> Result<Member> {
        require_all_logs(access)?;
        let changed = self
            .catalog
            .change_role(access, context, member, role)
            .await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        Ok(changed)
    }

    /// # Errors
    /// When there is no such member, or the caller is not above it.
    pub(crate) async fn remove_member(
        &self,
        access: &Access,
        context: Context,
        member: UserId,
    ) -> Result<Removed> {
        require_all_logs(access)?;
        let removed = self.catalog.remove_member(access, context, member).await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        Ok(removed)
    }
}

impl From<MemberError> for Failure {
    fn from(error: MemberError) -> Self {
        let code = match error {
            MemberError::Catalog(error) => return error.into(),
            MemberError::NotFound => ErrorCode::MemberNotFound,
            MemberError::Yourself => ErrorCode::InvalidRequest,
            MemberError::ActorGone => ErrorCode::Unauthenticated,
            MemberError::OwnerStays
            | MemberError::NotBelowYou { .. }
            | MemberError::OwnerInPersonOnly => ErrorCode::Forbidden,
        };
        Self::new(code, error.to_string())
    }
}
