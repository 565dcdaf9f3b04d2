//! `tenant`: show the own tenant, delete it, and take that back.

use clap::{Args, Subcommand};
use primatomic_client::Client;
use serde_json::{Value, json};

use crate::commands::log::{confirm, text};
use crate::failure::Failure;
use crate::output::{Output, fields};

#[derive(Args, Debug)]
pub(crate) struct TenantArguments {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Show the tenant that the API key belongs to
    Show,
    /// Close the tenant, and delete it with everything in it after the days of grace
    #[command(after_help = "\
Until it is deleted, `primatomic tenant restore` takes it back. How far a deletion is, `primatomic
tenant deletion JOB` says, with the id that this command prints; it needs no key.

Examples:
  primatomic tenant delete acme
  primatomic tenant delete acme --immediately --yes")]
    Delete {
        /// The short name of the tenant, as a confirmation
        short_name: String,
        /// Delete it now, without a way back
        #[arg(long)]
        immediately: bool,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Keep a tenant that is going to be deleted
    Restore,
    /// Show how far the deletion of a tenant is
    Deletion {
        /// The id that `tenant delete` printed
        job: String,
    },
}

pub(crate) async fn run(
    arguments: TenantArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        TenantCommand::Show => {
            let tenant: Value = client.json(&client.get(&["tenants", "me"])).await?;
            output.value(&tenant, describe)
        }
        TenantCommand::Delete {
            short_name,
            immediately,
            yes,
        } => {
            if !yes {
                let when = if immediately {
                    "now"
                } else {
                    "after the days of grace"
                };
                confirm(&format!(
                    "Delete the tenant {short_name} with everything in it, {when}?"
                ))?;
            }
            let body = json!({ "short_name": short_name, "immediately": immediately });
            let call = client.delete(&["tenants", "me"]).json_body(&body)?;
            let job: Value = client.json(&call).await?;
            output.value(&job, |job| {
                let (at, id) = (text(job, "delete_at"), text(job, "job_id"));
                let way_back = if immediately {
                    ""
                } else {
                    " Until then, `primatomic tenant restore` keeps it."
                };
                format!(
                    "The tenant {short_name} is closed, and deleted at {at}.{way_back}\nFollow it \
                     with `primatomic tenant deletion {id}`."
                )
            })
        }
        TenantCommand::Restore => {
            let call = client.post(&["tenants", "me", "restore"]);
            let tenant: Value = client.json(&call).await?;
            output.value(&tenant, |tenant| {
                format!("The tenant {} is open.", text(tenant, "short_name"))
            })
        }
        TenantCommand::Deletion { job } => {
            let call = client.get(&["tenant-deletions", &job]);
            let job: Value = client.json(&call).await?;
            output.value(&job, describe_deletion)
        }
    }
}

fn describe(tenant: &Value) -> String {
    let mut pairs = vec![
        ("short name", text(tenant, "short_name").to_owned()),
        ("id", text(tenant, "tenant_id").to_owned()),
        ("created", text(tenant, "created_at").to_owned()),
        ("your role", text(tenant, "role").to_owned()),
    ];
    let deletion = tenant.get("deletion").unwrap_or(&Value::Null);
    if !deletion.is_null() {
        pairs.push(("deleted at", text(deletion, "delete_at").to_owned()));
        pairs.push(("deletion", text(deletion, "job_id").to_owned()));
    }
    fields(&pairs)
}

fn describe_deletion(job: &Value) -> String {
    let count = |field: &str| job.get(field).and_then(Value::as_u64).unwrap_or_default();
    let mut pairs = vec![
        ("state", text(job, "state").to_owned()),
        ("step", text(job, "step").to_owned()),
        ("since", text(job, "step_since").to_owned()),
        ("deleted at", text(job, "delete_at").to_owned()),
        ("logs left", count("logs_left").to_string()),
        ("removals left", count("removals_left").to_string()),
    ];
    if let Some(finished) = job.get("finished_at").and_then(Value::as_str) {
        pairs.push(("finished", finished.to_owned()));
    }
    fields(&pairs)
}
