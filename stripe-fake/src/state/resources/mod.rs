//! Stripe's objects, and the operations on them: a file for each kind.

pub(crate) mod account;
pub(crate) mod cards;
pub(crate) mod charges;
pub(crate) mod checkout_completion;
pub(crate) mod checkout_sessions;
pub(crate) mod customers;
pub(crate) mod disputes;
pub(crate) mod event_destinations;
pub(crate) mod event_summaries;
pub(crate) mod events;
pub(crate) mod invoice_payments;
pub(crate) mod invoices;
pub(crate) mod invoicing;
pub(crate) mod meter_errors;
pub(crate) mod meter_events;
pub(crate) mod meters;
pub(crate) mod periods;
pub(crate) mod portal_configurations;
pub(crate) mod portal_sessions;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod subscriptions;
pub(crate) mod webhook_endpoints;
