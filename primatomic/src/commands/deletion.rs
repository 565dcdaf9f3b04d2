//! `deletion`: how far deletions of logs and views are.

use clap::{Args, Subcommand};
use primatomic_client::Client;
use serde_json::Value;

use crate::commands::log::{collect, text};
use crate::failure::Failure;
use crate::output::{Output, fields, table};

const AFTER_HELP: &str = "\
What was deleted is out of reach at once. Its bytes leave the event log and the object store (step
`bytes`), for a log the archive (`archive`), and at last go with the last backup from before
(`backups`). One that is done is shown for 30 days.";

#[derive(Args, Debug)]
pub(crate) struct DeletionArguments {
    #[command(subcommand)]
    command: DeletionCommand,
}

#[derive(Debug, Subcommand)]
enum DeletionCommand {
    /// List deletions, newest first
    List {
        /// Print at most this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Show one
    #[command(after_help = AFTER_HELP)]
    Show {
        /// The id that `log delete` or `view delete` printed
        job: String,
    },
}

pub(crate) async fn run(
    arguments: DeletionArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        DeletionCommand::List { limit } => {
            let jobs = collect(client, &["deletions"], "deletions", limit).await?;
            let rows: Vec<_> = jobs.iter().map(row).collect();
            output.value(&jobs, |_| {
                table(["DELETED", "STEP", "SINCE", "REQUESTED", "ID"], &rows)
            })
        }
        DeletionCommand::Show { job } => {
            let job: Value = client.json(&client.get(&["deletions", &job])).await?;
            output.value(&job, describe)
        }
    }
}

/// What to say behind a deletion; nothing if the server names no job.
pub(crate) fn hint(answer: &Value) -> String {
    match text(answer, "job_id") {
        "" => String::new(),
        job => format!("\nFollow the removal of its bytes with `primatomic deletion show {job}`."),
    }
}

fn row(job: &Value) -> [String; 5] {
    let cell = |field| text(job, field).to_owned();
    [
        what(job),
        cell("step"),
        cell("step_since"),
        cell("requested_at"),
        cell("job_id"),
    ]
}

fn what(job: &Value) -> String {
    let log = text(job, "log_name");
    match text(job, "view_name") {
        "" => format!("log {log}"),
        view => format!("view {view} of log {log}"),
    }
}

fn describe(job: &Value) -> String {
    let mut pairs = vec![
        ("deleted", what(job)),
        ("state", text(job, "state").to_owned()),
        ("step", text(job, "step").to_owned()),
        ("since", text(job, "step_since").to_owned()),
        ("requested", text(job, "requested_at").to_owned()),
    ];
    if let Some(finished) = job.get("finished_at").and_then(Value::as_str) {
        pairs.push(("finished", finished.to_owned()));
    }
    fields(&pairs)
}
