//! Stopping a tenant that has used up its free tier, and telling its people before.

use std::time::{Duration, Instant};

use catalog::access::{Access, Actor, Role};
use catalog::{PAGE_LIMIT_MAX, Page, UsageFilter};
use futures::StreamExt as _;
use protocol::meter::Month;
use protocol::{ErrorCode, RequestId, TenantId};

use super::App;
use super::access::to_all_logs;
use crate::billing::plan;
use crate::billing::price::BILLED;
use crate::billing::spending::{APPENDS_STOP, QUERIES_STOP, Share};
use crate::errors::{Failure, Result};
use crate::mail::Message;

/// How often it is looked which tenants are due.
pub(super) const PERIOD: Duration = Duration::from_millis(500);

/// Tenants that the ledger is asked about at a time.
const LOOKS_AT_A_TIME: usize = 4;

/// People are told when so much is used, in percent; once in a month.
const NOTICES: [u8; 3] = [50, 80, 100];

impl App {
    /// Whether a tenant may do what costs compute and data out.
    ///
    /// # Errors
    /// When it has used up what is free. Where there are no prices, nothing stops.
    pub(crate) fn check_queries(&self, access: &Access) -> Result<()> {
        self.check_spending(access, QUERIES_STOP, "queries and new views stop")
    }

    /// Whether a tenant may append.
    ///
    /// # Errors
    /// When it has used up what is free, and some more.
    pub(crate) fn check_appends(&self, access: &Access) -> Result<()> {
        self.check_spending(access, APPENDS_STOP, "appends stop")
    }

    fn check_spending(&self, access: &Access, stop: Share, effect: &str) -> Result<()> {
        let Some(prices) = &self.options.prices else {
            return Ok(());
        };
        let month = Month::of(self.clock.now());
        if !prices.bills(month) {
            return Ok(());
        }
        let spending = &self.limits.spending;
        let share = spending.share(access.tenant, month, Instant::now());
        if share < stop {
            return Ok(());
        }
        Err(Failure::new(
            ErrorCode::ComputeLimitReached,
            format!(
                "the free tier of {month} is used up, so {effect} until {}; events can still be read, \
                 and GET /billing/usage shows what was used",
                month.end()
            ),
        ))
    }

    /// Asks the ledger about the tenants that are active and near their end.
    pub(super) async fn look_at_spending(&self) {
        let due = self.limits.spending.due(Instant::now());
        let looks = due.into_iter().map(|tenant| async move {
            if let Err(failure) = self.look_at_tenant(tenant).await {
                tracing::warn!(%tenant, %failure, "what a tenant has used is not known yet");
            }
        });
        let looks = futures::stream::iter(looks).buffer_unordered(LOOKS_AT_A_TIME);
        looks.collect::<()>().await;
    }

    async fn look_at_tenant(&self, tenant: TenantId) -> Result<()> {
        let month = Month::of(self.clock.now());
        let share = self.share_of_free_tier(tenant, month).await?;
        let spending = &self.limits.spending;
        let told = spending.learn(tenant, month, share, Instant::now());
        for percent in NOTICES {
            if percent > told && share >= Share(u32::from(percent) * 10) {
                self.notify_of_spending(tenant, month, percent).await?;
                spending.told(tenant, percent);
            }
        }
        Ok(())
    }

    /// The largest share that any meter has of what is free of it.
    async fn share_of_free_tier(&self, tenant: TenantId, month: Month) -> Result<Share> {
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        let (from, to) = (month.first(), month.end());
        let filter = UsageFilter::default();
        let usage = self.catalog.usage(&access, from, to, filter).await?;
        let now = self.clock.now();
        let shares =
            BILLED.map(|meter| Share::of(usage.total(meter, now), plan::free(meter, month)));
        Ok(shares.into_iter().max().unwrap_or_default())
    }

    /// Mails owners and admins, once in a month for each threshold.
    async fn notify_of_spending(&self, tenant: TenantId, month: Month, percent: u8) -> Result<()> {
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        let state = self.catalog.tenant(&access).await?;
        let members = self.catalog.members(&access, Page::first(PAGE_LIMIT_MAX));
        let members = members.await?.items;
        if !self.catalog.note_usage(tenant, month, percent).await? {
            return Ok(());
        }
        for member in members.iter().filter(|it| it.role >= Role::Admin) {
            let about = (tenant, state.short_name.as_str());
            let message = Message::free_tier(&member.email, about, month, percent);
            self.mailer.send(RequestId::generate(), message);
        }
        Ok(())
    }
}
