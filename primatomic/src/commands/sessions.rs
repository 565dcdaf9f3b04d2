//! `session`: where one is logged in.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::commands::json::cells;
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions};
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
An API key has no sessions: log in with `primatomic login --email` first.")]
pub(crate) enum SessionCommand {
    /// List where you are logged in, newest first
    List(ListOptions),
    /// End a session; its token works no more
    End {
        /// The id that `session list` prints
        id: String,
    },
}

const SESSIONS: [&str; 2] = ["account", "sessions"];

pub(crate) async fn run(group: Group<SessionCommand>, session: &Session) -> Result<(), Failure> {
    match group.command {
        SessionCommand::List(options) => {
            let row = |it: &Value| {
                let [tenant, since, network, agent, id] = cells(
                    it,
                    ["short_name", "created_at", "network", "user_agent", "id"],
                );
                let this = match it["current"] == json!(true) {
                    true => "this one".to_owned(),
                    false => String::new(),
                };
                [tenant, since, network, agent, id, this]
            };
            let titles = ["TENANT", "SINCE", "FROM", "WITH", "ID", ""];
            session
                .print_list(&SESSIONS, options.limit, titles, row)
                .await
        }
        SessionCommand::End { id } => {
            let [account, sessions] = SESSIONS;
            let call = session.client.delete(&[account, sessions, &id]);
            let human = |_: &_| format!("Ended the session {id}.");
            session.print(&call, human).await
        }
    }
}
