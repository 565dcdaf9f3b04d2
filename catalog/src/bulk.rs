//! Many rows with one commit, for benchmarks and tests that need a full catalog soon.

use protocol::{LogId, Name, TenantId, VersionId};

use super::lock::Lock;
use super::log::{self, Log, NewLog};
use super::upload::NewVersion;
use super::version::Version;
use super::version_state::{self, VersionError};
use super::view::View;
use super::{Catalog, Context, Refusal};
use crate::access::Access;

impl Catalog {
    /// Creates logs, all or none.
    pub async fn create_logs(
        &self,
        access: &Access,
        context: Context,
        new: Vec<NewLog>,
    ) -> Result<Vec<Log>, Refusal> {
        for new in &new {
            self.check_new_log(access, new)?;
        }
        let new = &new;
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            self.check_log_quota(&change, access, new.len() as u64)
                .await?;
            let mut logs = Vec::with_capacity(new.len());
            for new in new {
                logs.push(log::create(&mut change, access.tenant, context, new.clone()).await?);
            }
            change.commit(logs).await
        })
        .await
    }

    /// Adds versions to views, all or none. Their components must not be deleted meanwhile, which
    /// [`Catalog::upload_version`] knows to handle.
    pub async fn upload_versions(
        &self,
        access: &Access,
        context: Context,
        new: Vec<(LogId, Name, NewVersion)>,
    ) -> Result<Vec<(View, Version)>, Refusal> {
        for (_, _, new) in &new {
            self.check_new_version(new)?;
        }
        let new = &new;
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let mut uploaded = Vec::with_capacity(new.len());
            for (log, name, new) in new {
                let new = new.clone();
                let upload = self.upload(&mut change, access, context, *log, name, new);
                uploaded.push(upload.await?);
            }
            change.commit(uploaded).await
        })
        .await
    }

    /// Makes versions live, all or none.
    pub async fn activate_versions(
        &self,
        tenant: TenantId,
        context: Context,
        ids: &[VersionId],
    ) -> Result<(), VersionError> {
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            for id in ids {
                version_state::activate(&mut change, tenant, context, *id).await?;
            }
            change.commit(()).await
        })
        .await
    }
}
