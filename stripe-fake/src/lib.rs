//! A server that stands in for Stripe in tests and on a developer's machine.
//!
//! It takes the requests that Primatomic sends, checks them by Stripe's rules, and answers as Stripe
//! does: meters and their events, Checkout, subscriptions, invoices, the customer portal, and
//! webhooks. Its clock can be moved, so that a test sees a month end, an invoice being held, or a
//! payment being retried, in no time. It can be told to fail in the ways in which networks do.
//!
//! What parameters there are comes from the types of Stripe's Node library (`rules/`); a parameter
//! that Stripe doesn't know is an error here too. It never talks to Stripe, keeps everything in
//! memory, with a journal that it can be started again from, and listens on the loopback address only.

#![recursion_limit = "512"]

mod call;
mod changes;
mod checking;
mod error;
mod fake;
mod faults;
mod form;
mod idempotency;
mod journal;
mod list;
mod metadata;
mod money;
mod options;
mod routes;
mod rules;
mod signature;
mod state;
mod table;

pub use fake::{Fake, NoSuchObject};
pub use faults::{Fault, FaultKind, Faults};
pub use options::Options;
pub use state::resources::cards::Card;
pub use state::resources::meter_events::MeterEvent;
