//! Keeping the bills of tenants that subscribed.

use std::time::Duration;

use catalog::TenantDeletion;
use catalog::access::{Actor, Role};
use protocol::meter::Hour;
use protocol::{TenantId, Timestamp};

use super::App;
use super::access::to_all_logs;
use crate::billing::bills::Bills;
use crate::errors::Result;

/// A tenant is deleted this long after it should be, even if its last use can't be billed.
const LAST_BILL_MAX: Duration = Duration::from_secs(3 * 86_400);

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
            for (tenant, _) in &accounts {
                let bills = Bills {
                    catalog: &self.catalog,
                    prices,
                    now: self.clock.now(),
                    ends: false,
                };
                let access = to_all_logs(*tenant, Actor::System, Role::Owner);
                // As it is now: the cap may have been lowered since the others were worked on.
                let advanced = async {
                    let account = self.catalog.billing_account(*tenant).await?;
                    bills.advance(&access, &account, until).await
                };
                if let Err(error) = advanced.await {
                    tracing::warn!(%tenant, %error, "the bill of a tenant is not up to date yet");
                }
            }
        }
    }

    /// Bills what a tenant used last, which takes an hour or two where it is subscribed: the hour has to
    /// be over. Whether it may be deleted.
    pub(super) async fn bill_last_use(&self, deletion: &TenantDeletion) -> bool {
        let (tenant, delete_at) = (deletion.tenant, deletion.delete_at);
        if self.clock.now().duration_since(delete_at) > LAST_BILL_MAX {
            self.give_up_last_bill(tenant).await;
            return true;
        }
        match self.try_bill_last_use(tenant, delete_at).await {
            Ok(done) => done,
            Err(failure) => {
                tracing::warn!(%tenant, %failure, "the last use of a tenant is not billed yet");
                false
            }
        }
    }

    /// Ends the subscription of a tenant whose last use could not be billed in time.
    async fn give_up_last_bill(&self, tenant: TenantId) {
        let account = self
            .catalog
            .billing_account(tenant)
            .await
            .unwrap_or_default();
        let (Some(customer), Some(it)) = (account.customer, account.subscription) else {
            return;
        };
        tracing::error!(%tenant, customer, "a tenant is deleted, and its last use is not billed");
        if let Ok((stripe, _)) = self.provider()
            && let Err(error) = stripe.cancel_subscription(&it.id, true).await
        {
            tracing::error!(%tenant, customer, %error, "its subscription has to be ended by hand");
        }
    }

    async fn try_bill_last_use(&self, tenant: TenantId, delete_at: Timestamp) -> Result<bool> {
        let account = self.catalog.billing_account(tenant).await?;
        let Some(payments) = self.payments().ok().filter(|_| account.customer.is_some()) else {
            return Ok(true);
        };
        let until = self.seal_usage().await?;
        if until <= Hour::of(delete_at) {
            return Ok(false);
        }
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        Ok(payments.bill_last_use(&access, until).await?)
    }
}
