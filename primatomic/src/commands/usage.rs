//! `usage`: what the tenant used in a month.

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::commands::json::text;
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::output::{fields, table};

#[derive(Args, Debug)]
#[command(after_help = "\
Months, days and hours are those of UTC; a gigabyte is 10⁹ bytes. With --json there are exact numbers,
too.

Examples:
  primatomic usage
  primatomic usage 2026-10 --log customer-acme-usage
  primatomic usage --by hour --log customer-acme-usage --view monthly --json")]
pub(crate) struct UsageArguments {
    /// The month, such as 2026-11 [default: the current one]
    month: Option<String>,
    /// Name or id of a log: what was used in it alone
    #[arg(long, value_name = "LOG")]
    log: Option<String>,
    /// Name of a view of that log: what it used alone
    #[arg(long, value_name = "VIEW", requires = "log")]
    view: Option<String>,
    /// How long each line of the table is
    #[arg(long, value_enum, default_value_t = Step::Day)]
    by: Step,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Step {
    Hour,
    Day,
}

pub(crate) async fn run(arguments: UsageArguments, session: &Session) -> Result<(), Failure> {
    let step = match arguments.by {
        Step::Hour => "hour",
        Step::Day => "day",
    };
    let call = session
        .client
        .get(&["billing", "usage"])
        .query_if("month", arguments.month.as_deref())
        .query_if("log", arguments.log.as_deref())
        .query_if("view", arguments.view.as_deref())
        .query("step", step);
    session.print(&call, describe).await
}

/// The totals, and a table of the days or hours.
fn describe(usage: &Value) -> String {
    let totals = fields(&[
        ("from", text(usage, "since").to_owned()),
        ("until", text(usage, "until").to_owned()),
        (
            "storage",
            format!("{} GB-hours", figure(&usage["storage_gb_hours"])),
        ),
        (
            "compute",
            format!("{} s", figure(&usage["compute_seconds"])),
        ),
        ("data out", format!("{} GB", figure(&usage["data_out_gb"]))),
        (
            "compiling, not billed",
            format!("{} s", figure(&usage["compile_seconds"])),
        ),
    ]);
    let periods = usage["series"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if periods.is_empty() {
        return totals;
    }
    let rows: Vec<_> = periods.iter().map(row).collect();
    let titles = ["UTC", "STORAGE GB-S", "COMPUTE S", "DATA OUT GB"];
    format!("{totals}\n\n{}", table(titles, &rows))
}

fn row(period: &Value) -> [String; 4] {
    [
        text(period, "at").to_owned(),
        figure(&period["storage_gb_seconds"]),
        figure(&period["compute_seconds"]),
        figure(&period["data_out_gb"]),
    ]
}

/// Six digits behind the point: enough for a microsecond or a kilobyte.
fn figure(value: &Value) -> String {
    format!("{:.6}", value.as_f64().unwrap_or_default())
}
