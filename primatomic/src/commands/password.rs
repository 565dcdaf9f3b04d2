//! `password`: a new one for someone who forgot the old one.

use clap::Subcommand;
use serde_json::json;

use crate::commands::Group;
use crate::commands::invite::token_of;
use crate::commands::secret;
use crate::commands::session::Session;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordCommand {
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

pub(crate) async fn run(group: Group<PasswordCommand>, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    match group.command {
        PasswordCommand::Forgot { email } => {
            let body = json!({ "email": email });
            let call = client.post(&["auth", "forgot-password"]).json_body(&body)?;
            let human =
                |_: &_| format!("If {email} is registered, a mail with a link is on its way.");
            session.print(&call, human).await
        }
        PasswordCommand::Reset { link } => {
            let password = secret::ask_password("New password")?;
            let body = json!({ "token": token_of(&link), "password": password });
            let call = client.post(&["auth", "reset-password"]).json_body(&body)?;
            let human =
                |_: &_| "The new password is set, and all your sessions have ended.".to_owned();
            session.print(&call, human).await
        }
    }
}
