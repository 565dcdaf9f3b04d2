//! `invite`: send, list, revoke and accept invitations.

use clap::{Args, Subcommand};
use primatomic_client::Client;
use serde_json::{Value, json};

use crate::commands::key::RoleArgument;
use crate::commands::log::{collect, text};
use crate::commands::secret;
use crate::failure::Failure;
use crate::output::{Output, table};

#[derive(Args, Debug)]
pub(crate) struct InviteArguments {
    #[command(subcommand)]
    command: InviteCommand,
}

#[derive(Debug, Subcommand)]
enum InviteCommand {
    /// Invite someone by mail; prints the link, too
    #[command(after_help = "\
An API key can't invite: log in with `primatomic login --email` first.

Example:
  primatomic invite send grace@example.org --role admin")]
    Send {
        email: String,
        #[arg(long, value_enum, default_value = "member")]
        role: RoleArgument,
    },
    /// List open invitations, newest first
    List {
        /// Print at most this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
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
        /// The link of the mail, or its token
        link: String,
    },
}

const INVITATIONS: [&str; 3] = ["tenants", "me", "invitations"];

pub(crate) async fn run(
    arguments: InviteArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        InviteCommand::Send { email, role } => {
            let body = json!({ "email": email, "role": role });
            let call = client.post(&INVITATIONS).json_body(&body)?;
            let sent: Value = client.json(&call).await?;
            output.value(&sent, |it| {
                format!(
                    "Invited {} as {}. The link works once, until {}:\n{}",
                    text(it, "email"),
                    text(it, "role"),
                    text(it, "expires_at"),
                    text(it, "invite_url")
                )
            })
        }
        InviteCommand::List { limit } => list(client, output, limit).await,
        InviteCommand::Revoke { invitation } => {
            let id = id_of(client, &invitation).await?;
            let [a, b, c] = INVITATIONS;
            let call = client.delete(&[a, b, c, &id]);
            let revoked: Value = client.json(&call).await?;
            output.value(&revoked, |_| {
                format!("Revoked the invitation {invitation}.")
            })
        }
        InviteCommand::Accept { link } => accept(client, output, &link).await,
    }
}

async fn list(client: &Client, output: Output, limit: Option<usize>) -> Result<(), Failure> {
    let invitations = collect(client, &INVITATIONS, "invitations", limit).await?;
    let field = |it: &Value, name: &str| text(it, name).to_owned();
    let rows: Vec<_> = invitations
        .iter()
        .map(|it| ["email", "role", "expires_at", "id"].map(|name| field(it, name)))
        .collect();
    output.value(&invitations, |_| {
        table(["EMAIL", "ROLE", "EXPIRES", "ID"], &rows)
    })
}

async fn accept(client: &Client, output: Output, link: &str) -> Result<(), Failure> {
    let token = token_of(link);
    let offer: Value = client.json(&client.get(&["invitations", token])).await?;
    let email = text(&offer, "email");
    output.note(format!(
        "You are invited to the tenant {} as {}.",
        text(&offer, "short_name"),
        text(&offer, "role")
    ));
    let password = secret::ask_password(&format!("Password of {email}"))?;
    let body = json!({ "email": email, "password": password });
    let call = client.post(&["invitations", token, "accept"]);
    let accepted: Value = client.json(&call.json_body(&body)?).await?;
    output.value(&accepted, |it| {
        let tenant = text(it, "short_name");
        format!(
            "You are a member of {tenant} now. Log in:\n  primatomic login --email {email} --tenant \
             {tenant}"
        )
    })
}

/// The token of a mail's link; a token is one by itself.
pub(crate) fn token_of(link: &str) -> &str {
    let token = link.trim().rsplit("token=").next().unwrap_or_default();
    token.split('&').next().unwrap_or_default()
}

/// The id of an invitation that is named by id or address.
async fn id_of(client: &Client, invitation: &str) -> Result<String, Failure> {
    if !invitation.contains('@') {
        return Ok(invitation.to_owned());
    }
    let all = collect(client, &INVITATIONS, "invitations", None).await?;
    let found = all
        .iter()
        .find(|it| text(it, "email").eq_ignore_ascii_case(invitation));
    found.map(|it| text(it, "id").to_owned()).ok_or_else(|| {
        Failure::Other(format!(
            "{invitation} has no open invitation; `primatomic invite list` shows them"
        ))
    })
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
