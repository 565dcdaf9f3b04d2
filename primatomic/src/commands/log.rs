//! `log`: create, list, inspect, verify and delete logs.

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{BinaryBytes, HumanCount};
use primatomic_client::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands::{deletion, verify};
use crate::failure::Failure;
use crate::output::{Output, fields, table};

#[derive(Args, Debug)]
pub(crate) struct LogArguments {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Create a log
    #[command(after_help = "Example:\n  primatomic log create customer-acme-usage")]
    Create {
        /// 1 to 128 of A-Z a-z 0-9 . _ - ; unique among your logs
        name: String,
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// What happens to events in the hot log once they are archived
        #[arg(long, value_enum)]
        retention: Option<RetentionArgument>,
    },
    /// List your logs by name
    List {
        /// Print at most this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Show a log: its head, size and hash chain
    Get {
        /// Name or id
        log: String,
    },
    /// Delete a log with its events and views, for good
    Delete {
        /// Name or id
        log: String,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Read every event and recompute the hash chain
    #[command(after_help = verify::AFTER_HELP)]
    Verify(verify::VerifyArguments),
}

#[derive(Clone, Copy, Debug, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
enum RetentionArgument {
    KeepHot,
    Archive,
}

#[derive(Serialize)]
struct CreateLog<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<RetentionArgument>,
}

/// A log as the server describes it, as far as people are shown.
#[derive(Debug, Deserialize)]
pub(crate) struct LogSummary {
    pub log_id: String,
    pub log_name: String,
    pub created_at: String,
    #[serde(default)]
    pub head_sequence: u64,
    #[serde(default)]
    pub chain_hash: Option<String>,
    #[serde(default)]
    pub event_bytes: Option<u64>,
    #[serde(default)]
    pub last_append_at: Option<String>,
    #[serde(default)]
    pub retention: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

pub(crate) async fn run(
    arguments: LogArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        LogCommand::Create {
            name,
            description,
            retention,
        } => {
            let body = CreateLog {
                name: &name,
                description: description.as_deref(),
                retention,
            };
            let created: Value = client
                .json(&client.post(&["logs"]).json_body(&body)?)
                .await?;
            output.value(&created, |it| {
                format!("Created log {name} ({}).", text(it, "log_id"))
            })
        }
        LogCommand::List { limit } => list(client, output, limit).await,
        LogCommand::Get { log } => {
            let found: Value = client.json(&client.get(&["logs", &log])).await?;
            let summary: LogSummary =
                serde_json::from_value(found.clone()).map_err(Failure::other)?;
            output.value(&found, |_| describe(&summary))
        }
        LogCommand::Delete { log, yes } => delete(client, output, &log, yes).await,
        LogCommand::Verify(arguments) => verify::run(arguments, client, output).await,
    }
}

async fn list(client: &Client, output: Output, limit: Option<usize>) -> Result<(), Failure> {
    let logs = collect(client, &["logs"], "logs", limit).await?;
    let mut rows = Vec::new();
    for log in &logs {
        let log: LogSummary = serde_json::from_value(log.clone()).map_err(Failure::other)?;
        let events = log.head_sequence.to_string();
        rows.push([log.log_name, events, log.created_at, log.log_id]);
    }
    output.value(&logs, |_| table(["NAME", "EVENTS", "CREATED", "ID"], &rows))
}

async fn delete(client: &Client, output: Output, log: &str, yes: bool) -> Result<(), Failure> {
    if !yes {
        confirm(&format!(
            "Delete log {log}, its events and views, for good?"
        ))?;
    }
    let call = client.delete(&["logs", log]);
    let answer = client.send(&call).await?;
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    output.value(&answer, |it| {
        format!("Deleted log {log}.{}", deletion::hint(it))
    })
}

/// Walks a list's pages and collects its items.
pub(crate) async fn collect(
    client: &Client,
    path: &[&str],
    items: &str,
    limit: Option<usize>,
) -> Result<Vec<Value>, Failure> {
    const PAGE: usize = 1_000;
    let limit = limit.unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    while found.len() < limit {
        let page = PAGE.min(limit - found.len());
        let call = client
            .get(path)
            .query("limit", page)
            .query_if("cursor", cursor.take());
        let mut page: Value = client.json(&call).await?;
        if let Some(Value::Array(rows)) = page.get_mut(items).map(Value::take) {
            found.extend(rows);
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    Ok(found)
}

/// Asks a person on the terminal; a script must pass `--yes`.
pub(crate) fn confirm(question: &str) -> Result<(), Failure> {
    use std::io::{IsTerminal as _, Write as _};
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "this can't be undone; pass --yes to confirm".to_owned(),
        ));
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(Failure::other)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::Other("nothing was deleted".to_owned()))
    }
}

/// A text field of an answer, or nothing.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn describe(log: &LogSummary) -> String {
    let mut pairs = vec![
        ("name", log.log_name.clone()),
        ("id", log.log_id.clone()),
        ("created", log.created_at.clone()),
        ("events", HumanCount(log.head_sequence).to_string()),
    ];
    let more = [
        (
            "bytes",
            log.event_bytes.map(|it| BinaryBytes(it).to_string()),
        ),
        ("last append", log.last_append_at.clone()),
        ("chain hash", log.chain_hash.clone()),
        ("retention", log.retention.clone()),
        ("description", log.description.clone()),
    ];
    pairs.extend(
        more.into_iter()
            .filter_map(|(label, value)| Some((label, value?))),
    );
    fields(&pairs)
}
