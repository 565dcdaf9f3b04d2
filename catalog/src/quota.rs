//! Quotas: how much of each thing a tenant may have.
//!
//! There are defaults for all tenants ([`CatalogLimits`](super::CatalogLimits)) and what an operator
//! set for one. What is counted in rows (logs, views, keys, members) is checked here, in the change
//! that adds one, and is exact however many nodes make changes. The others are checked where the
//! thing is given out.

use protocol::TenantId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait};

use super::column::{to_json, to_u64};
use super::entity::{count, key, membership, one, tenant};
use super::event::ControlEvent;
use super::lock::Lock;
use super::model::{QuotaOverrides, Quotas};
use super::{Catalog, CatalogError, Context, Refusal};

/// What is counted in rows.
#[derive(Clone, Copy)]
pub(super) enum Counted {
    Logs,
    Views,
    Keys,
    /// Together with so many invitations.
    Members {
        invitations: u64,
    },
}

impl Catalog {
    /// The quotas of a tenant, for the system; the defaults when there is no such tenant.
    pub async fn quotas(&self, tenant: TenantId) -> Result<Quotas, CatalogError> {
        match one(self.readers(), tenant::Entity::find_by_id(tenant.0)).await? {
            Some(row) => self.quotas_of(&row),
            None => Ok(self.limits().quotas),
        }
    }

    /// Sets a tenant's own quotas, for operators; those that are `None` are the defaults from then
    /// on. Says whether there is such a tenant. What a tenant has beyond a lower quota stays.
    pub async fn set_quotas(
        &self,
        tenant: TenantId,
        context: Context,
        quotas: QuotaOverrides,
    ) -> Result<bool, CatalogError> {
        self.change(Lock::Tenant(tenant), move |mut change| async move {
            let row = one(change.sql(), tenant::Entity::find_by_id(tenant.0)).await?;
            let Some(row) = row else {
                return Ok(false);
            };
            if to_overrides(&row)? == quotas {
                return Ok(true);
            }
            let event = ControlEvent::TenantQuotasChanged { quotas };
            change.record(tenant, context, event).await?;
            change.commit(true).await
        })
        .await
    }

    pub(super) fn quotas_of(&self, row: &tenant::Model) -> Result<Quotas, CatalogError> {
        Ok(self.limits().quotas.with(&to_overrides(row)?))
    }

    /// Refuses a change that adds so many of a thing if that is beyond the tenant's quota; `refused`
    /// gets the limit and what is used.
    pub(super) async fn check_quota(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
        (of, more): (Counted, u64),
        refused: impl FnOnce(u64, u64) -> Refusal,
    ) -> Result<(), Refusal> {
        let row = one(sql, tenant::Entity::find_by_id(tenant.0)).await?;
        let row = row.ok_or_else(CatalogError::tenant_deleted)?;
        let quotas = self.quotas_of(&row)?;
        let (used, limit) = match of {
            Counted::Logs => (to_u64(row.log_count), quotas.logs),
            Counted::Views => (to_u64(row.view_count), quotas.views),
            Counted::Keys => {
                let of_tenant = key::Column::TenantId.eq(tenant.0);
                (count::<key::Entity>(sql, of_tenant).await?, quotas.keys)
            }
            Counted::Members { invitations } => {
                let of_tenant = membership::Column::TenantId.eq(tenant.0);
                let members = count::<membership::Entity>(sql, of_tenant).await?;
                (members + invitations, quotas.members)
            }
        };
        if used.saturating_add(more) > limit {
            return Err(refused(limit, used));
        }
        Ok(())
    }
}

pub(super) fn to_overrides(row: &tenant::Model) -> Result<QuotaOverrides, CatalogError> {
    row.quotas
        .as_ref()
        .map_or(Ok(QuotaOverrides::default()), to_json)
}
