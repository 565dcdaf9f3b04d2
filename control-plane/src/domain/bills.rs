//! Keeping the bills of tenants that subscribed.

use catalog::access::{Actor, Role};
use protocol::meter::Hour;

use super::App;
use super::access::to_all_logs;
use crate::billing::bills::Bills;
use crate::errors::Result;

/// Accounts that are read at a time.
const ACCOUNTS_AT_A_TIME: u64 = 500;

impl App {
    /// Brings all bills up to the hours before `until`, which are sealed. A tenant whose bill can't be
    /// written keeps nobody else waiting.
    pub(super) async fn advance_bills(&self, until: Hour) -> Result<()> {
        let Some(prices) = &self.options.prices else {
            return Ok(());
        };
        let mut after = None;
        loop {
            let accounts = self
                .catalog
                .billing_accounts(after, ACCOUNTS_AT_A_TIME)
                .await?;
            let Some((last, _)) = accounts.last() else {
                return Ok(());
            };
            after = Some(*last);
            for (tenant, account) in &accounts {
                let bills = Bills {
                    catalog: &self.catalog,
                    prices,
                    now: self.clock.now(),
                };
                let access = to_all_logs(*tenant, Actor::System, Role::Owner);
                if let Err(error) = bills.advance(&access, account, until).await {
                    tracing::warn!(%tenant, %error, "the bill of a tenant is not up to date yet");
                }
            }
        }
    }
}
