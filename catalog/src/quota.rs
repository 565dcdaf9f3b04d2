//! Quotas: how much of each thing a tenant may have.
//!
//! There are defaults for all tenants ([`CatalogLimits`](super::CatalogLimits)) and what an operator
//! set for one. What is counted in rows is checked in the change that adds one, and is exact however
//! many nodes make changes. The others are kept by whoever hands the thing out.

use protocol::TenantId;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};

use super::column::to_json;
use super::entity::tenant;
use super::event::ControlEvent;
use super::turn::Turn;
use super::{Catalog, CatalogError, Context};

/// How much of each thing a tenant may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    pub logs: u64,
    pub views: u64,
    pub keys: u64,
    /// Members and open invitations together.
    pub members: u64,
    /// Payload bytes of all events.
    pub storage_bytes: u64,
    /// Queries at a time, on each control plane.
    pub queries: u64,
    /// Live tails at a time, on each control plane.
    pub streams: u64,
    /// Linear memory of all views that are in memory, on each worker.
    pub view_memory_bytes: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            logs: 1_000_000,
            views: 1_000_000,
            keys: 1_000,
            members: 1_000,
            storage_bytes: 1 << 40,
            queries: 1_000,
            streams: 200,
            view_memory_bytes: 1 << 30,
        }
    }
}

/// The quotas that an operator set for one tenant; `None` leaves the default. Stands in events, so
/// fields are only ever added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaOverrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_memory_bytes: Option<u64>,
}

impl QuotaOverrides {
    /// Whether the tenant has the defaults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Quotas {
    /// These, but for what an operator set.
    #[must_use]
    pub fn with(self, own: &QuotaOverrides) -> Self {
        Self {
            logs: own.logs.unwrap_or(self.logs),
            views: own.views.unwrap_or(self.views),
            keys: own.keys.unwrap_or(self.keys),
            members: own.members.unwrap_or(self.members),
            storage_bytes: own.storage_bytes.unwrap_or(self.storage_bytes),
            queries: own.queries.unwrap_or(self.queries),
            streams: own.streams.unwrap_or(self.streams),
            view_memory_bytes: own.view_memory_bytes.unwrap_or(self.view_memory_bytes),
        }
    }
}

impl Catalog {
    /// The quotas of a tenant, for the system; the defaults when there is no such tenant.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn quotas(&self, tenant: TenantId) -> Result<Quotas, CatalogError> {
        let row = tenant::Entity::find_by_id(tenant.0)
            .one(self.readers())
            .await?;
        match row {
            Some(row) => Ok(self.limits().quotas.with(&to_overrides(&row)?)),
            None => Ok(self.limits().quotas),
        }
    }

    /// Sets a tenant's own quotas, for operators; those that are `None` are the defaults from then
    /// on. Says whether there is such a tenant. What a tenant has beyond a lower quota stays.
    ///
    /// # Errors
    /// When the change can't be recorded.
    pub async fn set_quotas(
        &self,
        tenant: TenantId,
        context: Context,
        quotas: QuotaOverrides,
    ) -> Result<bool, CatalogError> {
        self.change(Turn::Tenant(tenant), move |mut change| async move {
            let row = tenant::Entity::find_by_id(tenant.0)
                .one(change.sql())
                .await?;
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

    /// The tenant's row and its quotas, for a change that adds something to it.
    pub(super) async fn room_of(
        &self,
        sql: &impl ConnectionTrait,
        tenant: TenantId,
    ) -> Result<(tenant::Model, Quotas), CatalogError> {
        let row = tenant::Entity::find_by_id(tenant.0)
            .one(sql)
            .await?
            .ok_or_else(|| CatalogError::Unavailable("the tenant was deleted".to_owned()))?;
        let quotas = self.limits().quotas.with(&to_overrides(&row)?);
        Ok((row, quotas))
    }
}

pub(super) fn to_overrides(row: &tenant::Model) -> Result<QuotaOverrides, CatalogError> {
    row.quotas
        .as_ref()
        .map_or(Ok(QuotaOverrides::default()), to_json)
}
