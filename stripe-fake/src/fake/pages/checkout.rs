//! Checkout: what is bought, a card, and two buttons.

use poem::Response;
use serde_json::Value;

use super::{card_form, escape, page, redirect};
use crate::changes::Press;
use crate::fake::Fake;
use crate::money;
use crate::state::resources::cards::Card;
use crate::state::resources::checkout_completion::Refused;
use crate::state::resources::checkout_sessions::Status;

pub(super) fn show(fake: &Fake, id: &str, message: Option<&str>) -> Response {
    let body = fake.state(|state| {
        let session = state.sessions.get(id)?;
        let over = match session.status {
            Status::Open => None,
            Status::Complete => Some("<p>You have subscribed already.</p>"),
            Status::Expired => Some("<p>This page has expired. Go back and begin again.</p>"),
        };
        if let Some(over) = over {
            return Some(over.to_owned());
        }
        let rows = session
            .prices
            .iter()
            .filter_map(|it| state.prices.get(it))
            .map(|price| {
                let text = |value: &Value| escape(value.as_str().unwrap_or_default());
                let product = state
                    .products
                    .get(price["product"].as_str().unwrap_or_default());
                let price = money::shown_price(
                    price["unit_amount_decimal"].as_str().unwrap_or_default(),
                    price["currency"].as_str().unwrap_or_default(),
                );
                let name = product.map(|it| text(&it["name"])).unwrap_or_default();
                format!("<tr><td>{name}</td><td>{} a unit</td></tr>", escape(&price))
            });
        Some(format!(
            "<table><caption>By use, each month</caption><thead><tr><th scope=\"col\">What</th>\
             <th scope=\"col\">Price</th></tr></thead><tbody>{}</tbody></table>{}",
            rows.collect::<String>(),
            card_form(
                "<button class=\"main\" name=\"do\" value=\"subscribe\">Subscribe</button> \
                 <button name=\"do\" value=\"cancel\" formnovalidate>Cancel</button>",
                message
            ),
        ))
    });
    match body {
        Some(body) => page(200, "Subscribe", &body),
        None => page(404, "Not found", "<p>There is no such checkout.</p>"),
    }
}

pub(super) fn press(fake: &Fake, id: &str, form: &Value) -> Response {
    if form["do"] == "cancel" {
        let back = fake.state(|state| Some(state.sessions.get(id)?.text("cancel_url")?.to_owned()));
        return back.map_or_else(|| show(fake, id, None), |to| redirect(&to));
    }
    let Some(card) = form["card"].as_str().and_then(Card::from_number) else {
        return show(
            fake,
            id,
            Some("This card is none of those that are known here."),
        );
    };
    let press = Press::Subscribe {
        session: id.to_owned(),
        card,
    };
    match fake.press(press) {
        Ok(to) => redirect(&to),
        Err(Refused::Declined) => show(fake, id, Some("Your card was declined.")),
        Err(Refused::NoSuchObject | Refused::Over) => show(fake, id, None),
    }
}
