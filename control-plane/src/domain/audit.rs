//! The audit log, for the admins of a tenant.

use catalog::access::Access;
use catalog::{AuditFilter, Page, Paged, RecordedEvent};

use super::App;
use crate::errors::{Failure, Result};

impl App {
    /// A page of the tenant's control events, newest first.
    ///
    /// # Errors
    /// When the caller is no admin of the whole tenant, or the cursor is not of this list.
    pub(crate) async fn audit(
        &self,
        access: &Access,
        filter: AuditFilter,
        page: Page,
    ) -> Result<Paged<RecordedEvent>> {
        if access.logs.is_some() {
            return Err(Failure::forbidden(
                "a key that is limited to some logs does not see the audit log, which is about all",
            ));
        }
        Ok(self.catalog.audit(access, filter, page).await?)
    }
}
