//! HTTP: the operations as poem sees them, one file per resource.
//!
//! A handler parses, calls one domain operation and answers. Its signature says what is true of the
//! operation: who may call it and whose rate limit it counts for ([`caller`]), what it takes
//! ([`body`], [`parameters`]), what it answers ([`json`]) and which errors it has ([`failures`]).
//! What all requests have in common (their id, the form of errors, metrics) is in [`layer`].

mod accept;
mod account;
mod activity;
mod append;
mod audit;
mod audit_format;
mod auth;
mod bill_format;
mod billing;
mod body;
mod caller;
mod console;
mod cookie;
mod deletions;
mod density;
mod docs;
mod document;
mod error;
mod events;
mod events_format;
mod failures;
mod health;
mod invitations;
mod json;
mod keys;
mod layer;
mod limits;
mod logs;
mod members;
mod operations;
mod parameters;
mod queries;
mod schemas;
mod scope;
mod tail;
mod tenant_deletions;
mod tenants;
mod times;
mod usage_format;
mod views;

use poem_openapi::Tags;

pub use caller::Credentials;
pub use document::openapi_document;
pub(crate) use layer::Layer;
pub use operations::credentials;

/// The groups of the document.
#[derive(Tags)]
enum Tag {
    /// Signing up, and what a member sees of the own tenant.
    Tenants,
    /// Logging in and out, tokens, and verifying addresses.
    Authentication,
    /// The own account: password, sessions, second factor.
    Account,
    /// Members and invitations.
    People,
    /// API keys.
    Keys,
    /// Logs and their events.
    Logs,
    /// Views: deploying, watching and querying them.
    Views,
    /// What was used.
    Billing,
    /// The service itself.
    Service,
}
