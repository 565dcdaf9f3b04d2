//! Working on bills: from the records of the ledger to what the payment provider is to be told.
//!
//! For each tenant with a subscription, and each hour that is sealed, the bill of the month takes in what
//! is used, and the new units go to the outbox in the same transaction. A bill is written only over the
//! one that was read, so nodes may work on the same one: one of them wins. When a month is over its bill
//! is closed at a sequence of the ledger, and never changes again; what comes to be known later is an
//! adjustment of the month that is open.

use std::time::Duration;

use catalog::access::Access;
use catalog::{
    Adjustment, BillStatus, BillUpdate, BillingAccount, Catalog, CatalogError, MeterEvent,
    MeterEventKey, MeterEventState, MonthBill, SETTLE_AFTER, UsageFilter,
};
use protocol::meter::{HOUR_SECONDS, Hour, Month};
use protocol::{TenantId, Timestamp};

use super::month::{self, Hours, Terms};
use super::plan::Units;
use super::price::{BILLED, PriceList};

/// A month is closed this long after it is over: use is reported within seconds, and storage within a
/// minute, where nothing is down.
const CLOSED_AFTER: Duration = Duration::from_secs(3_600);

/// Bills are looked at so far back: what is later than that is nobody's.
const MONTHS_MAX: u64 = 14;

/// What bills are made from.
#[derive(Clone, Copy)]
pub(crate) struct Bills<'a> {
    pub catalog: &'a Catalog,
    pub prices: &'a PriceList,
    pub now: Timestamp,
    /// Whether the tenant is going to be deleted: then its month ends with the last hour that is sealed.
    pub ends: bool,
}

