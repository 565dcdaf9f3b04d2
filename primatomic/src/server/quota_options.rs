//! The settings of what each tenant may have, where an operator set nothing else for it.

use catalog::{CatalogLimits, Quotas};
use clap::Args;

use crate::server::numbers::Bytes;

/// What each tenant may have; `primatomic admin tenant limits` sets it for one.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Quotas of a tenant")]
pub(crate) struct QuotaOptions {
    /// Logs of a tenant
    #[arg(long, env = "PRIMATOMIC_QUOTA_LOGS", value_name = "N",
          default_value_t = Quotas::default().logs)]
    pub quota_logs: u64,
    /// Views of a tenant, on all its logs
    #[arg(long, env = "PRIMATOMIC_QUOTA_VIEWS", value_name = "N",
          default_value_t = Quotas::default().views)]
    pub quota_views: u64,
    /// API keys of a tenant
    #[arg(long, env = "PRIMATOMIC_QUOTA_KEYS", value_name = "N",
          default_value_t = Quotas::default().keys)]
    pub quota_keys: u64,
    /// Members of a tenant, with its open invitations
    #[arg(long, env = "PRIMATOMIC_QUOTA_MEMBERS", value_name = "N",
          default_value_t = Quotas::default().members)]
    pub quota_members: u64,
    /// Bytes of all events of a tenant; what it has stored is known a few seconds later
    #[arg(long, env = "PRIMATOMIC_QUOTA_STORAGE", value_name = "BYTES",
          default_value_t = Bytes(Quotas::default().storage_bytes))]
    pub quota_storage: Bytes,
    /// Queries of a tenant at a time, on each control plane
    #[arg(long, env = "PRIMATOMIC_QUOTA_QUERIES", value_name = "N",
          default_value_t = Quotas::default().queries)]
    pub quota_queries: u64,
    /// Live tails of a tenant at a time, on each control plane
    #[arg(long, env = "PRIMATOMIC_QUOTA_STREAMS", value_name = "N",
          default_value_t = Quotas::default().streams)]
    pub quota_streams: u64,
    /// Linear memory of all views of a tenant that are in memory, on each worker
    #[arg(long, env = "PRIMATOMIC_QUOTA_VIEW_MEMORY", value_name = "BYTES",
          default_value_t = Bytes(Quotas::default().view_memory_bytes))]
    pub quota_view_memory: Bytes,
}

impl QuotaOptions {
    pub(crate) fn limits(&self) -> CatalogLimits {
        let quotas = Quotas {
            logs: self.quota_logs,
            views: self.quota_views,
            keys: self.quota_keys,
            members: self.quota_members,
            storage_bytes: self.quota_storage.0,
            queries: self.quota_queries,
            streams: self.quota_streams,
            view_memory_bytes: self.quota_view_memory.0,
        };
        CatalogLimits {
            quotas,
            ..CatalogLimits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        quotas: QuotaOptions,
    }

    #[test]
    fn the_defaults_are_those_of_the_catalog() {
        let flags = Flags::parse_from(["primatomic"]);
        assert_eq!(flags.quotas.limits(), CatalogLimits::default());
    }
}
