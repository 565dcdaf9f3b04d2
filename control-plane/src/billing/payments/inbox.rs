//! Working on webhooks. They name what changed; what it is now is asked for.

use catalog::{BillStatus, BillUpdate, Invoice, Webhook};
use protocol::TenantId;

use super::{PaymentError, Payments};
use crate::billing::stripe::InvoiceState;

/// What a webhook was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The account of a tenant may have changed.
    Account(TenantId),
    /// Meter events that were accepted are not counted.
    Meters,
    /// Nothing that matters here.
    Nothing,
}

impl Payments<'_> {
    /// Finds out what a webhook is about, and does all of it that concerns invoices and disputes.
    pub(crate) async fn take_in(&self, webhook: &Webhook) -> Result<Told, PaymentError> {
        let object = webhook.object.as_str();
        let kind = webhook.kind.as_str();
        let told = if kind.starts_with("checkout.session.") {
            self.of_checkout(object).await
        } else if kind.starts_with("customer.subscription.") {
            self.of_subscription(object).await
        } else if kind.starts_with("invoice.") {
            self.of_invoice(object).await
        } else if kind.starts_with("charge.dispute.") {
            self.of_dispute(object).await
        } else if kind.starts_with("v1.billing.meter.") {
            Ok(Told::Meters)
        } else {
            Ok(Told::Nothing)
        };
        match told {
            // It is not there, or not in this account: nothing is known of it.
            Err(PaymentError::Stripe(error)) if error.is_not_found() => Ok(Told::Nothing),
            told => told,
        }
    }

    async fn of_checkout(&self, id: &str) -> Result<Told, PaymentError> {
        let session = self.stripe.checkout(id).await?;
        // What it says of whose it is, is believed only where it is our customer.
        self.of_customer(session.customer.as_deref()).await
    }

    async fn of_subscription(&self, id: &str) -> Result<Told, PaymentError> {
        let customer = self.stripe.customer_of_subscription(id).await?;
        self.of_customer(Some(&customer)).await
    }

    async fn of_customer(&self, customer: Option<&str>) -> Result<Told, PaymentError> {
        let Some(customer) = customer else {
            return Ok(Told::Nothing);
        };
        let tenant = self.catalog.tenant_of_customer(customer).await?;
        Ok(tenant.map_or(Told::Nothing, Told::Account))
    }

    async fn of_invoice(&self, id: &str) -> Result<Told, PaymentError> {
        let Some(invoice) = self.stripe.invoice(id).await? else {
            return Ok(Told::Nothing);
        };
        let told = self.of_customer(invoice.customer.as_deref()).await?;
        if let Told::Account(tenant) = told {
            self.hold(&invoice).await?;
            self.note_invoice(tenant, &invoice).await?;
            self.catalog.hurry_bills(tenant).await?;
        }
        Ok(told)
    }

    /// Holds a draft that Stripe tells of for the first time, if it is one of ours.
    pub(crate) async fn hold_new(&self, id: &str) -> Result<(), PaymentError> {
        match self.stripe.invoice(id).await {
            Ok(Some(invoice)) => self.hold(&invoice).await,
            Ok(None) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a draft of use from becoming final before it was compared.
    pub(super) async fn hold(&self, invoice: &InvoiceState) -> Result<(), PaymentError> {
        if invoice.is_draft() && invoice.auto_advance && self.bills_use(invoice).await? {
            self.stripe.hold_invoice(&invoice.id).await?;
        }
        Ok(())
    }

    /// Keeps what people are shown of an invoice that was compared: whether it is paid.
    async fn note_invoice(
        &self,
        tenant: TenantId,
        invoice: &InvoiceState,
    ) -> Result<(), PaymentError> {
        let Some(month) = invoice.month() else {
            return Ok(());
        };
        let bill = self.catalog.month_bill(tenant, month).await?;
        let is_it = |it: &Invoice| it.id == invoice.id && it.status != invoice.status;
        let Some(mut bill) = bill.filter(|it| {
            it.status == BillStatus::Invoiced && it.bill.invoice.as_ref().is_some_and(is_it)
        }) else {
            return Ok(());
        };
        bill.bill.invoice = Some(invoice.shown());
        let update = BillUpdate {
            bills: vec![bill],
            ..BillUpdate::default()
        };
        self.catalog.write_bills(tenant, &update).await?;
        Ok(())
    }

    async fn of_dispute(&self, id: &str) -> Result<Told, PaymentError> {
        let (customer, is_open) = self.stripe.dispute(id).await?;
        let told = self.of_customer(customer.as_deref()).await?;
        if let Told::Account(tenant) = told {
            let id = id.to_owned();
            self.change_account(tenant, |account| {
                if is_open {
                    account.dispute = Some(id.clone());
                } else if account.dispute.as_deref() == Some(&id) {
                    account.dispute = None;
                }
            })
            .await?;
        }
        Ok(told)
    }
}
