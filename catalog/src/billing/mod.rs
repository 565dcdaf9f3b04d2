//! What is kept for the bill: accounts with the payment provider, the bills of months, the outbox of
//! meter events, and the inbox of webhooks.
//!
//! What a month costs is decided elsewhere; here a bill and the meter events that it makes are written
//! together or not at all, and only over the bill that was read ([`Catalog::write_bills`](crate::Catalog::write_bills)).

mod account;
mod month;
mod outbox;
mod webhook;

pub(super) use self::month::unsettle;
pub use self::month::{BillUpdate, MonthBill};
pub use self::outbox::{Claimed, MeterEvent, MeterEventKey, MeterEventState, SETTLE_AFTER};
pub use self::webhook::Webhook;
