//! Comparing bills with what the payment provider has: a look that changes nothing.

use catalog::{BillStatus, BillingAccount, MeterEventState, MonthBill};
use protocol::TenantId;

use super::invoicing::{in_words, sum};
use super::{PaymentError, Payments};
use crate::billing::month;
use crate::billing::plan::Units;
use crate::billing::stripe::InvoiceState;

/// Accounts that are read at a time.
const ACCOUNTS_AT_A_TIME: u64 = 500;

/// Months of a tenant that are compared, the one that is open among them.
const MONTHS: u64 = 3;

/// What was compared, and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    pub tenants: u64,
    pub bills: u64,
    /// A sentence for each bill that differs.
    pub differences: Vec<String>,
}

impl Payments<'_> {
    /// Compares the newest bills of all tenants.
    pub(crate) async fn reconcile(&self) -> Result<Reconciliation, PaymentError> {
        let mut report = Reconciliation::default();
        let mut after = None;
        loop {
            let accounts = self.catalog.billing_accounts(after, ACCOUNTS_AT_A_TIME);
            let accounts = accounts.await?;
            let Some((last, _)) = accounts.last() else {
                return Ok(report);
            };
            after = Some(*last);
            for (tenant, account) in &accounts {
                report.tenants += 1;
                if let Err(error) = self.reconcile_tenant(*tenant, account, &mut report).await {
                    report
                        .differences
                        .push(format!("{tenant} could not be compared: {error}"));
                }
            }
        }
    }

    async fn reconcile_tenant(
        &self,
        tenant: TenantId,
        account: &BillingAccount,
        report: &mut Reconciliation,
    ) -> Result<(), PaymentError> {
        let Some(customer) = &account.customer else {
            return Ok(());
        };
        for bill in self.catalog.month_bills(tenant, MONTHS).await? {
            report.bills += 1;
            if let Some(difference) = self.reconcile_bill(&bill, customer).await? {
                let month = bill.month;
                report
                    .differences
                    .push(format!("{tenant}, {month}: {difference}"));
            }
        }
        Ok(())
    }

    async fn reconcile_bill(
        &self,
        bill: &MonthBill,
        customer: &str,
    ) -> Result<Option<String>, PaymentError> {
        if let Some(problem) = &bill.bill.problem {
            return Ok(Some(problem.clone()));
        }
        let events = self.catalog.meter_events(bill.tenant, bill.month).await?;
        let decided = |it: &&catalog::MeterEvent| it.state == MeterEventState::Sent;
        // What is on its way is not there yet.
        if bill.settled && events.iter().all(|it| decided(&it)) {
            let sent = sum(events.iter());
            let there = self.there(bill, customer).await?;
            if there != sent {
                let (sent, there) = (in_words(sent), in_words(there));
                return Ok(Some(format!(
                    "sent was {sent}; Stripe's meters have {there}"
                )));
            }
        }
        if bill.status != BillStatus::Invoiced {
            return Ok(None);
        }
        let invoices = self.invoices_of(customer, bill.month).await?;
        let mut billed = Units::default();
        for invoice in invoices.iter().filter(|it: &&InvoiceState| !it.is_draft()) {
            for (all, units) in billed.iter_mut().zip(self.units_of(invoice).await?) {
                *all += units;
            }
        }
        let reported = month::reported(&bill.bill);
        let problem = || {
            let (reported, billed) = (in_words(reported), in_words(billed));
            format!("billed was {billed}; reported {reported}")
        };
        Ok((billed != reported).then(problem))
    }
}
