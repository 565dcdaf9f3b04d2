//! `member`: who belongs to the tenant, with which role.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::commands::confirm::{Confirmation, confirm};
use crate::commands::json::cells;
use crate::commands::key::RoleArgument;
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// List the members of your tenant
    List(ListOptions),
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
        #[command(flatten)]
        sure: Confirmation,
    },
}

const MEMBERS: [&str; 3] = ["tenants", "me", "members"];

pub(crate) async fn run(group: Group<MemberCommand>, session: &Session) -> Result<(), Failure> {
    let [tenants, me, members] = MEMBERS;
    match group.command {
        MemberCommand::List(options) => {
            let row = |it: &Value| cells(it, ["email", "role", "created_at", "user_id"]);
            let titles = ["EMAIL", "ROLE", "SINCE", "ID"];
            session
                .print_list(&MEMBERS, options.limit, titles, row)
                .await
        }
        MemberCommand::Role { member, role, yes } => {
            if role == RoleArgument::Owner && !yes {
                confirm(&format!("Hand the tenant over to {member}?"))?;
            }
            let id = id_of(session, &member).await?;
            let call = session.client.patch(&[tenants, me, members, &id]);
            let human = |it: &Value| {
                let [email, role] = cells(it, ["email", "role"]);
                format!("{email} has the role {role} now.")
            };
            let call = call.json_body(&json!({ "role": role }))?;
            session.print(&call, human).await
        }
        MemberCommand::Remove { member, sure } => {
            sure.ask(&format!("Remove {member} and revoke their keys?"))?;
            let id = id_of(session, &member).await?;
            let call = session.client.delete(&[tenants, me, members, &id]);
            let human = |it: &Value| {
                let keys = &it["revoked_keys"];
                format!("Removed {member}; {keys} keys were revoked.")
            };
            session.print(&call, human).await
        }
    }
}

/// The id of a member that is named by id or address.
async fn id_of(session: &Session, member: &str) -> Result<String, Failure> {
    let missing = "is no member; `primatomic member list` shows them";
    session.id_of(&MEMBERS, "user_id", member, missing).await
}
