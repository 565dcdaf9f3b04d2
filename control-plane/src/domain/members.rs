//! Members: who they are, their roles, and their leaving.

use catalog::access::{Access, Role};
use catalog::{Member, MemberError, Page, Paged, Removed};
use protocol::{ErrorCode, RequestId, UserId};

use super::access::require_all_logs;
use super::{App, context};
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
        request_id: RequestId,
        member: UserId,
        role: Role,
    ) -> Result<Member> {
        require_all_logs(access)?;
        let context = context(access, request_id);
        let changed = self
            .catalog
            .change_role(access, context, member, role)
            .await?;
        self.caches.sessions.invalidate_tenant(access.tenant);
        Ok(changed)
    }

    /// # Errors
    /// When there is no such member, or the caller is not above it.
    pub(crate) async fn remove_member(
        &self,
        access: &Access,
        request_id: RequestId,
        member: UserId,
    ) -> Result<Removed> {
        require_all_logs(access)?;
        let context = context(access, request_id);
        let removed = self.catalog.remove_member(access, context, member).await?;
        self.caches.sessions.invalidate_tenant(access.tenant);
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
