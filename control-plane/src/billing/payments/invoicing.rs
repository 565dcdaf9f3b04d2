//! Comparing invoices with bills, and making them final.
//!
//! Stripe makes the draft of a month from the meter events that it has. It is held until the bill of the
//! month is closed and everything of it was sent. What the draft says is compared with what was sent,
//! line by line, and with Stripe's own summaries; only if they are equal it is made final. An invoice
//! that became final without us, after days of an outage, is taken as it is, and what differs is an
//! adjustment of the month that is open.

use std::time::Duration;

use catalog::{
    Adjustment, BillStatus, BillUpdate, BillingAccount, MeterEvent, MeterEventState, MonthBill,
};
use protocol::TenantId;
use protocol::meter::Month;

use super::{PaymentError, Payments};
use crate::billing::plan::{self, Units};
use crate::billing::price::{BILLED, unit};
use crate::billing::stripe::InvoiceState;

/// Bills that are looked at in one round.
const BILLS_AT_A_TIME: u64 = 100;

/// A bill is looked at again after this time, while Stripe gets on with it.
const SOON: Duration = Duration::from_secs(60);
/// One that people have to look at, too: they may have mended it.
const LATER: Duration = Duration::from_secs(600);

/// Drafts follow what was sent within minutes. What differs for longer than this is an error.
const FOLLOWS: Duration = Duration::from_secs(2 * 3_600);

/// Stripe makes an invoice at the end of a period; it is missed after this time.
const MISSED: Duration = Duration::from_secs(3 * 24 * 3_600);

/// What is to be done next about a bill.
enum Next {
    /// There is no invoice, and nothing to be billed.
    Nothing,
    /// All invoices of the month, newest first; they are final.
    Final(Vec<InvoiceState>),
    Wait(Duration),
    /// People have to look.
    Stop(String),
}

