//! Tenants that are deleted.

use catalog::access::Access;

use super::super::by;
use super::{History, Step};

impl History {
    pub(super) async fn apply_to_deletions(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let now = self.fixture.in_seconds(0);
        match step {
            Step::ScheduleDeletion(choice) => {
                let (access, _) = self.tenant(choice);
                let at = self.fixture.in_seconds(u64::from(choice) * 100);
                catalog
                    .schedule_tenant_deletion(&access, by(&access), at)
                    .await
                    .unwrap();
            }
            Step::CancelDeletion(choice) => {
                let (access, _) = self.tenant(choice);
                catalog
                    .cancel_tenant_deletion(&access, by(&access))
                    .await
                    .unwrap();
            }
            Step::DeleteTenant(choice) => {
                let (access, _) = self.tenant(choice);
                let others = |of: &Access| of.tenant != access.tenant;
                if !self.tenants.iter().any(|(of, _)| others(of)) {
                    // Somebody must be left to do the rest.
                    return;
                }
                let deletion = catalog
                    .schedule_tenant_deletion(&access, by(&access), now)
                    .await
                    .unwrap();
                self.fixture.carry_on(deletion.id).await;
                self.tenants.retain(|(of, _)| others(of));
                self.keys.retain(|(of, _)| others(of));
                self.logs.retain(|(of, _)| others(of));
                self.versions.retain(|(of, _)| others(of));
            }
            other => panic!("{other:?} is about no deletion"),
        }
    }
}
