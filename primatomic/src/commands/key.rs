//! `key`: make, list, rotate, revoke and recognise API keys.

use std::io::Read as _;

use clap::{Args, Subcommand, ValueEnum};
use protocol::api_key::ApiKey;
use serde::Serialize;
use serde_json::{Value, json};

use crate::commands::confirm::Confirmation;
use crate::commands::json::{cells, labelled, or, text};
use crate::commands::session::Session;
use crate::commands::{Group, ListOptions};
use crate::failure::Failure;
use crate::output::{Output, fields};

/// Texts to be recognised that are read at most.
const INPUT_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List the API keys: all for admins, the own ones for others
    List(ListOptions),
    /// Make an API key; its secret is shown this once
    #[command(after_help = "\
Examples:
  primatomic key create ingest --log customer-acme-usage
  primatomic key create dashboard --role read-only --expires-at 2030-01-01T00:00:00Z")]
    Create(CreateArguments),
    /// Give a key a new secret; earlier ones go on working for a while
    #[command(after_help = "\
Examples:
  primatomic key rotate 0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f
  primatomic key rotate 0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f --overlap-secs 0   after a leak")]
    Rotate {
        /// Id of the key
        id: String,
        /// Seconds for which earlier secrets go on working; with 0 they end at once
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400,
              value_parser = clap::value_parser!(u32).range(0..=2_592_000))]
        overlap_secs: u32,
    },
    /// Revoke a key, and the keys that were made with it, at once
    Revoke {
        /// Id of the key
        id: String,
        #[command(flatten)]
        sure: Confirmation,
    },
    /// Tell API keys from other texts by their checksum, without a server
    ///
    /// For scanners of leaked secrets: a text that is no key is certainly none, and one that is may
    /// be revoked already. The texts themselves are not printed.
    #[command(after_help = "\
Exits with 1 when a text is no API key. Candidates match pk_live_[0-9A-Za-z]{38}.

Example:
  grep -ohE 'pk_live_[0-9A-Za-z]{38}' -r . | primatomic key check")]
    Check {
        /// The texts [default: the lines of standard input]
        #[arg(value_name = "TEXT")]
        texts: Vec<String>,
    },
}

#[derive(Args, Debug, Serialize)]
pub(crate) struct CreateArguments {
    /// What the key is for, so that people know it again
    name: String,
    /// What it may do; at most what you may do
    #[arg(long, value_enum, default_value_t = RoleArgument::Member)]
    role: RoleArgument,
    /// Name or id of a log that it is limited to; several may be given
    #[arg(long = "log", value_name = "LOG")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<String>,
    /// When it ends, such as 2030-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RoleArgument {
    ReadOnly,
    Member,
    Admin,
    Owner,
}

pub(crate) async fn run(group: Group<KeyCommand>, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    match group.command {
        KeyCommand::List(options) => {
            let titles = ["NAME", "ROLE", "LOGS", "LAST USED", "EXPIRES", "ID"];
            session
                .print_list(&["keys"], options.limit, titles, row)
                .await
        }
        KeyCommand::Create(arguments) => {
            let call = client.post(&["keys"]).json_body(&arguments)?;
            let human = |made: &Value| {
                let note = "Keep the key now: it can't be shown again.";
                session.output.note(note);
                let pairs = [
                    ("key", "key"),
                    ("id", "id"),
                    ("role", "role"),
                    ("expires", "expires_at"),
                ];
                fields(&labelled(made, pairs))
            };
            session.print(&call, human).await
        }
        KeyCommand::Rotate { id, overlap_secs } => {
            let call = client.post(&["keys", &id, "rotate"]);
            let call = call.json_body(&json!({ "overlap_secs": overlap_secs }))?;
            let human = |rotated: &Value| {
                let earlier = match text(rotated, "earlier_until") {
                    "" => "Earlier secrets ended.".to_owned(),
                    until => format!("Earlier secrets work until {until}."),
                };
                let note = format!("Keep the key now: it can't be shown again. {earlier}");
                session.output.note(note);
                let pairs = [
                    ("key", "key"),
                    ("id", "id"),
                    ("name", "name"),
                    ("role", "role"),
                ];
                fields(&labelled(rotated, pairs))
            };
            session.print(&call, human).await
        }
        KeyCommand::Revoke { id, sure } => {
            sure.ask(&format!(
                "Revoke key {id} and the keys that were made with it, at once?"
            ))?;
            let human = |revoked: &Value| match revoked["revoked"].as_array().map_or(0, Vec::len) {
                0 | 1 => format!("Revoked key {id}."),
                count => format!(
                    "Revoked key {id}, and {} that were made with it.",
                    count - 1
                ),
            };
            session.print(&client.delete(&["keys", &id]), human).await
        }
        KeyCommand::Check { texts } => check(session.output, texts),
    }
}

fn row(key: &Value) -> [String; 6] {
    let [name, role, used, expires, id] =
        cells(key, ["name", "role", "last_used_at", "expires_at", "id"]);
    let logs = key["logs"].as_array().map(|logs| logs.len().to_string());
    [
        name,
        role,
        logs.unwrap_or_else(|| "all".to_owned()),
        or(used, "never"),
        or(expires, "never"),
        id,
    ]
}

fn check(output: Output, mut texts: Vec<String>) -> Result<(), Failure> {
    if texts.is_empty() {
        let mut input = String::new();
        std::io::stdin()
            .take(INPUT_BYTES_MAX)
            .read_to_string(&mut input)
            .map_err(|error| Failure::Other(format!("can't read standard input: {error}")))?;
        texts = input.lines().map(|line| line.trim().to_owned()).collect();
    }
    let is_key: Vec<bool> = texts
        .iter()
        .map(|text| ApiKey::parse(text).is_ok())
        .collect();
    output.value(&json!({ "is_key": is_key }), |_| {
        let lines: Vec<_> = (1..)
            .zip(&is_key)
            .map(|(number, is_key)| match is_key {
                true => format!("{number}: an API key"),
                false => format!("{number}: not an API key"),
            })
            .collect();
        lines.join("\n")
    })?;
    match is_key.iter().filter(|is_key| !**is_key).count() {
        0 => Ok(()),
        others => Err(Failure::Other(format!(
            "{others} of {} are no API keys: one begins with pk_live_ and ends with a checksum",
            is_key.len()
        ))),
    }
}
