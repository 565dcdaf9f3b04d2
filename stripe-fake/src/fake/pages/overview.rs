//! The first page: the time, and what was billed.

use poem::Response;
use serde_json::Value;

use super::{escape, page, redirect};
use crate::fake::Fake;
use crate::money;
use crate::state::resources::meter_errors::iso;
use crate::state::resources::periods;

pub(super) fn show(fake: &Fake) -> Response {
    let body = fake.state(|state| {
        let mut html = format!("<p>It is <strong>{}</strong> here.</p>", iso(state.now));
        html.push_str("<form method=\"post\" action=\"/clock\">");
        for (value, label) in [
            ("3600", "+1 hour"),
            ("86400", "+1 day"),
            ("month", "To the next month"),
        ] {
            html.push_str(&format!(
                "<button name=\"by\" value=\"{value}\">{label}</button> "
            ));
        }
        html.push_str("</form>");
        for it in state.invoices.iter().rev() {
            html.push_str(&format!(
                "<h2>{} <span class=\"note\">{}</span></h2><table>",
                escape(it.number.as_deref().unwrap_or("draft")),
                it.status.name(),
            ));
            for line in &it.lines {
                html.push_str(&format!(
                    "<tr><td>{}</td><td>{} × {}</td><td>{}</td></tr>",
                    escape(&line.description),
                    line.quantity,
                    escape(&line.unit_amount_decimal),
                    escape(&money::shown(line.amount(), &it.currency)),
                ));
            }
            let total = escape(&money::shown(it.total(), &it.currency));
            html.push_str(&format!(
                "<tr><th>Total</th><th></th><th>{total}</th></tr></table>"
            ));
        }
        html
    });
    page(200, "Stand-in for Stripe", &body)
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
