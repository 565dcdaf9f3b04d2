//! Which operation a request means.

use crate::call::{Answer, Call};
use crate::state::State;
use crate::state::resources as it;

/// What is done for a request.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    /// It looks, and changes nothing.
    Read(fn(&State, &Call<'_>) -> Answer),
    Write(fn(&mut State, &Call<'_>) -> Answer),
}

use Operation::{Read, Write};

/// Method, path, and what is done. `{id}` stands for an id.
const ROUTES: [(&str, &str, Operation); 46] = [
    ("GET", "/v1/account", Read(it::account::retrieve)),
    ("GET", "/v1/balance", Read(it::account::balance)),
    ("POST", "/v1/customers", Write(it::customers::create)),
    ("GET", "/v1/customers/{id}", Read(it::customers::retrieve)),
    ("POST", "/v1/customers/{id}", Write(it::customers::update)),
    ("POST", "/v1/products", Write(it::products::create)),
    ("GET", "/v1/products", Read(it::products::list)),
    ("GET", "/v1/products/{id}", Read(it::products::retrieve)),
    ("POST", "/v1/prices", Write(it::prices::create)),
    ("GET", "/v1/prices", Read(it::prices::list)),
    ("GET", "/v1/prices/{id}", Read(it::prices::retrieve)),
    ("POST", "/v1/billing/meters", Write(it::meters::create)),
    ("GET", "/v1/billing/meters", Read(it::meters::list)),
    ("GET", "/v1/billing/meters/{id}", Read(it::meters::retrieve)),
    (
        "GET",
        "/v1/billing/meters/{id}/event_summaries",
        Read(it::event_summaries::list),
    ),
    (
        "POST",
        "/v1/billing/meter_events",
        Write(it::meter_events::create),
    ),
    (
        "POST",
        "/v1/checkout/sessions",
        Write(it::checkout_sessions::create),
    ),
    (
        "GET",
        "/v1/checkout/sessions",
        Read(it::checkout_sessions::list),
    ),
    (
        "GET",
        "/v1/checkout/sessions/{id}",
        Read(it::checkout_sessions::retrieve),
    ),
    (
        "POST",
        "/v1/checkout/sessions/{id}/expire",
        Write(it::checkout_sessions::expire),
    ),
    (
        "POST",
        "/v1/billing_portal/sessions",
        Write(it::portal_sessions::create),
    ),
    (
        "POST",
        "/v1/billing_portal/configurations",
        Write(it::portal_configurations::create),
    ),
    (
        "GET",
        "/v1/billing_portal/configurations",
        Read(it::portal_configurations::list),
    ),
    (
        "POST",
        "/v1/billing_portal/configurations/{id}",
        Write(it::portal_configurations::update),
    ),
    ("GET", "/v1/subscriptions", Read(it::subscriptions::list)),
    (
        "GET",
        "/v1/subscriptions/{id}",
        Read(it::subscriptions::retrieve),
    ),
    (
        "POST",
        "/v1/subscriptions/{id}",
        Write(it::subscriptions::update),
    ),
    (
        "DELETE",
        "/v1/subscriptions/{id}",
        Write(it::subscriptions::cancel),
    ),
    ("GET", "/v1/invoices", Read(it::invoices::list)),
    ("GET", "/v1/invoices/{id}", Read(it::invoices::retrieve)),
    ("POST", "/v1/invoices/{id}", Write(it::invoices::update)),
    ("GET", "/v1/invoices/{id}/lines", Read(it::invoices::lines)),
    (
        "POST",
        "/v1/invoices/{id}/finalize",
        Write(it::invoices::finalize),
    ),
    ("POST", "/v1/invoices/{id}/pay", Write(it::invoices::pay)),
    ("POST", "/v1/invoices/{id}/void", Write(it::invoices::void)),
    (
        "POST",
        "/v1/webhook_endpoints",
        Write(it::webhook_endpoints::create),
    ),
    (
        "GET",
        "/v1/webhook_endpoints",
        Read(it::webhook_endpoints::list),
    ),
    (
        "POST",
        "/v1/webhook_endpoints/{id}",
        Write(it::webhook_endpoints::update),
    ),
    (
        "DELETE",
        "/v1/webhook_endpoints/{id}",
        Write(it::webhook_endpoints::delete),
    ),
    ("GET", "/v1/events", Read(it::events::list)),
    ("GET", "/v1/events/{id}", Read(it::events::retrieve)),
    ("GET", "/v1/disputes/{id}", Read(it::disputes::retrieve)),
    ("GET", "/v1/charges/{id}", Read(it::charges::retrieve)),
    (
        "POST",
        "/v2/core/event_destinations",
        Write(it::event_destinations::create),
    ),
    (
        "GET",
        "/v2/core/event_destinations",
        Read(it::event_destinations::list),
    ),
    (
        "GET",
        "/v2/core/events/{id}",
        Read(it::event_destinations::retrieve_event),
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