impl Bills<'_> {
    /// Brings the bills of a tenant up to the hours before `until`, which are sealed.
    ///
    /// # Errors
    /// When the catalog can't be asked. What was written until then stays.
    pub(crate) async fn advance(
        &self,
        access: &Access,
        account: &BillingAccount,
        until: Hour,
    ) -> Result<(), CatalogError> {
        let tenant = access.tenant;
        loop {
            let mut bills = self.catalog.month_bills(tenant, MONTHS_MAX).await?;
            let newest = self.catalog.usage_sequence(tenant).await?;
            let open = bills.iter().position(|it| it.status == BillStatus::Open);
            let mut bill = match open {
                Some(index) => bills.swap_remove(index),
                None if account.is_subscribed() && !self.ends => {
                    return self.begin(access, account, until, newest).await;
                }
                None => return Ok(()),
            };
            let to = until.min(bill.month.end());
            // An hour in which nothing happens writes no row, and what is stored is counted later.
            let is_over = until >= bill.month.end();
            let closes = self.ends || is_over && self.may_close(&bill).await?;
            if newest == bill.bill.sequence && !closes {
                return Ok(());
            }
            let mut update = BillUpdate::default();
            self.add_late_use((access, account), &mut bill, bills, &mut update)
                .await?;
            let (usage, sequence) = self
                .catalog
                .sealed_usage(access, bill.month.first(), to)
                .await?;
            let has_more = newest > bill.bill.sequence;
            let hours = Hours::new(&usage, to);
            let active = usage.active_hours();
            let mut hour = bill.bill.through;
            while hour < to {
                let is_last = hour.next() == to;
                if active.contains(&hour) || is_last && (has_more || closes) {
                    let units = self.take_in(&mut bill, account, hour, hours.before(hour.next()));
                    update
                        .added
                        .extend(self.events(&bill, account, hour, units));
                }
                hour = hour.next();
            }
            if to <= bill.bill.through && (has_more || closes) {
                // What is new belongs to hours that were counted before.
                let last = Hour(to.0.saturating_sub(1));
                let units = self.take_in(&mut bill, account, last, hours.before(to));
                update
                    .added
                    .extend(self.events(&bill, account, last, units));
            }
            bill.bill.through = to.max(bill.bill.through);
            // What was recorded since is counted, and looked at again.
            bill.bill.sequence = newest;
            if closes {
                if account.is_subscribed() && !self.ends {
                    update.bills.push(self.next(&bill, account));
                }
                self.close(&mut bill, sequence);
            }
            update.bills.push(bill);
            let written = self.catalog.write_bills(tenant, &update).await?;
            // Somebody else is at it, or this month has more time.
            if !written || !closes {
                return Ok(());
            }
        }
    }

    /// Begins the first bill of a tenant: what it used in the month before it subscribed, whether that is
    /// a record or not, is nobody's.
    async fn begin(
        &self,
        access: &Access,
        account: &BillingAccount,
        until: Hour,
        sequence: u64,
    ) -> Result<(), CatalogError> {
        let month = Month::of(self.now);
        let (from, to) = (month.first(), month.end());
        let filter = UsageFilter::default();
        let usage = self.catalog.usage(access, from, to, filter).await?;
        let used = BILLED.map(|meter| usage.total(meter, self.now));
        let bill = month::new(&self.currency(account), from.max(until), sequence, [0; 3]);
        let mut bill = self.open(access.tenant, month, bill);
        self.take_in(&mut bill, &BillingAccount::default(), until, used);
        let update = BillUpdate {
            bills: vec![bill],
            ..BillUpdate::default()
        };
        self.catalog.write_bills(access.tenant, &update).await?;
        Ok(())
    }

    /// The bill of the month behind one that is closed.
    fn next(&self, it: &MonthBill, account: &BillingAccount) -> MonthBill {
        let (month, sequence) = (it.month.next(), it.bill.sequence);
        let carried = month::rest(&it.bill, it.month);
        let bill = month::new(&self.currency(account), month.first(), sequence, carried);
        self.open(it.tenant, month, bill)
    }

    /// Nothing of a new bill is sent until the provider was asked what it has: the bill may have been
    /// there before, and lost.
    fn open(&self, tenant: TenantId, month: Month, bill: catalog::Bill) -> MonthBill {
        MonthBill {
            tenant,
            month,
            version: 0,
            status: BillStatus::Open,
            settled: false,
            due_at: Some(self.now.saturating_add(SETTLE_AFTER)),
            bill,
        }
    }

    fn close(&self, it: &mut MonthBill, sequence: u64) {
        it.status = BillStatus::Closed;
        it.bill.closed_at = Some(self.now);
        it.bill.closed_sequence = Some(sequence);
        for meter in BILLED {
            if let Some(meter) = it.bill.meter(meter) {
                meter.used_at_close = meter.used;
            }
        }
        if it.settled {
            it.due_at = Some(self.now);
        }
    }

    async fn may_close(&self, it: &MonthBill) -> Result<bool, CatalogError> {
        let end = it.month.end();
        Ok(self.now >= end.start().saturating_add(CLOSED_AFTER)
            && self.catalog.is_sealed(it.tenant, end).await?)
    }

    fn currency(&self, account: &BillingAccount) -> String {
        let chosen = account.currency.as_deref();
        chosen.unwrap_or_else(|| self.prices.currency()).to_owned()
    }

    /// Takes in what is used until an hour ended; the units that are to be reported.
    fn take_in(
        &self,
        it: &mut MonthBill,
        account: &BillingAccount,
        hour: Hour,
        used: [u128; 3],
    ) -> Units {
        let prices = self.prices.at(&it.bill.currency, it.month);
        let terms = Terms {
            month: it.month,
            prices: prices
                .map(super::price::Prices::of_units)
                .unwrap_or_default(),
            cap: account.cap_cents,
            subscribed: account.was_subscribed(hour) && prices.is_some(),
        };
        month::advance(&mut it.bill, used, &terms)
    }

    fn events(
        &self,
        it: &MonthBill,
        account: &BillingAccount,
        hour: Hour,
        units: Units,
    ) -> Vec<MeterEvent> {
        let customer = account.customer.clone().unwrap_or_default();
        let state = if it.settled {
            MeterEventState::Waiting
        } else {
            MeterEventState::Unknown
        };
        let of_line = |(line, units): (usize, u64)| MeterEvent {
            key: MeterEventKey {
                tenant: it.tenant,
                meter: BILLED[line],
                hour,
                part: self.now.duration_since(hour.start()).as_secs(),
            },
            month: it.month,
            customer: customer.clone(),
            units,
            timestamp: hour.next().0 * HOUR_SECONDS - 1,
            state,
            attempts: 0,
            attempted_at: None,
            error: None,
        };
        let some = units
            .into_iter()
            .enumerate()
            .filter(|(_, units)| *units > 0);
        some.map(of_line).collect()
    }

    /// Adds to the open bill what came to be known of months that are closed.
    async fn add_late_use(
        &self,
        (access, account): (&Access, &BillingAccount),
        open: &mut MonthBill,
        closed: Vec<MonthBill>,
        update: &mut BillUpdate,
    ) -> Result<(), CatalogError> {
        let late = self
            .catalog
            .late_months(access.tenant, open.bill.sequence, open.month)
            .await?;
        let is_late = |it: &MonthBill| it.bill.closed_at.is_some() && late.contains(&it.month);
        for mut it in closed.into_iter().filter(is_late) {
            let (from, to) = (it.month.first(), it.month.end());
            let (usage, _) = self.catalog.sealed_usage(access, from, to).await?;
            let used = Hours::new(&usage, to).before(to);
            let mut more = month::late(&mut it.bill, used, it.month);
            if let Some(cap) = account.cap_cents
                && let Some(prices) = self.prices.at(&it.bill.currency, it.month)
            {
                month::cap_late(&mut it.bill, &mut more, prices.of_units(), cap);
            }
            for (meter, amount) in BILLED.into_iter().zip(more) {
                if amount == 0 {
                    continue;
                }
                if let Some(of_meter) = open.bill.meter(meter) {
                    of_meter.carried += amount;
                }
                open.bill.adjustments.push(Adjustment {
                    meter,
                    amount,
                    reason: format!("use of {} that was reported after it was closed", it.month),
                    at: self.now,
                });
            }
            update.bills.push(it);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
