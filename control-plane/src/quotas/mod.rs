//! Quotas that are kept in memory: queries and streams at a time, and bytes stored. Searches take turns ([`searches`]).
//!
//! What is counted in rows is the catalog's to check. Here nothing asks the catalog: a tenant's
//! quotas come with the sessions of its callers, queries and streams are counted where they run, on
//! each node by itself, and bytes are known from the last few seconds ([`stored`]).

mod permits;
mod searches;
mod stored;

use catalog::Quotas;
use dashmap::DashMap;
use protocol::{ErrorCode, TenantId};

use crate::errors::{Failure, Result};
pub(crate) use permits::Permit;
use permits::Permits;
pub(crate) use searches::Searches;
pub(crate) use stored::{PERIOD, StoredBytes};

/// What each tenant may have on this node.
pub(crate) struct TenantQuotas {
    defaults: Quotas,
    /// Those of tenants that have others, as far as they were seen.
    own: DashMap<TenantId, Quotas>,
    queries: Permits,
    streams: Permits,
    pub(crate) searches: Searches,
    pub(crate) stored: StoredBytes,
}

impl TenantQuotas {
    pub(crate) fn new(defaults: Quotas) -> Self {
        Self {
            defaults,
            own: DashMap::new(),
            queries: Permits::default(),
            streams: Permits::default(),
            searches: Searches::new(),
            stored: StoredBytes::default(),
        }
    }

    /// Takes in what the catalog says of a tenant.
    pub(crate) fn learn(&self, tenant: TenantId, quotas: Quotas) {
        if quotas == self.defaults {
            self.own.remove(&tenant);
        } else {
            self.own.insert(tenant, quotas);
        }
    }

    pub(crate) fn of(&self, tenant: TenantId) -> Quotas {
        self.own.get(&tenant).map_or(self.defaults, |own| *own)
    }

    /// A permit for a query, until it is dropped.
    ///
    /// # Errors
    /// When the tenant has as many queries under way as it may.
    pub(crate) fn begin_query(&self, tenant: TenantId) -> Result<Permit> {
        let limit = self.of(tenant).queries;
        self.queries.take(tenant, limit).map_err(|used| {
            Failure::new(
                ErrorCode::QueryLimitReached,
                format!(
                    "the tenant has {used} queries under way, and may have {limit} at a time; send \
                     this one again when one of them is answered"
                ),
            )
        })
    }

    /// A permit for a live stream, until it is dropped.
    ///
    /// # Errors
    /// When the tenant has as many streams open as it may.
    pub(crate) fn open_stream(&self, tenant: TenantId) -> Result<Permit> {
        let limit = self.of(tenant).streams;
        self.streams.take(tenant, limit).map_err(|used| {
            Failure::new(
                ErrorCode::StreamLimitReached,
                format!(
                    "the tenant has {used} live streams open, and may have {limit} at a time; \
                     close one of them first"
                ),
            )
        })
    }

    /// Queries that are under way on this node, and streams that are open.
    pub(crate) fn running(&self, tenant: TenantId) -> (u64, u64) {
        (self.queries.used(tenant), self.streams.used(tenant))
    }

    /// Whether a tenant may store so many bytes more.
    ///
    /// # Errors
    /// When it would have more than it may.
    pub(crate) fn check_storage(&self, tenant: TenantId, bytes: u64) -> Result<()> {
        let limit = self.of(tenant).storage_bytes;
        let known = self.stored.known(tenant);
        let Some(used) = known.filter(|used| used.saturating_add(bytes) > limit) else {
            return Ok(());
        };
        Err(Failure::new(
            ErrorCode::StorageLimitReached,
            format!(
                "the tenant has stored {used} bytes of events, and may store {limit}; delete logs \
                 first, which is noticed within a few seconds"
            ),
        ))
    }
}
