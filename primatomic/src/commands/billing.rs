//! `billing`: where the figures of a bill come from.

use clap::{Subcommand, ValueEnum};
use serde_json::Value;

use crate::commands::json::{cell, labelled, text};
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions};
use crate::failure::Failure;
use crate::output::{fields, table};

#[derive(Debug, Subcommand)]
pub(crate) enum BillingCommand {
    /// Print the records of the ledger that a figure of a month is the sum of
    #[command(after_help = "\
Amounts are byte-seconds, nanoseconds or bytes. Of storage, a change of the level counts with its amount
until its hour ends, and with its bytes from then on.

Examples:
  primatomic billing explain 2026-11 compute
  primatomic billing explain 2026-11 storage --log customer-acme-usage --json")]
    Explain {
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
    },
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

pub(crate) async fn run(group: Group<BillingCommand>, session: &Session) -> Result<(), Failure> {
    let BillingCommand::Explain {
        month,
        meter,
        log,
        view,
        list,
    } = group.command;
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
