//! `invite`: send, list, revoke and accept invitations.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::commands::json::{cells, text};
use crate::commands::key::RoleArgument;
use crate::commands::secret;
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum InviteCommand {
    /// Invite someone by mail; prints a link, too, in case the mail does not arrive
    #[command(after_help = "\
An API key can't invite: log in with `primatomic login --email` first. The link that is printed is not
that of the mail: whoever accepts with it gets another mail that verifies the address.

Example:
  primatomic invite send grace@example.org --role admin")]
    Send {
        email: String,
        #[arg(long, value_enum, default_value = "member")]
        role: RoleArgument,
    },
    /// List open invitations, newest first
    List(ListOptions),
    /// Take an invitation back
    Revoke {
        /// Address or id
        invitation: String,
    },
    /// Accept an invitation; the password is asked for, or read from standard input
    #[command(after_help = "\
Someone who is registered gives the password; someone new chooses one of at least 8 characters.

Example:
  primatomic invite accept 'https://primatomic.example/invite?token=pi_...'")]
    Accept {
        /// The link of the mail or from the inviter, or its token
        link: String,
    },
}

const INVITATIONS: [&str; 3] = ["tenants", "me", "invitations"];

pub(crate) async fn run(group: Group<InviteCommand>, session: &Session) -> Result<(), Failure> {
    match group.command {
        InviteCommand::Send { email, role } => {
            let body = json!({ "email": email, "role": role });
            let call = session.client.post(&INVITATIONS).json_body(&body)?;
            let human = |it: &Value| {
                let [email, role, expires_at, url] =
                    cells(it, ["email", "role", "expires_at", "invite_url"]);
                format!(
                    "Invited {email} as {role}. The link works once, until {expires_at}:\n{url}"
                )
            };
            session.print(&call, human).await
        }
        InviteCommand::List(options) => {
            let row = |it: &Value| cells(it, ["email", "role", "expires_at", "id"]);
            let titles = ["EMAIL", "ROLE", "EXPIRES", "ID"];
            session
                .print_list(&INVITATIONS, options.limit, titles, row)
                .await
        }
        InviteCommand::Revoke { invitation } => {
            let missing = "has no open invitation; `primatomic invite list` shows them";
            let id = session.id_of(&INVITATIONS, "id", &invitation, missing);
            let id = id.await?;
            let [tenants, me, invitations] = INVITATIONS;
            let call = session.client.delete(&[tenants, me, invitations, &id]);
            let human = |_: &_| format!("Revoked the invitation {invitation}.");
            session.print(&call, human).await
        }
        InviteCommand::Accept { link } => accept(session, &link).await,
    }
}

async fn accept(session: &Session, link: &str) -> Result<(), Failure> {
    let (client, token) = (&session.client, token_of(link));
    let offer: Value = client.json(&client.get(&["invitations", token])).await?;
    let [email, tenant, role] = cells(&offer, ["email", "short_name", "role"]);
    session
        .output
        .note(format!("You are invited to the tenant {tenant} as {role}."));
    let password = secret::ask_password(&format!("Password of {email}"))?;
    let body = json!({ "email": email, "password": password });
    let call = client.post(&["invitations", token, "accept"]);
    let human = |it: &Value| {
        let tenant = text(it, "short_name");
        let first = match it["email_verified"].as_bool() {
            Some(false) => " Open the link in the mail that was sent to you, and then log",
            _ => " Log",
        };
        format!(
            "You are a member of {tenant} now.{first} in:\n  primatomic login --email {email} \
             --tenant {tenant}"
        )
    };
    session.print(&call.json_body(&body)?, human).await
}

/// The token of a mail's link; a token is one by itself.
pub(crate) fn token_of(link: &str) -> &str {
    let token = link.trim().rsplit("token=").next().unwrap_or_default();
    token.split('&').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_its_link() {
        for link in [
            "pi_x",
            " pi_x\n",
            "https://a/invite?token=pi_x",
            "http://a/?token=pi_x&b=1",
        ] {
            assert_eq!(token_of(link), "pi_x");
        }
    }
}
