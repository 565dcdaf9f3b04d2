//! `tenant`: show the own tenant, delete it, and take that back.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::commands::Group;
use crate::commands::confirm::Confirmation;
use crate::commands::json::{labelled, text};
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::output::fields;

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Show the tenant that the API key belongs to
    Show,
    /// Close the tenant, and delete it with everything in it after the days of grace
    #[command(after_help = "\
Until it is deleted, `primatomic tenant restore` takes it back. How far a deletion is, `primatomic
tenant deletion JOB` says, with the id that this command prints; it needs no key. An API key can't delete
a tenant at once: log in as its owner with `primatomic login --email` for that.

Examples:
  primatomic tenant delete acme
  primatomic tenant delete acme --immediately --yes")]
    Delete {
        /// The short name of the tenant, as a confirmation
        short_name: String,
        /// Delete it now, without a way back
        #[arg(long)]
        immediately: bool,
        #[command(flatten)]
        sure: Confirmation,
    },
    /// Keep a tenant that is going to be deleted
    Restore,
    /// Show how far the deletion of a tenant is
    Deletion {
        /// The id that `tenant delete` printed
        job: String,
    },
}

pub(crate) async fn run(group: Group<TenantCommand>, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    match group.command {
        TenantCommand::Show => {
            let call = client.get(&["tenants", "me"]);
            session.print(&call, describe).await
        }
        TenantCommand::Delete {
            short_name,
            immediately,
            sure,
        } => {
            let (when, way_back) = match immediately {
                true => ("now", ""),
                false => (
                    "after the days of grace",
                    " Until then, `primatomic tenant restore` keeps it.",
                ),
            };
            sure.ask(&format!(
                "Delete the tenant {short_name} with everything in it, {when}?"
            ))?;
            let body = json!({ "short_name": short_name, "immediately": immediately });
            let call = client.delete(&["tenants", "me"]).json_body(&body)?;
            let human = |job: &Value| {
                let (at, id) = (text(job, "delete_at"), text(job, "job_id"));
                format!(
                    "The tenant {short_name} is closed, and deleted at {at}.{way_back}\nFollow it \
                     with `primatomic tenant deletion {id}`."
                )
            };
            session.print(&call, human).await
        }
        TenantCommand::Restore => {
            let call = client.post(&["tenants", "me", "restore"]);
            let human = |it: &Value| format!("The tenant {} is open.", text(it, "short_name"));
            session.print(&call, human).await
        }
        TenantCommand::Deletion { job } => {
            let call = client.get(&["tenant-deletions", &job]);
            session.print(&call, describe_deletion).await
        }
    }
}

fn describe(tenant: &Value) -> String {
    let own = [
        ("short name", "short_name"),
        ("id", "tenant_id"),
        ("created", "created_at"),
        ("your role", "role"),
    ];
    let deletion = [("deleted at", "delete_at"), ("deletion", "job_id")];
    let own = labelled(tenant, own).into_iter();
    let pairs: Vec<_> = own.chain(labelled(&tenant["deletion"], deletion)).collect();
    fields(&pairs)
}

fn describe_deletion(job: &Value) -> String {
    let pairs = [
        ("state", "state"),
        ("step", "step"),
        ("since", "step_since"),
        ("deleted at", "delete_at"),
        ("logs left", "logs_left"),
        ("removals left", "removals_left"),
        ("finished", "finished_at"),
    ];
    fields(&labelled(job, pairs))
}
