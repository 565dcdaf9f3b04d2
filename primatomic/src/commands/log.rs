//! `log`: create, list, inspect, verify and delete logs.

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{BinaryBytes, HumanCount};
use serde::Serialize;
use serde_json::Value;

use crate::commands::confirm::Confirmation;
use crate::commands::json::{cell, cells, number, text};
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions, deletion, verify};
use crate::failure::Failure;
use crate::output::fields;

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Create a log
    #[command(after_help = "Example:\n  primatomic log create customer-acme-usage")]
    Create(CreateArguments),
    /// List your logs by name
    List(ListArguments),
    /// Show a log: its head, size and hash chain
    Get {
        /// Name or id
        log: String,
    },
    /// Delete a log with its events and views, for good
    Delete {
        /// Name or id
        log: String,
        #[command(flatten)]
        sure: Confirmation,
    },
    /// Read every event and recompute the hash chain
    #[command(after_help = verify::AFTER_HELP)]
    Verify(verify::VerifyArguments),
}

#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Only those whose names begin with this
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

#[derive(Args, Debug, Serialize)]
pub(crate) struct CreateArguments {
    /// 1 to 128 of A-Z a-z 0-9 . _ - ; unique among your logs
    name: String,
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// What happens to events in the hot log once they are archived
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<RetentionArgument>,
}

#[derive(Clone, Copy, Debug, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum RetentionArgument {
    KeepHot,
    Archive,
}

pub(crate) async fn run(group: Group<LogCommand>, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    match group.command {
        LogCommand::Create(arguments) => {
            let call = client.post(&["logs"]).json_body(&arguments)?;
            let name = arguments.name;
            let human = |it: &Value| format!("Created log {name} ({}).", text(it, "log_id"));
            session.print(&call, human).await
        }
        LogCommand::List(ListArguments { prefix, options }) => {
            let row = |it: &Value| cells(it, ["log_name", "head_sequence", "created_at", "log_id"]);
            let titles = ["NAME", "EVENTS", "CREATED", "ID"];
            let call = client.get(&["logs"]).query_if("prefix", prefix);
            session
                .print_list_of(&call, "logs", options.limit, titles, row)
                .await
        }
        LogCommand::Get { log } => session.print(&client.get(&["logs", &log]), describe).await,
        LogCommand::Delete { log, sure } => {
            sure.ask(&format!(
                "Delete log {log}, its events and views, for good?"
            ))?;
            let human = |it: &Value| format!("Deleted log {log}.{}", deletion::hint(it));
            session.print(&client.delete(&["logs", &log]), human).await
        }
        LogCommand::Verify(arguments) => verify::run(arguments, session).await,
    }
}

fn describe(log: &Value) -> String {
    let field = |name: &str| cell(log, name);
    let bytes = BinaryBytes(number(log, "event_bytes"));
    fields(&[
        ("name", field("log_name")),
        ("id", field("log_id")),
        ("created", field("created_at")),
        (
            "events",
            HumanCount(number(log, "head_sequence")).to_string(),
        ),
        ("bytes", bytes.to_string()),
        ("last append", field("last_append_at")),
        ("chain hash", field("chain_hash")),
        ("retention", field("retention")),
        ("description", field("description")),
    ])
}
