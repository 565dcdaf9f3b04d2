//! Stopping a tenant that has used up its free tier, and telling its people before.

use std::time::{Duration, Instant};

use catalog::access::{Access, Actor, Role};
use catalog::{PAGE_LIMIT_MAX, Page, UsageFilter};
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
        if self.options.prices.is_none() {
            return Ok(());
        }
        let share = self.limits.spending.share(access.tenant, Instant::now());
        if share < stop {
            return Ok(());
        }
        let month = Month::of(self.clock.now());
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
    pub(super) async fn look_at_spending(&self) -> Result<()> {
        for tenant in self.limits.spending.due(Instant::now()) {
            let month = Month::of(self.clock.now());
            let share = self.share_of_free_tier(tenant, month).await?;
            self.limits.spending.learn(tenant, share, Instant::now());
            for percent in NOTICES {
                if share >= Share(u32::from(percent) * 10) {
                    self.notify_of_spending(tenant, month, percent).await?;
                }
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
        if !self.catalog.note_usage(tenant, month, percent).await? {
            return Ok(());
        }
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        let state = self.catalog.tenant(&access).await?;
        let page = Page {
            limit: PAGE_LIMIT_MAX,
            cursor: None,
        };
        let members = self.catalog.members(&access, page).await?;
        for member in members.items.iter().filter(|it| it.role >= Role::Admin) {
            let about = (tenant, state.short_name.as_str());
            let message = Message::free_tier(&member.email, about, month, percent);
            self.mailer.send(RequestId::generate(), message);
        }
        Ok(())
    }
}
