//! `deletion`: how far deletions of logs and views are.

use clap::Subcommand;
use serde_json::Value;

use crate::commands::json::{cells, labelled, text};
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions};
use crate::failure::Failure;
use crate::output::fields;

const AFTER_HELP: &str = "\
What was deleted is out of reach at once. Its bytes leave the event log and the object store (step
`bytes`), for a log the archive (`archive`), and at last go with the last backup from before
(`backups`). One that is done is shown for 30 days.";

#[derive(Debug, Subcommand)]
pub(crate) enum DeletionCommand {
    /// List deletions, newest first
    List(ListOptions),
    /// Show one
    #[command(after_help = AFTER_HELP)]
    Show {
        /// The id that `log delete` or `view delete` printed
        job: String,
    },
}

pub(crate) async fn run(group: Group<DeletionCommand>, session: &Session) -> Result<(), Failure> {
    match group.command {
        DeletionCommand::List(options) => {
            let titles = ["DELETED", "STEP", "SINCE", "REQUESTED", "ID"];
            session
                .print_list(&["deletions"], options.limit, titles, row)
                .await
        }
        DeletionCommand::Show { job } => {
            let call = session.client.get(&["deletions", &job]);
            session.print(&call, describe).await
        }
    }
}

/// What to say behind a deletion.
pub(crate) fn hint(deleted: &Value) -> String {
    let job = text(deleted, "job_id");
    format!("\nFollow the removal of its bytes with `primatomic deletion show {job}`.")
}

fn row(job: &Value) -> [String; 5] {
    let [step, since, requested, id] = cells(job, ["step", "step_since", "requested_at", "job_id"]);
    [what(job), step, since, requested, id]
}

fn what(job: &Value) -> String {
    let log = text(job, "log_name");
    match text(job, "view_name") {
        "" => format!("log {log}"),
        view => format!("view {view} of log {log}"),
    }
}

fn describe(job: &Value) -> String {
    let more = [
        ("state", "state"),
        ("step", "step"),
        ("since", "step_since"),
        ("requested", "requested_at"),
        ("finished", "finished_at"),
    ];
    let pairs: Vec<_> = [("deleted", what(job))]
        .into_iter()
        .chain(labelled(job, more))
        .collect();
    fields(&pairs)
}
