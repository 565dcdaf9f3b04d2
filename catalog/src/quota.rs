//! Quotas: how much of each thing a tenant may have.
//!
//! There are defaults for all tenants ([`CatalogLimits`](super::CatalogLimits)) and what an operator
//! set for one. What is counted in rows (logs, views, keys, members) is checked here, in the change
//! that adds one, and is exact however many nodes make changes. The others are checked where the
//! thing is given out.

use protocol::TenantId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::column::{to_json, to_u64};
use super::entity::{key, membership, one, tenant};
use super::event::ControlEvent;
use super::lock::LockKey;
use super::model::{QuotaOverrides, Quotas};
use super::{Catalog, CatalogError, Context};

/// How much a tenant has of one thing, and how much it may have.
pub(super) struct Quota {
    used: u64,
    limit: u64,
}

impl Quota {
    /// Refuses so many more if that is beyond the quota; `refused` gets the limit and what is used.
    pub(super) fn allow<E>(self, more: u64, refused: impl FnOnce(u64, u64) -> E) -> Result<(), E> {
        if self.used.saturating_add(more) > self.limit {
            return Err(refused(self.limit, self.used));
        }
        Ok(())
    }
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
        self.change(LockKey::Tenant(tenant), move |mut change| async move {
            let row = one(change.sql(), tenant::Entity::find_by_id(tenant.0)).await?;
            let Some(row) = row else {
                return Ok(false);
            };
            if to_overrides(&row)? != quotas {
                let event = ControlEvent::TenantQuotasChanged { quotas };
                change.record(tenant, context, event).await?;
                change.commit().await?;
            }
            Ok(true)
        })
        .await
    }

    pub(super) fn quotas_of(&self, row: &tenant::Model) -> Result<Quotas, CatalogError> {
        Ok(self.limits().quotas.with(&to_overrides(row)?))
    }

    pub(super) async fn log_quota(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
    ) -> Result<Quota, CatalogError> {
        let (row, quotas) = self.tenant_and_quotas(sql, tenant).await?;
        Ok(Quota {
            used: to_u64(row.log_count),
            limit: quotas.logs,
        })
    }

    pub(super) async fn view_quota(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
    ) -> Result<Quota, CatalogError> {
        let (row, quotas) = self.tenant_and_quotas(sql, tenant).await?;
        Ok(Quota {
            used: to_u64(row.view_count),
            limit: quotas.views,
        })
    }

    pub(super) async fn key_quota(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
    ) -> Result<Quota, CatalogError> {
        let keys = key::Entity::find().filter(key::Column::TenantId.eq(tenant.0));
        let (_, quotas) = self.tenant_and_quotas(sql, tenant).await?;
        Ok(Quota {
            used: keys.count(sql).await?,
            limit: quotas.keys,
        })
    }

    /// Counts open invitations as members, as many as the caller knows of.
    pub(super) async fn member_quota(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
        invitations: u64,
    ) -> Result<Quota, CatalogError> {
        let members = membership::Entity::find().filter(membership::Column::TenantId.eq(tenant.0));
        let (_, quotas) = self.tenant_and_quotas(sql, tenant).await?;
        Ok(Quota {
            used: members.count(sql).await? + invitations,
            limit: quotas.members,
        })
    }

    async fn tenant_and_quotas(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
    ) -> Result<(tenant::Model, Quotas), CatalogError> {
        let row = one(sql, tenant::Entity::find_by_id(tenant.0)).await?;
        let row = row.ok_or_else(CatalogError::tenant_deleted)?;
        let quotas = self.quotas_of(&row)?;
        Ok((row, quotas))
    }
}

pub(super) fn to_overrides(row: &tenant::Model) -> Result<QuotaOverrides, CatalogError> {
    row.quotas
        .as_ref()
        .map_or(Ok(QuotaOverrides::default()), to_json)
}
