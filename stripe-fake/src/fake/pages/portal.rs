//! The portal: a customer's subscription, invoices and card.

use poem::Response;
use serde_json::Value;

use super::{CARD, error, escape, page, redirect};
use crate::changes::Press;
use crate::fake::Fake;
use crate::money;
use crate::state::State;
use crate::state::resources::cards::Card;
use crate::state::resources::portal_sessions::PortalSession;
use crate::state::resources::{invoices, subscriptions};

fn session(state: &State, id: &str) -> Option<PortalSession> {
    state.portal_sessions.get(id).cloned()
}

pub(super) fn show(fake: &Fake, id: &str, message: Option<&str>) -> Response {
    let body = fake.state(|state| {
        let session = session(state, id)?;
        let live = state.subscriptions.iter().filter(|it| it.customer == session.customer);
        let mut html = error(message);
        for it in live {
            html.push_str(&subscription(it));
        }
        html.push_str("<h2>Invoices</h2><table><tr><th>Invoice</th><th>State</th><th>Amount</th></tr>");
        let mut owed = false;
        for it in state.invoices.iter().rev().filter(|it| it.customer == session.customer) {
            owed |= it.status == invoices::Status::Open;
            html.push_str(&format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(it.number.as_deref().unwrap_or("draft")),
                it.status.name(),
                escape(&money::shown(it.total(), &it.currency)),
            ));
        }
        html.push_str("</table>");
        if owed {
            html.push_str(&button("pay", "Pay open invoices"));
        }
        html.push_str(&format!(
            "<h2>Card</h2><form method=\"post\">{CARD}<button name=\"do\" value=\"card\">Change card\
             </button></form>"
        ));
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

fn subscription(it: &subscriptions::Subscription) -> String {
    let state = it.status.name();
    let next = match (it.status, it.cancel_at_period_end) {
        (subscriptions::Status::Canceled, _) => String::new(),
        (_, true) => format!(
            "<p>It ends with this month.</p>{}",
            button("resume", "Go on")
        ),
        (_, false) => button("cancel", "Cancel at the end of the month"),
    };
    format!("<p>Subscription: <strong>{state}</strong></p>{next}")
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
            None => return show(fake, id, Some("This card is none of those below.")),
        },
        _ => return show(fake, id, None),
    };
    match fake.press(press) {
        Ok(_) => redirect(&format!("/portal/{id}")),
        Err(_) => show(fake, id, Some("Your card was declined.")),
    }
}
