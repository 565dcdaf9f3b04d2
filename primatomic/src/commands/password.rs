//! `password`: a new one for whoever forgot the old one.

use clap::{Args, Subcommand};
use primatomic_client::Client;
use serde_json::{Value, json};

use crate::commands::invite::token_of;
use crate::commands::secret;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
pub(crate) struct PasswordArguments {
    #[command(subcommand)]
    command: PasswordCommand,
}

#[derive(Debug, Subcommand)]
enum PasswordCommand {
    /// Ask for a mail with a link that sets a new password
    Forgot { email: String },
    /// Set a new password, which is asked for or read from standard input
    #[command(after_help = "\
Example:
  primatomic password reset 'https://primatomic.example/reset-password?token=pr_...'")]
    Reset {
        /// The link of the mail, or its token
        link: String,
    },
}

pub(crate) async fn run(
    arguments: PasswordArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        PasswordCommand::Forgot { email } => {
            let body = json!({ "email": email });
            let call = client.post(&["auth", "forgot-password"]).json_body(&body)?;
            let asked: Value = client.json(&call).await?;
            output.value(&asked, |_| {
                format!("If {email} is registered, a mail with a link is on its way.")
            })
        }
        PasswordCommand::Reset { link } => {
            let password = secret::ask_password("New password")?;
            let body = json!({ "token": token_of(&link), "password": password });
            let call = client.post(&["auth", "reset-password"]).json_body(&body)?;
            let set: Value = client.json(&call).await?;
            output.value(&set, |_| {
                "The new password is set, and all your sessions have ended.".to_owned()
            })
        }
    }
}
