//! The first page: the time, and what was billed.

use poem::Response;
use serde_json::Value;

use super::{invoice, page, redirect, time};
use crate::fake::Fake;
use crate::state::resources::periods;

const MOVES: [(&str, &str); 3] = [
    ("3600", "One hour on"),
    ("86400", "One day on"),
    ("month", "To the next month"),
];

pub(super) fn show(fake: &Fake) -> Response {
    let body = fake.state(|state| {
        let moves = MOVES
            .map(|(by, label)| format!("<button name=\"by\" value=\"{by}\">{label}</button> "));
        let mut invoices: String = state.invoices.iter().rev().map(invoice::table).collect();
        if invoices.is_empty() {
            invoices = "<p>Nothing has been billed yet.</p>".to_owned();
        }
        format!(
            "<p>It is {} here.</p>\
             <form method=\"post\" action=\"/clock\"><fieldset><legend>Move the clock</legend>{}\
             </fieldset></form><h2>Invoices</h2>{invoices}",
            time(state.now),
            moves.concat(),
        )
    });
    page(200, "Clock and invoices", &body)
}

pub(super) async fn move_clock(fake: &Fake, form: &Value) -> Response {
    let now = fake.now();
    let to = match form["by"].as_str() {
        Some("month") => periods::next_month(now),
        Some(seconds) => now + seconds.parse::<u64>().unwrap_or(0).min(40 * 86_400),
        None => now,
    };
    fake.advance_to(to).await;
    redirect("/")
}
