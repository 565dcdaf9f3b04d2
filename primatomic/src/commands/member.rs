//! `member`: who belongs to the tenant, with which role.

use clap::{Args, Subcommand};
use primatomic_client::Client;
use serde::Serialize;
use serde_json::Value;

use crate::commands::key::RoleArgument;
use crate::commands::log::{collect, confirm, text};
use crate::failure::Failure;
use crate::output::{Output, table};

#[derive(Args, Debug)]
pub(crate) struct MemberArguments {
    #[command(subcommand)]
    command: MemberCommand,
}

#[derive(Debug, Subcommand)]
enum MemberCommand {
    /// List the members of your tenant
    List {
        /// Print at most this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Give a member another role
    #[command(after_help = "\
The role `owner` hands the tenant over, and makes you an admin. Only the owner can, logged in with
`primatomic login --email`.

Example:
  primatomic member role grace@example.org admin")]
    Role {
        /// Address or id
        member: String,
        #[arg(value_enum)]
        role: RoleArgument,
        /// Don't ask before the tenant is handed over
        #[arg(long, short)]
        yes: bool,
    },
    /// Remove a member; sessions end, and the keys that the member made are revoked
    Remove {
        /// Address or id
        member: String,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct ChangeRole {
    role: RoleArgument,
}

const MEMBERS: [&str; 3] = ["tenants", "me", "members"];

pub(crate) async fn run(
    arguments: MemberArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        MemberCommand::List { limit } => list(client, output, limit).await,
        MemberCommand::Role { member, role, yes } => {
            if role == RoleArgument::Owner && !yes {
                confirm(&format!("Hand the tenant over to {member}?"))?;
            }
            let [a, b, c] = MEMBERS;
            let id = id_of(client, &member).await?;
            let call = client.patch(&[a, b, c, &id]);
            let changed: Value = client.json(&call.json_body(&ChangeRole { role })?).await?;
            output.value(&changed, |it| {
                format!(
                    "{} has the role {} now.",
                    text(it, "email"),
                    text(it, "role")
                )
            })
        }
        MemberCommand::Remove { member, yes } => {
            if !yes {
                confirm(&format!("Remove {member} and revoke their keys?"))?;
            }
            let [a, b, c] = MEMBERS;
            let id = id_of(client, &member).await?;
            let call = client.delete(&[a, b, c, &id]);
            let removed: Value = client.json(&call).await?;
            output.value(&removed, |it| {
                format!(
                    "Removed {member}; {} keys were revoked.",
                    it["revoked_keys"]
                )
            })
        }
    }
}

async fn list(client: &Client, output: Output, limit: Option<usize>) -> Result<(), Failure> {
    let members = collect(client, &MEMBERS, "members", limit).await?;
    let field = |member: &Value, name: &str| text(member, name).to_owned();
    let rows: Vec<_> = members
        .iter()
        .map(|it| ["email", "role", "created_at", "user_id"].map(|name| field(it, name)))
        .collect();
    output.value(&members, |_| table(["EMAIL", "ROLE", "SINCE", "ID"], &rows))
}

/// The id of a member that is named by id or address.
async fn id_of(client: &Client, member: &str) -> Result<String, Failure> {
    if !member.contains('@') {
        return Ok(member.to_owned());
    }
    let members = collect(client, &MEMBERS, "members", None).await?;
    let found = members
        .iter()
        .find(|it| text(it, "email").eq_ignore_ascii_case(member));
    found
        .map(|it| text(it, "user_id").to_owned())
        .ok_or_else(|| {
            Failure::Other(format!(
                "{member} is no member; `primatomic member list` shows them"
            ))
        })
}
