//! Stopping a tenant that has used up its free tier or its cap, and telling its people before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::access::{Access, Actor, Role};
use catalog::{PAGE_LIMIT_MAX, Page, Standing, UsageFilter};
use futures::StreamExt as _;
use protocol::meter::Month;
use protocol::{ErrorCode, RequestId, TenantId};

use super::App;
use super::access::to_all_logs;
use crate::billing::notices::SpendingNotice;
use crate::billing::plan;
use crate::billing::price::BILLED;
use crate::billing::spending::{APPENDS_STOP, Limit, Notice, QUERIES_STOP, Share};
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
        let (limit, way_out) = match spending.limit(access.tenant) {
            Limit::None => return Ok(()),
            Limit::FreeTier if self.options.stripe.is_none() => {
                (format!("the free tier of {month} is used up"), "")
            }
            Limit::FreeTier => (
                format!("the free tier of {month} is used up"),
                "; POST /billing/checkout subscribes to more",
            ),
            Limit::Cap { cents, currency } => (
                format!(
                    "the cap of {} {currency} for {month} is reached",
                    whole(cents)
                ),
                "; PUT /billing/cap raises it",
            ),
            Limit::Unpaid(standing) => (
                format!(
                    "the free tier of {month} is used up, and {}",
                    match standing {
                        Standing::Cancelled => "the subscription ended",
                        Standing::Disputed => "a payment is disputed",
                        _ => "a payment failed",
                    }
                ),
                match standing {
                    Standing::Cancelled => "; POST /billing/checkout subscribes anew",
                    _ => "; POST /billing/portal leads to the card and the invoices",
                },
            ),
        };
        Err(Failure::new(
            ErrorCode::ComputeLimitReached,
            format!(
                "{limit}, so {effect} until {}{way_out}; events can still be read, and \
                 GET /billing/usage shows what was used",
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

    pub(super) async fn look_at_tenant(&self, tenant: TenantId) -> Result<()> {
        let Some(prices) = &self.options.prices else {
            return Ok(());
        };
        let now = self.clock.now();
        let month = Month::of(now);
        let account = self.catalog.billing_account(tenant).await?;
        let limit = Limit::of(&account, prices.currency(), now);
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        let (from, to) = (month.first(), month.end());
        let filter = UsageFilter::default();
        let usage = self.catalog.usage(&access, from, to, filter).await?;
        let used = BILLED.map(|meter| usage.total(meter, now));
        let of_free = plan::share_of_free_tier(used, month);
        let mut shares = vec![(Notice::FreeTier, of_free)];
        let share = match &limit {
            Limit::None => Share(0),
            Limit::Cap { cents, currency } => {
                let bill = self.catalog.month_bill(tenant, month).await?;
                let meters = bill
                    .map(|it| it.bill.meters().map(|it| *it))
                    .unwrap_or_default();
                let of_cap = prices.at(currency, month).map_or(Share(0), |prices| {
                    let units = plan::billed(used, meters, month);
                    plan::share_of_cap(prices.of_units(), units, *cents)
                });
                shares.push((Notice::Cap, of_cap));
                // A cap of nothing is the free tier.
                if *cents == 0 { of_free } else { of_cap }
            }
            Limit::FreeTier | Limit::Unpaid(_) => of_free,
        };
        let spending = &self.limits.spending;
        spending.learn(tenant, month, (share, limit.clone()), Instant::now());
        for (notice, share) in shares {
            for percent in NOTICES {
                let is_new = percent > spending.told(tenant, month, notice);
                if is_new && share >= Share(u32::from(percent) * 10) {
                    let what = (notice, percent);
                    let is_news = self.notify_of_spending(tenant, month, what, &limit).await?;
                    if let Some(url) = account.webhook_url.clone().filter(|_| is_news) {
                        self.call_webhook(url, SpendingNotice::new(tenant, month, notice, percent));
                    }
                    spending.note_told(tenant, notice, percent);
                }
            }
        }
        Ok(())
    }

    /// Tells a tenant's own server in the background.
    fn call_webhook(&self, url: String, notice: SpendingNotice) {
        let Ok(permit) = Arc::clone(&self.limits.webhooks).try_acquire_owned() else {
            tracing::warn!(
                tenant = notice.tenant_id,
                "too many webhooks are being sent"
            );
            return;
        };
        let webhooks = self.webhooks.clone();
        let sending = async move {
            let _permit = permit;
            if !webhooks.send(&url, &notice).await {
                tracing::info!(
                    tenant = notice.tenant_id,
                    "a webhook of a tenant was not taken"
                );
            }
        };
        let stopping = self.lifecycle.stopping.clone();
        let sending = stopping.run_until_cancelled_owned(sending);
        self.lifecycle.tasks.spawn(sending);
    }

    /// Mails owners and admins, once in a month for each threshold; whether that was now.
    async fn notify_of_spending(
        &self,
        tenant: TenantId,
        month: Month,
        (notice, percent): (Notice, u8),
        limit: &Limit,
    ) -> Result<bool> {
        let (short_name, people) = self.people_of_bills(tenant).await?;
        let key = match notice {
            Notice::FreeTier => percent.into(),
            Notice::Cap => OF_CAP + u16::from(percent),
        };
        if !self.catalog.note_usage(tenant, month, key).await? {
            return Ok(false);
        }
        for person in people {
            let about = (tenant, short_name.as_str());
            let message = match (notice, limit) {
                (Notice::Cap, Limit::Cap { cents, currency }) => {
                    let cap = format!("{} {currency}", whole(*cents));
                    Message::cap(&person, about, month, percent, &cap)
                }
                _ => Message::free_tier(&person, about, month, percent, limit),
            };
            self.mailer.send(RequestId::generate(), message);
        }
        Ok(true)
    }

    /// The name of a tenant, and the addresses of those who are told about its bills.
    pub(super) async fn people_of_bills(&self, tenant: TenantId) -> Result<(String, Vec<String>)> {
        let access = to_all_logs(tenant, Actor::System, Role::Owner);
        let state = self.catalog.tenant(&access).await?;
        let members = self.catalog.members(&access, Page::first(PAGE_LIMIT_MAX));
        let members = members.await?.items.into_iter();
        let people = members.filter(|it| it.role >= Role::Admin);
        Ok((state.short_name, people.map(|it| it.email).collect()))
    }
}

/// Notices about the cap are noted as their percentage and this.
const OF_CAP: u16 = 1_000;

/// Cents as whole units of the currency.
pub(super) fn whole(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
