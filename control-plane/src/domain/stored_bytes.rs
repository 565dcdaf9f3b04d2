//! Counting what tenants have stored, for their quotas.

use catalog::access::{Actor, Role};
use catalog::{Log, PAGE_LIMIT_MAX, Page};
use futures::StreamExt as _;
use protocol::TenantId;

use super::App;
use super::access::to_all_logs;
use crate::errors::Result;

/// Logs that are looked at, at a time, when a tenant is counted.
const HEADS_AT_A_TIME: usize = 8;

impl App {
    /// Adds up what was appended here and hears of the rest.
    pub(crate) async fn add_up_stored(&self) -> Result<()> {
        let stored = &self.limits.quotas.stored;
        let taken = stored.take();
        if let Err(error) = self.catalog.add_stored_bytes(&taken).await {
            stored.give_back(&taken);
            return Err(error.into());
        }
        let tenants = stored.tenants();
        for (tenant, bytes) in self.catalog.stored_bytes_of(&tenants).await? {
            stored.learn(tenant, bytes);
        }
        stored.evict_idle();
        Ok(())
    }

    /// Counts the tenants that were never counted, one after the other.
    pub(crate) async fn count_unknown_stored(&self) -> Result<()> {
        for tenant in self.limits.quotas.stored.unknown() {
            let bytes = match self.catalog.stored_bytes(tenant).await? {
                Some(bytes) => bytes,
                None => self.count_stored(tenant).await?,
            };
            self.limits.quotas.stored.learn(tenant, bytes);
        }
        Ok(())
    }

    /// Counts a tenant from the heads of its logs.
    async fn count_stored(&self, tenant: TenantId) -> Result<u64> {
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        let mut bytes = 0_u64;
        let mut cursor = None;
        // What is appended from here on is counted by its node.
        self.limits.quotas.stored.begin(tenant);
        loop {
            let page = Page {
                limit: PAGE_LIMIT_MAX,
                cursor,
            };
            let logs = self.catalog.logs(&access, page).await?;
            let head = |log: &Log| storage::event_log::head(self.stores.event_log.as_ref(), log.id);
            let heads: Vec<_> = logs.items.iter().map(head).collect();
            let mut heads = futures::stream::iter(heads).buffer_unordered(HEADS_AT_A_TIME);
            while let Some(head) = heads.next().await {
                bytes = bytes.saturating_add(head?.payload_bytes);
            }
            cursor = logs.next_cursor;
            if cursor.is_none() {
                self.catalog.set_stored_bytes(tenant, bytes).await?;
                return Ok(bytes);
            }
        }
    }
}
