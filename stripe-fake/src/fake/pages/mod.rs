//! The pages that people see: Checkout, the portal, invoices, and the clock. They need no script, and
//! each says that no money moves.

mod checkout;
mod invoice;
mod overview;
mod portal;

use poem::http::{Method, StatusCode, header};
use poem::{Request, Response};

use crate::fake::Fake;
use crate::form;

const STYLE: &str = include_str!("style.css");

/// Answers a request for a page.
pub(crate) async fn answer(fake: &Fake, request: &Request, body: &str) -> Response {
    let form = form::parse(body);
    let path = request.uri().path().to_owned();
    let post = request.method() == Method::POST;
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (segments.as_slice(), post) {
        ([""], false) => overview::show(fake),
        (["clock"], true) => overview::move_clock(fake, &form).await,
        (["invoices", id], false) => invoice::show(fake, id),
        (["checkout", id], false) => checkout::show(fake, id, None),
        (["checkout", id], true) => checkout::press(fake, id, &form),
        (["portal", id], false) => portal::show(fake, id, None),
        (["portal", id], true) => portal::press(fake, id, &form),
        _ => page(404, "Not found", "<p>There is no such page.</p>"),
    }
}

/// A page of the fake. The body is HTML.
fn page(status: u16, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} – stand-in for Stripe</title><style>{STYLE}</style></head>\
         <body><header><strong>This is a stand-in for Stripe. No real money moves.</strong> \
         <a href=\"/\">Clock and invoices</a></header>\
         <main><h1>{title}</h1>{body}</main></body></html>",
        title = escape(title),
    );
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

fn redirect(to: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, to)
        .finish()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A time in seconds since 1970.
fn time(seconds: u64) -> String {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(0));
    let time = time.unwrap_or_default();
    let shown = time.strftime("%-d %B %Y, %H:%M:%S UTC");
    format!("<time datetime=\"{time}\">{shown}</time>")
}

/// A form that asks for a card and has these buttons, with what was wrong with the card before.
fn card_form(buttons: &str, wrong: Option<&str>) -> String {
    let (error, state) = match wrong {
        Some(wrong) => (
            format!(
                "<p class=\"error\" role=\"alert\" id=\"wrong\">{}</p>",
                escape(wrong)
            ),
            "aria-invalid=\"true\" aria-describedby=\"wrong cards\"",
        ),
        None => (String::new(), "aria-describedby=\"cards\""),
    };
    format!(
        "{error}<form method=\"post\"><label for=\"card\">Card number</label>\
         <input id=\"card\" name=\"card\" required inputmode=\"numeric\" autocomplete=\"off\" \
         value=\"4242 4242 4242 4242\" {state}>\
         <p class=\"note\" id=\"cards\">4242 4242 4242 4242 pays, 4000 0000 0000 0341 fails when it is \
         charged, 4000 0000 0000 0002 is declined.</p>{buttons}</form>"
    )
}
