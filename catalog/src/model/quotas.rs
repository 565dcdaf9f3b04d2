//! How much of each thing a tenant may have: the defaults, and what an operator set for one.

use serde::{Deserialize, Serialize};

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
