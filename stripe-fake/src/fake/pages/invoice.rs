//! An invoice with its lines.

use poem::Response;

use super::{escape, page};
use crate::fake::Fake;
use crate::money;
use crate::state::resources::invoices::Invoice;

pub(super) fn show(fake: &Fake, id: &str) -> Response {
    let body = fake.state(|state| state.invoices.get(id).map(table));
    match body {
        Some(body) => page(200, "Invoice", &body),
        None => page(404, "Not found", "<p>There is no such invoice.</p>"),
    }
}

/// The number of an invoice. A draft has none.
pub(super) fn number(it: &Invoice) -> String {
    escape(it.number.as_deref().unwrap_or("No number yet"))
}

/// The lines and the total.
pub(super) fn table(it: &Invoice) -> String {
    let rows = it.lines.iter().map(|line| {
        format!(
            "<tr><td>{}</td><td>{} × {}</td><td>{}</td></tr>",
            escape(&line.description),
            line.quantity,
            escape(&money::shown_price(&line.unit_amount_decimal, &it.currency)),
            escape(&money::shown(line.amount(), &it.currency)),
        )
    });
    format!(
        "<table><caption>{}: {}</caption><thead><tr><th scope=\"col\">What</th>\
         <th scope=\"col\">Units × price</th><th scope=\"col\">Amount</th></tr></thead>\
         <tbody>{}</tbody><tfoot><tr><th scope=\"row\" colspan=\"2\">Total</th><td>{}</td></tr>\
         </tfoot></table>",
        number(it),
        it.status.name(),
        rows.collect::<String>(),
        escape(&money::shown(it.total(), &it.currency)),
    )
}
