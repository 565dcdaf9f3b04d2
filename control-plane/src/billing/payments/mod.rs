//! What the payment provider is told and asked: use is reported, invoices are compared before they are
//! final, and subscriptions are looked at.
//!
//! Every step may be repeated, and by any node: what was done is written down after it was done, and
//! doing it once more changes nothing.

mod accounts;
mod inbox;
mod invoicing;
mod outbox;
mod reconciling;
mod settling;

use catalog::{Catalog, CatalogError};
use protocol::Timestamp;

use super::price::PriceList;
use super::stripe::{Stripe, StripeError};

pub(crate) use self::inbox::Told;
pub use self::reconciling::Reconciliation;

/// What payments are made with.
#[derive(Clone, Copy)]
pub(crate) struct Payments<'a> {
    pub catalog: &'a Catalog,
    pub prices: &'a PriceList,
    pub stripe: &'a Stripe,
    pub now: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PaymentError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Stripe(#[from] StripeError),
}

#[cfg(test)]
mod tests;
