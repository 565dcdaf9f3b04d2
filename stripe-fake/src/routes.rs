//! Which operation a request means.

use crate::call::{Answer, Call};
use crate::state::State;
use crate::state::resources as it;

type Operation = fn(&mut State, &Call<'_>) -> Answer;

/// Method, path, and what is done. `{id}` stands for an id.
const ROUTES: [(&str, &str, Operation); 46] = [
    ("GET", "/v1/account", it::account::retrieve),
    ("GET", "/v1/balance", it::account::balance),
    ("POST", "/v1/customers", it::customers::create),
    ("GET", "/v1/customers/{id}", it::customers::retrieve),
    ("POST", "/v1/customers/{id}", it::customers::update),
    ("POST", "/v1/products", it::products::create),
    ("GET", "/v1/products", it::products::list),
    ("GET", "/v1/products/{id}", it::products::retrieve),
    ("POST", "/v1/prices", it::prices::create),
    ("GET", "/v1/prices", it::prices::list),
    ("GET", "/v1/prices/{id}", it::prices::retrieve),
    ("POST", "/v1/billing/meters", it::meters::create),
    ("GET", "/v1/billing/meters", it::meters::list),
    ("GET", "/v1/billing/meters/{id}", it::meters::retrieve),
    (
        "GET",
        "/v1/billing/meters/{id}/event_summaries",
        it::event_summaries::list,
    ),
    ("POST", "/v1/billing/meter_events", it::meter_events::create),
    (
        "POST",
        "/v1/checkout/sessions",
        it::checkout_sessions::create,
    ),
    ("GET", "/v1/checkout/sessions", it::checkout_sessions::list),
    (
        "GET",
        "/v1/checkout/sessions/{id}",
        it::checkout_sessions::retrieve,
    ),
    (
        "POST",
        "/v1/checkout/sessions/{id}/expire",
        it::checkout_sessions::expire,
    ),
    (
        "POST",
        "/v1/billing_portal/sessions",
        it::portal_sessions::create,
    ),
    (
        "POST",
        "/v1/billing_portal/configurations",
        it::portal_configurations::create,
    ),
    (
        "GET",
        "/v1/billing_portal/configurations",
        it::portal_configurations::list,
    ),
    (
        "POST",
        "/v1/billing_portal/configurations/{id}",
        it::portal_configurations::update,
    ),
    ("GET", "/v1/subscriptions", it::subscriptions::list),
    ("GET", "/v1/subscriptions/{id}", it::subscriptions::retrieve),
    ("POST", "/v1/subscriptions/{id}", it::subscriptions::update),
    (
        "DELETE",
        "/v1/subscriptions/{id}",
        it::subscriptions::cancel,
    ),
    ("GET", "/v1/invoices", it::invoices::list),
    ("GET", "/v1/invoices/{id}", it::invoices::retrieve),
    ("POST", "/v1/invoices/{id}", it::invoices::update),
    ("GET", "/v1/invoices/{id}/lines", it::invoices::lines),
    ("POST", "/v1/invoices/{id}/finalize", it::invoices::finalize),
    ("POST", "/v1/invoices/{id}/pay", it::invoices::pay),
    ("POST", "/v1/invoices/{id}/void", it::invoices::void),
    (
        "POST",
        "/v1/webhook_endpoints",
        it::webhook_endpoints::create,
    ),
    ("GET", "/v1/webhook_endpoints", it::webhook_endpoints::list),
    (
        "POST",
        "/v1/webhook_endpoints/{id}",
        it::webhook_endpoints::update,
    ),
    (
        "DELETE",
        "/v1/webhook_endpoints/{id}",
        it::webhook_endpoints::delete,
    ),
    ("GET", "/v1/events", it::events::list),
    ("GET", "/v1/events/{id}", it::events::retrieve),
    ("GET", "/v1/disputes/{id}", it::disputes::retrieve),
    ("GET", "/v1/charges/{id}", it::charges::retrieve),
    (
        "POST",
        "/v2/core/event_destinations",
        it::event_destinations::create,
    ),
    (
        "GET",
        "/v2/core/event_destinations",
        it::event_destinations::list,
    ),
    (
        "GET",
        "/v2/core/events/{id}",
        it::event_destinations::retrieve_event,
    ),
];

/// What a request means.
pub(crate) struct Route<'a> {
    /// As the rules name it.
    pub(crate) name: String,
    pub(crate) operation: Operation,
    /// What stands for `{id}`.
    pub(crate) id: &'a str,
}

pub(crate) fn find<'a>(method: &str, path: &'a str) -> Option<Route<'a>> {
    ROUTES.iter().find_map(|(of, pattern, operation)| {
        let id = matched(pattern, path).filter(|_| *of == method)?;
        Some(Route {
            name: format!("{of} {pattern}"),
            operation: *operation,
            id,
        })
    })
}

/// The id in a path that has the pattern; empty where there is none.
fn matched<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let Some((before, after)) = pattern.split_once("{id}") else {
        return (pattern == path).then_some("");
    };
    let id = path.strip_prefix(before)?.strip_suffix(after)?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// The names of all operations.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = String> {
    ROUTES
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
}
