//! Invoices: held as drafts, compared, and finalised by us.

use std::collections::HashMap;

use catalog::Invoice;
use protocol::meter::{HOUR_SECONDS, Hour, Month};
use stripe_billing::invoice::{
    CustomFieldParams, FinalizeInvoiceInvoice, ListInvoice, RetrieveInvoice, UpdateInvoice,
};
use stripe_shared::InvoiceStatus;

use super::{LIST_LIMIT, Stripe, StripeError};

/// The sequence of the ledger at which the month was closed, on the invoice.
const SEQUENCE_KEY: &str = "usage_sequence";

/// An invoice as Stripe has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvoiceState {
    pub id: String,
    pub customer: Option<String>,
    /// Why there is one, in Stripe's words.
    pub reason: Option<String>,
    /// Stripe's word.
    pub status: String,
    /// Whether Stripe finalises it by itself.
    pub auto_advance: bool,
    pub subtotal_cents: i64,
    pub lines: Vec<Line>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub price: String,
    pub units: u64,
    /// In seconds since 1970, the second one exclusive.
    pub period: (u64, u64),
}

impl InvoiceState {
    pub(crate) fn is_draft(&self) -> bool {
        self.status == InvoiceStatus::Draft.as_str()
    }

    /// Whether it is what there is at the beginning of a subscription, which bills nothing.
    pub(crate) fn is_first(&self) -> bool {
        self.reason.as_deref() == Some("subscription_create")
    }

    /// When what it bills was used, in seconds since 1970, the second one exclusive.
    pub(crate) fn period(&self) -> Option<(u64, u64)> {
        let start = self.lines.iter().map(|it| it.period.0).min()?;
        let end = self.lines.iter().map(|it| it.period.1).max()?;
        Some((start, end))
    }

    /// The month in which what it bills was used.
    pub(crate) fn month(&self) -> Option<Month> {
        let (start, _) = self.period()?;
        Some(Month::of(Hour(start / HOUR_SECONDS).start()))
    }

    /// What people are shown of it.
    pub(crate) fn shown(&self) -> Invoice {
        Invoice {
            id: self.id.clone(),
            status: self.status.clone(),
            subtotal_cents: self.subtotal_cents,
        }
    }
}

impl Stripe {
    /// The newest invoices of a customer.
    pub(crate) async fn invoices(&self, customer: &str) -> Result<Vec<InvoiceState>, StripeError> {
        let list = ListInvoice::new().customer(customer).limit(LIST_LIMIT);
        Ok(self
            .get(&list)
            .await?
            .data
            .into_iter()
            .filter_map(to_state)
            .collect())
    }

    pub(crate) async fn invoice(&self, id: &str) -> Result<Option<InvoiceState>, StripeError> {
        Ok(to_state(self.get(&RetrieveInvoice::new(id)).await?))
    }

    /// Keeps a draft from becoming final by itself.
    pub(crate) async fn hold_invoice(&self, id: &str) -> Result<(), StripeError> {
        let request = UpdateInvoice::new(id).auto_advance(false);
        self.get(&request).await?;
        Ok(())
    }

    /// Makes a draft final, and has it paid. It says which state of the ledger it bills.
    pub(crate) async fn finalise_invoice(
        &self,
        id: &str,
        sequence: u64,
    ) -> Result<(), StripeError> {
        let sequence = sequence.to_string();
        let metadata = HashMap::from([(SEQUENCE_KEY.to_owned(), sequence.clone())]);
        let field = CustomFieldParams::new("Usage ledger", format!("as of record {sequence}"));
        let request = UpdateInvoice::new(id)
            .metadata(metadata)
            .custom_fields(vec![field]);
        self.get(&request).await?;
        let request = FinalizeInvoiceInvoice::new(id).auto_advance(true);
        self.get(&request).await?;
        Ok(())
    }
}

fn to_state(it: stripe_shared::Invoice) -> Option<InvoiceState> {
    let seconds = |time: i64| u64::try_from(time).unwrap_or(0);
    let lines = it.lines.data.into_iter().filter_map(|line| {
        let price = line.pricing?.price_details?.price.id().to_string();
        Some(Line {
            price,
            units: line.quantity.unwrap_or(0),
            period: (seconds(line.period.start), seconds(line.period.end)),
        })
    });
    Some(InvoiceState {
        lines: lines.collect(),
        id: it.id?.to_string(),
        reason: it.billing_reason.map(|it| it.as_str().to_owned()),
        customer: it.customer.map(|it| it.id().to_string()),
        status: it
            .status
            .map_or_else(String::new, |it| it.as_str().to_owned()),
        auto_advance: it.auto_advance.unwrap_or(true),
        subtotal_cents: it.subtotal,
    })
}
