//! HTTP: the operations as poem sees them, one file per resource.
//!
//! A handler parses, calls one domain operation and answers. What all requests have in common
//! (their id, who sends them, rate limits, the form of errors, metrics) is in [`layer`].

mod accept;
mod answer;
mod append;
mod audit;
mod audit_format;
mod auth;
mod body;
mod caller;
mod deletion_jobs;
mod deletions;
mod docs;
mod document;
mod error;
mod events;
mod events_format;
mod failures;
mod health;
mod invitations;
mod keys;
mod layer;
mod limits;
mod logs;
mod members;

mod queries;
mod schemas;
mod tail;
mod tenants;
mod times;
mod views;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};
use poem_openapi::{OpenApiService, Tags};

pub use document::openapi_document;

use crate::domain::App;

/// The groups of the document.
#[derive(Tags)]
enum Tag {
    /// Signing up, and what a member sees of the own tenant.
    Tenants,
    /// Logging in and out, tokens, and verifying addresses.
    Authentication,
    /// Members and invitations.
    People,
    /// API keys.
    Keys,
    /// Logs and their events.
    Logs,
    /// Views: deploying, watching and querying them.
    Views,
    /// The service itself.
    Service,
}

type Operations = (
    tenants::TenantsApi,
    audit::AuditApi,
    deletions::DeletionsApi,
    auth::AuthApi,
    members::MembersApi,
    invitations::InvitationsApi,
    keys::KeysApi,
    logs::LogsApi,
    append::AppendApi,
    events::EventsApi,
    deletion_jobs::DeletionJobsApi,
    views::ViewsApi,
    queries::QueriesApi,
    health::HealthApi,
);

/// All operations. They hold nothing: what they work on comes with each request.
fn service() -> OpenApiService<Operations, ()> {
    let operations = (
        tenants::TenantsApi,
        audit::AuditApi,
        deletions::DeletionsApi,
        auth::AuthApi,
        members::MembersApi,
        invitations::InvitationsApi,
        keys::KeysApi,
        logs::LogsApi,
        append::AppendApi,
        events::EventsApi,
        deletion_jobs::DeletionJobsApi,
        views::ViewsApi,
        queries::QueriesApi,
        health::HealthApi,
    );
    OpenApiService::new(operations, "Primatomic", env!("CARGO_PKG_VERSION")).description(
        "Append immutable events to a log, deploy a WebAssembly component that folds them \
             into state, and query that state with read-after-write consistency.",
    )
}

/// The whole API, ready to be served.
pub(crate) fn endpoint(app: Arc<App>) -> impl Endpoint<Output = Response> + 'static {
    let pages = docs::routes().boxed();
    layer::Layer::new(app, service().into_endpoint(), pages)
}
