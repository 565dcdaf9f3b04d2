//! The audit log, for the admins of a tenant.

use catalog::access::Access;
use catalog::{AuditFilter, Page, Paged, RecordedEvent};

use super::App;
use crate::errors::Result;

impl App {
    /// A page of the tenant's control events, newest first.
    ///
    /// # Errors
    /// When the cursor is not of this list.
    pub(crate) async fn audit(
        &self,
        access: &Access,
        filter: AuditFilter,
        page: Page,
    ) -> Result<Paged<RecordedEvent>> {
        Ok(self.catalog.audit(access, filter, page).await?)
    }
}
