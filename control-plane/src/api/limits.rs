//! What a tenant may have and what it has, as a part of `/tenants/me`.

use poem_openapi::Object;
use serde::{Deserialize, Serialize};

use crate::domain::tenants::TenantState;
use protocol::Rate;

/// A bucket of requests, shared by all keys and members.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "RateLimit")]
pub(super) struct RateBody {
    /// Requests that flow in each second.
    per_second: u32,
    /// Requests that may be sent at once after a pause.
    burst: u32,
}

impl From<Rate> for RateBody {
    fn from(rate: Rate) -> Self {
        Self {
            per_second: rate.per_second,
            burst: rate.burst,
        }
    }
}

/// How much of something there may be, and how much there is.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Quota")]
pub(super) struct QuotaBody {
    limit: u64,
    /// Null where it is not known at this moment.
    used: Option<u64>,
}

/// What the tenant may have. An operator may change it.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Quotas")]
pub(super) struct QuotasBody {
    logs: QuotaBody,
    views: QuotaBody,
    /// API keys.
    keys: QuotaBody,
    members: QuotaBody,
    /// Bytes of all events; what is used is some seconds behind.
    storage_bytes: QuotaBody,
    /// Queries at a time, for each node of the server; what is used is on the one that answers.
    queries: QuotaBody,
    /// Live streams at a time, for each node of the server; what is used is on the one that
    /// answers.
    streams: QuotaBody,
    /// Memory of all views that are loaded, for each worker; what is used is not known here.
    view_memory_bytes: QuotaBody,
}

impl From<&TenantState> for QuotasBody {
    fn from(state: &TenantState) -> Self {
        let TenantState { quotas, used, .. } = state;
        let quota = |limit, used| QuotaBody {
            limit: exact(limit),
            used,
        };
        Self {
            logs: quota(quotas.logs, Some(used.logs)),
            views: quota(quotas.views, Some(used.views)),
            keys: quota(quotas.keys, Some(used.keys)),
            members: quota(quotas.members, Some(used.members)),
            storage_bytes: quota(quotas.storage_bytes, state.stored_bytes.map(exact)),
            queries: quota(quotas.queries, Some(state.queries)),
            streams: quota(quotas.streams, Some(state.streams)),
            view_memory_bytes: quota(quotas.view_memory_bytes, None),
        }
    }
}

/// At most the largest number that is exact in JSON.
fn exact(number: u64) -> u64 {
    number.min((1 << 53) - 1)
}
