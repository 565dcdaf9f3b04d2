//! The portal: a customer's subscription, invoices and card.

use poem::Response;
use serde_json::Value;

use super::{card_form, escape, invoice, page, redirect, time};
use crate::changes::Press;
use crate::fake::Fake;
use crate::money;
use crate::state::State;
use crate::state::resources::cards::Card;
use crate::state::resources::invoices::{self, Invoice};
use crate::state::resources::portal_sessions::PortalSession;
use crate::state::resources::subscriptions::{self, Subscription};

fn session(state: &State, id: &str) -> Option<PortalSession> {
    state.portal_sessions.get(id).cloned()
}

pub(super) fn show(fake: &Fake, id: &str, message: Option<&str>) -> Response {
    let body = fake.state(|state| {
        let session = session(state, id)?;
        let of_it = |it: &&Subscription| it.customer == session.customer;
        let of_it = state.subscriptions.iter().filter(of_it);
        let mut html: String = of_it.map(subscription).collect();
        html.push_str(&invoices(state, &session.customer));
        html.push_str("<h2>Card</h2>");
        let change = "<button name=\"do\" value=\"card\">Change card</button>";
        html.push_str(&card_form(change, message));
        if let Some(to) = &session.return_url {
            html.push_str(&format!("<p><a href=\"{}\">Go back</a></p>", escape(to)));
        }
        Some(html)
    });
    match body {
        Some(body) => page(200, "Your subscription", &body),
        None => page(
            404,
            "Not found",
            "<p>There is no such page of the portal.</p>",
        ),
    }
}

fn subscription(it: &Subscription) -> String {
    let state = it.status.name().replace('_', " ");
    let next = match (it.status, it.cancel_at_period_end) {
        (subscriptions::Status::Canceled, _) => String::new(),
        (_, true) => format!(
            "<p>It ends at {}.</p>{}",
            time(it.period_end),
            button("resume", "Go on")
        ),
        (_, false) => button("cancel", "Cancel at the end of the month"),
    };
    format!("<p>Subscription: <strong>{state}</strong></p>{next}")
}

/// The newest come first.
fn invoices(state: &State, customer: &str) -> String {
    let of_it = |it: &&Invoice| it.customer == customer;
    let rows = state.invoices.iter().rev().filter(of_it).map(|it| {
        format!(
            "<tr><td><a href=\"/invoices/{}\">{}</a></td><td>{}</td><td>{}</td></tr>",
            it.id,
            invoice::number(it),
            it.status.name(),
            escape(&money::shown(it.total(), &it.currency)),
        )
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return "<h2>Invoices</h2><p>There is none yet.</p>".to_owned();
    }
    let mut open = state.invoices.iter().filter(of_it);
    let pay = if open.any(|it| it.status == invoices::Status::Open) {
        button("pay", "Pay open invoices")
    } else {
        String::new()
    };
    format!(
        "<h2>Invoices</h2><table><thead><tr><th scope=\"col\">Invoice</th>\
         <th scope=\"col\">State</th><th scope=\"col\">Amount</th></tr></thead>\
         <tbody>{rows}</tbody></table>{pay}"
    )
}

fn button(action: &str, label: &str) -> String {
    format!("<form method=\"post\"><button name=\"do\" value=\"{action}\">{label}</button></form>")
}

pub(super) fn press(fake: &Fake, id: &str, form: &Value) -> Response {
    let Some(session) = fake.state(|state| session(state, id)) else {
        return show(fake, id, None);
    };
    let customer = session.customer;
    let press = match form["do"].as_str() {
        Some(action @ ("cancel" | "resume")) => Press::Cancel {
            customer,
            cancelled: action == "cancel",
        },
        Some("pay") => Press::Pay { customer },
        Some("card") => match form["card"].as_str().and_then(Card::from_number) {
            Some(card) => Press::ChangeCard { customer, card },
            None => {
                return show(
                    fake,
                    id,
                    Some("This card is none of those that are known here."),
                );
            }
        },
        _ => return show(fake, id, None),
    };
    match fake.press(press) {
        Ok(_) => redirect(&format!("/portal/{id}")),
        Err(_) => show(fake, id, Some("Your card was declined.")),
    }
}
