//! `billing`: subscribing, the cap, and where the figures of a bill come from.

use clap::{Args, ValueEnum};
use primatomic_client::Call;
use serde_json::{Value, json};

use crate::commands::ListOptions;
use crate::commands::json::{cell, labelled, text};
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::output::{fields, table};

#[derive(Args, Debug)]
pub(crate) struct CheckoutArguments {
    /// Where the page leads when it is done [default: the documentation of the server]
    #[arg(long, value_name = "URL")]
    success_url: Option<String>,
    /// Where it leads when it is left [default: the documentation of the server]
    #[arg(long, value_name = "URL")]
    cancel_url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct PortalArguments {
    /// Where the page leads back to [default: the server]
    #[arg(long, value_name = "URL")]
    return_url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CapArguments {
    /// Units of the currency, such as 20 or 19.50, or `none`
    #[arg(value_parser = read_cap)]
    cap: Cap,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// The month, such as 2026-11
    month: String,
    /// The meter whose figure is to be explained
    #[arg(value_enum)]
    meter: Meter,
    /// Name or id of a log: what was used in it alone
    #[arg(long, value_name = "LOG")]
    log: Option<String>,
    /// Name of a view of that log: what it used alone
    #[arg(long, value_name = "VIEW", requires = "log")]
    view: Option<String>,
    #[command(flatten)]
    list: ListOptions,
}

/// What a month may cost, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cap(Option<u64>);

fn read_cap(text: &str) -> Result<Cap, String> {
    if text == "none" {
        return Ok(Cap(None));
    }
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(cents) || cents.len() != 2 {
        return Err("a cap is an amount such as 20 or 19.50, or `none`".to_owned());
    }
    let cents = format!("{whole}{cents}").parse();
    cents
        .map(|it| Cap(Some(it)))
        .map_err(|_| "the cap is too large".to_owned())
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Meter {
    Storage,
    Compute,
    DataOut,
    Compile,
}

impl Meter {
    fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Compute => "compute",
            Self::DataOut => "data_out",
            Self::Compile => "compile",
        }
    }
}

pub(crate) async fn checkout(it: CheckoutArguments, session: &Session) -> Result<(), Failure> {
    let docs = || format!("{}docs/billing", session.client.base());
    let body = json!({
        "success_url": it.success_url.unwrap_or_else(docs),
        "cancel_url": it.cancel_url.unwrap_or_else(docs),
    });
    let call = session.client.post(&["billing", "checkout"]);
    let human = |page: &Value| format!("Open this page to subscribe:\n\n  {}", text(page, "url"));
    session.print(&call.json_body(&body)?, human).await
}

pub(crate) async fn portal(it: PortalArguments, session: &Session) -> Result<(), Failure> {
    let mut body = json!({});
    if let Some(url) = it.return_url {
        body["return_url"] = url.into();
    }
    let call: Call = session.client.post(&["billing", "portal"]);
    let human = |page: &Value| format!("Cards, invoices, cancelling:\n\n  {}", text(page, "url"));
    session.print(&call.json_body(&body)?, human).await
}

pub(crate) async fn cap(it: CapArguments, session: &Session) -> Result<(), Failure> {
    let body = json!({ "cap_cents": it.cap.0 });
    let call = session.client.put(&["billing", "cap"]).json_body(&body)?;
    let human = |set: &Value| match set["cap_cents"].as_u64() {
        None => "A month may cost whatever is used.".to_owned(),
        Some(cents) => format!(
            "A month costs at most {}.{:02}, before tax.",
            cents / 100,
            cents % 100
        ),
    };
    session.print(&call, human).await
}

pub(crate) async fn explain(it: ExplainArguments, session: &Session) -> Result<(), Failure> {
    let ExplainArguments {
        month,
        meter,
        log,
        view,
        list,
    } = it;
    let call = session
        .client
        .get(&["billing", "usage", &month, "explain"])
        .query("meter", meter.name())
        .query_if("log", log.as_deref())
        .query_if("view", view.as_deref());
    let mut explained: Value = session.client.json(&call).await?;
    let mut records = Vec::new();
    let limit = list.limit.unwrap_or(usize::MAX);
    session
        .pages(&call, limit, "records", |mut page| {
            records.append(&mut page);
            Ok(())
        })
        .await?;
    explained["records"] = records.into();
    session.output.value(&explained, describe)
}

fn describe(explained: &Value) -> String {
    let pairs = [
        ("unit", "unit"),
        ("total", "total"),
        ("bytes stored before", "level_before"),
        ("not recorded yet", "not_recorded"),
    ];
    let totals = fields(&labelled(explained, pairs));
    let records = explained["records"].as_array();
    let rows: Vec<_> = records.into_iter().flatten().map(row).collect();
    let titles = ["NO.", "HOUR (UTC)", "AMOUNT", "BYTES", "LOG", "VIEW"];
    format!("{totals}\n\n{}", table(titles, &rows))
}

fn row(record: &Value) -> [String; 6] {
    [
        cell(record, "sequence"),
        text(record, "hour").to_owned(),
        text(record, "amount").to_owned(),
        text(record, "level_change").to_owned(),
        cell(record, "log_id"),
        cell(record, "view_id"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_an_amount_of_money() {
        assert_eq!(read_cap("20"), Ok(Cap(Some(2_000))));
        assert_eq!(read_cap("19.50"), Ok(Cap(Some(1_950))));
        assert_eq!(read_cap("0"), Ok(Cap(Some(0))));
        assert_eq!(read_cap("none"), Ok(Cap(None)));
        for text in [
            "",
            "1.5",
            "1.500",
            "-1",
            "1e3",
            ".50",
            "1,50",
            "99999999999999999999",
        ] {
            assert!(read_cap(text).is_err(), "{text}");
        }
    }
}