impl Payments<'_> {
    /// Works on all bills that are due.
    pub(crate) async fn work_on_bills(&self) -> Result<(), PaymentError> {
        for bill in self.catalog.due_bills(BILLS_AT_A_TIME).await? {
            let (tenant, month) = (bill.tenant, bill.month);
            let worked = if bill.settled {
                self.work_on(bill).await
            } else {
                self.settle(bill).await
            };
            match worked {
                Ok(()) => {}
                Err(PaymentError::Catalog(error)) => return Err(error.into()),
                // Nobody else has to wait for it.
                Err(error) => {
                    tracing::warn!(%tenant, %month, %error, "a bill is worked on again later");
                    self.put_off_bill(tenant, month, &error).await?;
                }
            }
        }
        Ok(())
    }

    async fn put_off_bill(
        &self,
        tenant: TenantId,
        month: Month,
        error: &PaymentError,
    ) -> Result<(), PaymentError> {
        if let Some(mut bill) = self.catalog.month_bill(tenant, month).await? {
            let lasts = matches!(error, PaymentError::Stripe(error) if error.lasts());
            if lasts && bill.status == BillStatus::Closed {
                bill.status = BillStatus::Stopped;
                bill.bill.problem = Some(error.to_string());
            }
            bill.due_at = Some(self.now.saturating_add(SOON));
            self.write(bill).await?;
        }
        Ok(())
    }

    /// Writes a bill, unless somebody else did: then it is still due.
    async fn write(&self, bill: MonthBill) -> Result<(), PaymentError> {
        let tenant = bill.tenant;
        let update = BillUpdate {
            bills: vec![bill],
            ..BillUpdate::default()
        };
        self.catalog.write_bills(tenant, &update).await?;
        Ok(())
    }

    async fn work_on(&self, mut bill: MonthBill) -> Result<(), PaymentError> {
        if !matches!(bill.status, BillStatus::Closed | BillStatus::Stopped) {
            bill.due_at = None;
            return self.write(bill).await;
        }
        let account = self.catalog.billing_account(bill.tenant).await?;
        let events = self.catalog.meter_events(bill.tenant, bill.month).await?;
        match self.compare(&bill, &account, &events).await? {
            Next::Nothing => {
                self.set_current_prices(&account).await?;
                return self.finish(bill, &events, &[]).await;
            }
            Next::Final(invoices) => return self.finish(bill, &events, &invoices).await,
            Next::Wait(pause) => bill.due_at = Some(self.now.saturating_add(pause)),
            Next::Stop(problem) => {
                let (tenant, month) = (bill.tenant, bill.month);
                tracing::error!(%tenant, %month, problem, "the invoice of a month is stopped");
                bill.status = BillStatus::Stopped;
                bill.bill.problem = Some(problem);
                bill.due_at = Some(self.now.saturating_add(LATER));
            }
        }
        self.write(bill).await
    }

    async fn compare(
        &self,
        bill: &MonthBill,
        account: &BillingAccount,
        events: &[MeterEvent],
    ) -> Result<Next, PaymentError> {
        // The account of a tenant that was deleted is gone.
        let known = events.first().map(|it| &it.customer);
        let Some(customer) = account.customer.as_ref().or(known) else {
            return Ok(Next::Nothing);
        };
        let invoices = self.invoices_of(customer, bill.month).await?;
        for invoice in &invoices {
            self.hold(invoice).await?;
        }
        if !invoices.is_empty() {
            self.set_current_prices(account).await?;
        }
        // What an invoice that is final did not get, waits for the next month.
        let is_late = |it: &&MeterEvent| {
            let covers = |invoice: &&InvoiceState| is_within(it, invoice);
            invoices
                .iter()
                .find(covers)
                .is_some_and(|it| !it.is_draft())
        };
        let open = || events.iter().filter(|it| !is_late(it));
        if open().any(|it| it.state == MeterEventState::Dead) {
            return Ok(Next::Stop(
                "Stripe refused meter events for good; `primatomic billing outbox` shows them"
                    .to_owned(),
            ));
        }
        if open().any(|it| it.state.is_open()) {
            return Ok(Next::Wait(SOON));
        }
        let missed = bill.month.end().start().saturating_add(MISSED) < self.now;
        if invoices.is_empty() {
            let reported: u64 = events.iter().map(|it| it.units).sum();
            if reported == 0 {
                return Ok(Next::Nothing);
            }
            let problem = format!("Stripe made no invoice, and {reported} units were reported");
            return Ok(if missed {
                Next::Stop(problem)
            } else {
                Next::Wait(SOON)
            });
        }
        // What is in no period may be on an invoice that is still to come.
        let covers = |it: &MeterEvent| invoices.iter().any(|invoice| is_within(it, invoice));
        if !missed && !events.iter().all(covers) {
            return Ok(Next::Wait(LATER));
        }
        if invoices.iter().all(|it| !it.is_draft()) {
            return Ok(Next::Final(invoices));
        }
        for invoice in invoices.iter().filter(|it| it.is_draft()) {
            if let Some(problem) = self.difference(bill, invoice, events, customer).await? {
                let sent = events.iter().filter_map(|it| it.attempted_at).max();
                let since = bill.bill.closed_at.max(sent).unwrap_or(self.now);
                return Ok(if self.now.duration_since(since) > FOLLOWS {
                    Next::Stop(problem)
                } else {
                    Next::Wait(SOON)
                });
            }
            let sequence = bill.bill.closed_sequence.unwrap_or(0);
            self.stripe.finalise_invoice(&invoice.id, sequence).await?;
        }
        let invoices = self.invoices_of(customer, bill.month).await?;
        Ok(if invoices.iter().any(InvoiceState::is_draft) {
            Next::Wait(SOON)
        } else {
            Next::Final(invoices)
        })
    }

    /// Gives a subscription the prices of this month: the invoices of those before have theirs already.
    async fn set_current_prices(&self, account: &BillingAccount) -> Result<(), PaymentError> {
        let live = account
            .subscription
            .as_ref()
            .filter(|_| account.is_subscribed());
        let (Some(live), Some(customer)) = (live, &account.customer) else {
            return Ok(());
        };
        let found = self.stripe.subscriptions(customer).await?;
        match found.iter().find(|it| it.id == live.id) {
            Some(found) => {
                let month = Month::of(self.now);
                self.set_prices(account, found, month).await
            }
            None => Ok(()),
        }
    }

    /// What is wrong with a draft; nothing, if it may be made final.
    async fn difference(
        &self,
        bill: &MonthBill,
        invoice: &InvoiceState,
        events: &[MeterEvent],
        customer: &str,
    ) -> Result<Option<String>, PaymentError> {
        let id = &invoice.id;
        let lines = self.units_of(invoice).await?;
        let sent = sum(events.iter().filter(|it| is_within(it, invoice)));
        if lines != sent {
            let (lines, sent) = (in_words(lines), in_words(sent));
            return Ok(Some(format!("the draft {id} has {lines}; sent was {sent}")));
        }
        let there = self.there(bill, customer).await?;
        let sent = sum(events.iter().filter(|it| it.state == MeterEventState::Sent));
        if there != sent {
            let (there, sent) = (in_words(there), in_words(sent));
            return Ok(Some(format!(
                "Stripe's meters have {there}; sent was {sent}"
            )));
        }
        let Some(prices) = self.prices.at(&bill.bill.currency, bill.month) else {
            let (currency, month) = (&bill.bill.currency, bill.month);
            return Ok(Some(format!(
                "there are no prices in {currency} for {month} any more"
            )));
        };
        let costs: u64 = plan::costs(prices.of_units(), lines).iter().sum();
        let subtotal = invoice.subtotal_cents;
        if i64::try_from(costs).ok() != Some(subtotal) {
            return Ok(Some(format!(
                "the draft {id} comes to {subtotal} cents, and {costs} by our prices"
            )));
        }
        Ok(None)
    }

    /// What Stripe's meters have of a month.
    pub(super) async fn there(
        &self,
        bill: &MonthBill,
        customer: &str,
    ) -> Result<Units, PaymentError> {
        let hours = (bill.month.first(), bill.month.end());
        let mut there = Units::default();
        for (line, there) in there.iter_mut().enumerate() {
            let summaries = self.stripe.summaries(line, customer, hours).await?;
            *there = summaries.values().sum();
        }
        Ok(there)
    }

    /// The invoices of a month are final. What they bill otherwise than it was reported, because they
    /// became final without us, is made good in the month that is open, all in one transaction.
    async fn finish(
        &self,
        mut bill: MonthBill,
        events: &[MeterEvent],
        invoices: &[InvoiceState],
    ) -> Result<(), PaymentError> {
        let (tenant, month) = (bill.tenant, bill.month);
        let mut update = BillUpdate::default();
        let reported = sum(events.iter());
        let mut differences = reported.map(i128::from);
        for invoice in invoices {
            for (difference, billed) in differences.iter_mut().zip(self.units_of(invoice).await?) {
                *difference -= i128::from(billed);
            }
        }
        let unsent = events.iter().filter(|it| it.state != MeterEventState::Sent);
        update.removed.extend(unsent.map(|it| it.key));
        if differences != [0; 3] {
            tracing::error!(%tenant, %month, ?differences, "not all that was reported is billed");
            let open = self.catalog.month_bills(tenant, 1).await?.pop();
            let mut open = open.filter(|it| it.status == BillStatus::Open);
            for (meter, units) in BILLED.into_iter().zip(differences) {
                if let Some(it) = bill.bill.meter(meter) {
                    it.reported = u64::try_from(i128::from(it.reported) - units).unwrap_or(0);
                }
                // Who has no open month is not billed any more; what is left is ours.
                let amount = units * i128::try_from(unit(meter)).unwrap_or(i128::MAX);
                if let Some(open) = open.as_mut().filter(|_| amount != 0) {
                    if let Some(it) = open.bill.meter(meter) {
                        it.carried += amount;
                    }
                    open.bill.adjustments.push(Adjustment {
                        meter,
                        amount,
                        reason: format!("the invoice of {month} was final without it"),
                        at: self.now,
                    });
                }
            }
            update.bills.extend(open);
        }
        bill.status = BillStatus::Invoiced;
        bill.due_at = None;
        bill.bill.problem = None;
        bill.bill.invoice = invoices.first().map(InvoiceState::shown);
        update.bills.push(bill);
        // If somebody else wrote one of them meanwhile, it is still due.
        self.catalog.write_bills(tenant, &update).await?;
        Ok(())
    }

    /// The invoices of a customer that bill use of a month, newest first.
    pub(super) async fn invoices_of(
        &self,
        customer: &str,
        month: Month,
    ) -> Result<Vec<InvoiceState>, PaymentError> {
        let mut of_month = Vec::new();
        for invoice in self.stripe.invoices(customer).await? {
            if invoice.month() == Some(month) && self.bills_use(&invoice).await? {
                of_month.push(invoice);
            }
        }
        Ok(of_month)
    }

    /// Whether an invoice has lines of ours, for use.
    pub(super) async fn bills_use(&self, invoice: &InvoiceState) -> Result<bool, PaymentError> {
        let mut is_ours = false;
        for line in &invoice.lines {
            is_ours |= self.stripe.line_of(&line.price).await?.is_some();
        }
        Ok(is_ours && !invoice.is_first())
    }

    pub(super) async fn units_of(&self, invoice: &InvoiceState) -> Result<Units, PaymentError> {
        let mut units = Units::default();
        for line in &invoice.lines {
            if let Some(index) = self.stripe.line_of(&line.price).await? {
                units[index] += line.units;
            }
        }
        Ok(units)
    }
}

/// Whether an event is used in the period of an invoice.
pub(super) fn is_within(event: &MeterEvent, invoice: &InvoiceState) -> bool {
    let holds = |(start, end)| (start..end).contains(&event.timestamp);
    invoice.period().is_some_and(holds)
}

pub(super) fn sum<'a>(events: impl Iterator<Item = &'a MeterEvent>) -> Units {
    let mut units = Units::default();
    for event in events {
        if let Some(line) = BILLED.iter().position(|it| *it == event.key.meter) {
            units[line] += event.units;
        }
    }
    units
}

pub(super) fn in_words(units: Units) -> String {
    let each = BILLED.iter().zip(units);
    let each = each.map(|(meter, units)| format!("{units} of {meter}"));
    each.collect::<Vec<_>>().join(", ")
}
