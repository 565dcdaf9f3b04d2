//! What a tenant used.

use std::time::Duration;

use catalog::access::Access;
use catalog::{BillingAccount, MonthBill, Page, Paged, Usage, UsageFilter, UsageRecord};
use protocol::meter::{Hour, Meter, Month};
use protocol::{ErrorCode, Timestamp};

use super::App;
use super::logs::parse_name;
use crate::billing::plan;
use crate::billing::price::BILLED;
use crate::errors::{Failure, Result};

/// Hours become records this long after they are over: what is reported later makes further records.
const SEALED_AFTER: Duration = Duration::from_secs(5 * 60);

/// What is asked for.
#[derive(Default)]
pub(crate) struct UsageQuestion {
    /// The current month when it is not said.
    pub month: Option<Month>,
    /// The id or name of a log.
    pub log: Option<String>,
    /// The name of a view of that log.
    pub view: Option<String>,
}

/// What the use of a month costs beyond the free tier, before tax, in whole cents.
pub(crate) struct Cost {
    pub currency: String,
    /// A line of the invoice for each billed meter.
    pub lines: [u64; 3],
    /// What the lines come to at the end of the month, if use goes on as until now.
    pub forecast: u64,
}

/// The use of a month, as far as it is over.
pub(crate) struct MonthUse {
    pub month: Month,
    pub until: Timestamp,
    pub usage: Usage,
    /// Whether this is all that the tenant used.
    pub whole: bool,
    /// Of all that the tenant used, where there are prices for the month.
    pub cost: Option<Cost>,
    /// How the tenant stands with us, where all of its use is asked for.
    pub account: Option<BillingAccount>,
    /// What is billed of the month, if the tenant is subscribed.
    pub bill: Option<MonthBill>,
}

impl App {
    /// What was used in a month; a key that is limited to some logs sees theirs.
    ///
    /// # Errors
    /// When there is no such log or view, or the month has not begun.
    pub(crate) async fn usage(&self, access: &Access, ask: UsageQuestion) -> Result<MonthUse> {
        let now = self.clock.now();
        let month = ask.month.unwrap_or_else(|| Month::of(now));
        if month.first().start() > now {
            let message = format!("{month} has not begun yet; months are those of UTC");
            return Err(Failure::new(ErrorCode::InvalidRequest, message));
        }
        let until = now.min(month.end().start());
        let filter = self.usage_filter(access, ask.log, ask.view).await?;
        let (from, to) = (month.first(), month.end());
        let usage = self.catalog.usage(access, from, to, filter).await?;
        // Whoever sees a part of the use only is told nothing about the bill.
        let whole = filter == UsageFilter::default() && access.logs.is_none();
        let mut used = MonthUse {
            month,
            until,
            usage,
            whole,
            cost: None,
            account: None,
            bill: None,
        };
        if whole {
            let account = self.catalog.billing_account(access.tenant).await?;
            used.bill = self.catalog.month_bill(access.tenant, month).await?;
            used.cost = self.cost(&used, &account);
            used.account = Some(account);
        }
        Ok(used)
    }

    /// What the use of a month costs, and comes to cost. Of a subscriber it is what it is billed.
    fn cost(&self, of: &MonthUse, account: &BillingAccount) -> Option<Cost> {
        let list = self.options.prices.as_ref()?;
        let currency = account.currency.as_deref().unwrap_or(list.currency());
        let prices = list.at(currency, of.month)?;
        let meters = of.bill.as_ref().map(|it| it.bill.meters().map(|it| *it));
        let costs = |used: [u128; 3]| {
            let units = plan::billed(used, meters.unwrap_or_default(), of.month);
            let cap = account.cap_cents.filter(|_| of.bill.is_some());
            let units = plan::within(prices.of_units(), [0; 3], units, cap);
            plan::costs(prices.of_units(), units)
        };
        let used = BILLED.map(|meter| of.usage.total(meter, of.until));
        let forecast = used.map(|used| plan::forecast(used, of.month, of.until));
        Some(Cost {
            currency: prices.currency.clone(),
            lines: costs(used),
            forecast: costs(forecast).iter().sum(),
        })
    }

    /// The use of a month, and a page of the records of a meter that make it.
    ///
    /// # Errors
    /// Like [`App::usage`], and when the cursor is not of this list.
    pub(crate) async fn explain_usage(
        &self,
        access: &Access,
        ask: UsageQuestion,
        meter: Meter,
        page: Page,
    ) -> Result<(MonthUse, Paged<UsageRecord>)> {
        let filter = self
            .usage_filter(access, ask.log.clone(), ask.view.clone())
            .await?;
        let used = self.usage(access, ask).await?;
        let month = used.month;
        let records = self
            .catalog
            .usage_records(access, month, meter, filter, page);
        Ok((used, records.await?))
    }

    async fn usage_filter(
        &self,
        access: &Access,
        log: Option<String>,
        view: Option<String>,
    ) -> Result<UsageFilter> {
        let Some(log) = log else {
            return match view {
                None => Ok(UsageFilter::default()),
                Some(_) => Err(Failure::new(
                    ErrorCode::InvalidRequest,
                    "`view` is the name of a view of a log; say which with `log`",
                )),
            };
        };
        let log = self.log(access, &log).await?;
        let view = match view {
            None => None,
            Some(name) => {
                let found = self
                    .catalog
                    .view(access, log.id, &parse_name(&name)?)
                    .await?;
                Some(found.ok_or_else(Failure::view_not_found)?.id)
            }
        };
        Ok(UsageFilter {
            log: Some(log.id),
            view,
        })
    }

    /// The hour before which all are over, and for long enough.
    pub(super) fn sealed_before(&self) -> Hour {
        Hour::of(self.clock.now().saturating_sub(SEALED_AFTER))
    }

    /// Makes records of hours that are over; before which hour.
    pub(super) async fn seal_usage(&self) -> Result<Hour> {
        let before = self.sealed_before();
        self.catalog.seal_usage(before).await?;
        Ok(before)
    }
}
