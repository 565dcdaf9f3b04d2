//! `key`: make, list, rotate, revoke and recognise API keys.

use std::io::Read as _;

use clap::{Args, Subcommand, ValueEnum};
use primatomic_client::Client;
use protocol::api_key::ApiKey;
use serde::Serialize;
use serde_json::{Value, json};

use crate::commands::log::{collect, confirm, text};
use crate::failure::Failure;
use crate::output::{Output, fields, table};

/// Texts to be recognised that are read at most.
const INPUT_BYTES_MAX: u64 = 64 << 20;

#[derive(Args, Debug)]
pub(crate) struct KeyArguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// List the API keys: all for admins, the own ones for others
    List {
        /// Print at most this many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
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
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
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

#[derive(Args, Debug)]
struct CreateArguments {
    /// What the key is for, so that people know it again
    name: String,
    /// What it may do; at most what you may do
    #[arg(long, value_enum, default_value_t = RoleArgument::Member)]
    role: RoleArgument,
    /// Name or id of a log that it is limited to; several may be given
    #[arg(long = "log", value_name = "LOG")]
    logs: Vec<String>,
    /// When it ends, such as 2030-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
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

#[derive(Serialize)]
struct CreateKey<'a> {
    name: &'a str,
    role: RoleArgument,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    logs: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<&'a str>,
}

pub(crate) async fn run(
    arguments: KeyArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        KeyCommand::List { limit } => list(client, output, limit).await,
        KeyCommand::Create(arguments) => create(client, output, &arguments).await,
        KeyCommand::Rotate { id, overlap_secs } => rotate(client, output, &id, overlap_secs).await,
        KeyCommand::Revoke { id, yes } => revoke(client, output, &id, yes).await,
        KeyCommand::Check { texts } => check(output, texts),
    }
}

async fn list(client: &Client, output: Output, limit: Option<usize>) -> Result<(), Failure> {
    let keys = collect(client, &["keys"], "keys", limit).await?;
    output.value(&keys, |keys| {
        let row = |key: &Value| {
            let or = |field: &str, none: &str| match text(key, field) {
                "" => none.to_owned(),
                found => found.to_owned(),
            };
            let logs = match key.get("logs").and_then(Value::as_array) {
                Some(logs) => logs.len().to_string(),
                None => "all".to_owned(),
            };
            [
                or("name", ""),
                or("role", ""),
                logs,
                or("last_used_at", "never"),
                or("expires_at", "never"),
                or("id", ""),
            ]
        };
        let rows: Vec<_> = keys.iter().map(row).collect();
        table(
            ["NAME", "ROLE", "LOGS", "LAST USED", "EXPIRES", "ID"],
            &rows,
        )
    })
}

async fn create(
    client: &Client,
    output: Output,
    arguments: &CreateArguments,
) -> Result<(), Failure> {
    let body = CreateKey {
        name: &arguments.name,
        role: arguments.role,
        logs: &arguments.logs,
        expires_at: arguments.expires_at.as_deref(),
    };
    let made: Value = client
        .json(&client.post(&["keys"]).json_body(&body)?)
        .await?;
    output.value(&made, |made| {
        output.note("Keep the key now: it can't be shown again.");
        secret(
            made,
            &[("id", "id"), ("role", "role"), ("expires", "expires_at")],
        )
    })
}

async fn rotate(
    client: &Client,
    output: Output,
    id: &str,
    overlap_secs: u32,
) -> Result<(), Failure> {
    let call = client.post(&["keys", id, "rotate"]);
    let call = call.json_body(&json!({ "overlap_secs": overlap_secs }))?;
    let rotated: Value = client.json(&call).await?;
    output.value(&rotated, |rotated| {
        output.note(match text(rotated, "earlier_until") {
            "" => "Keep the key now: it can't be shown again. Earlier secrets ended.".to_owned(),
            until => format!(
                "Keep the key now: it can't be shown again. Earlier secrets work until {until}."
            ),
        });
        secret(rotated, &[("id", "id"), ("name", "name"), ("role", "role")])
    })
}

/// A key with its secret, and what else there is to say of it.
fn secret(key: &Value, more: &[(&'static str, &str)]) -> String {
    let mut pairs = vec![("key", text(key, "key").to_owned())];
    for (label, field) in more {
        let value = text(key, field);
        if !value.is_empty() {
            pairs.push((label, value.to_owned()));
        }
    }
    fields(&pairs)
}

async fn revoke(client: &Client, output: Output, id: &str, yes: bool) -> Result<(), Failure> {
    if !yes {
        confirm(&format!(
            "Revoke key {id} and the keys that were made with it, at once?"
        ))?;
    }
    let call = client.delete(&["keys", id]);
    let revoked: Value = client.json(&call).await?;
    output.value(&revoked, |revoked| {
        let count = revoked["revoked"].as_array().map_or(0, Vec::len);
        match count {
            0 | 1 => format!("Revoked key {id}."),
            _ => format!(
                "Revoked key {id}, and {} that were made with it.",
                count - 1
            ),
        }
    })
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
