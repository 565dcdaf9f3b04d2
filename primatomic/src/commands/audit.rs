//! `audit`: who changed what in the tenant.

use clap::Args;
use serde_json::Value;

use crate::commands::json::text;
use crate::commands::session::Session;
use crate::failure::Failure;

#[derive(Args, Debug)]
#[command(after_help = "\
Needs the role admin.

Examples:
  primatomic audit
  primatomic audit --type key_created --since 2026-11-01T00:00:00Z
  primatomic audit --about 0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f
  primatomic audit --all --json > audit.ndjson")]
pub(crate) struct AuditArguments {
    /// Changes of this type alone, such as key_created
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Changes by this person or key alone: an id, or `system`
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Changes that name this log, view, version, key or person alone
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// Changes at this time or later, such as 2026-11-22T09:30:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Changes before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Print at most this many, the newest first
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    limit: usize,
    /// Print all there are
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(arguments: AuditArguments, session: &Session) -> Result<(), Failure> {
    let limit = match arguments.all {
        true => usize::MAX,
        false => arguments.limit,
    };
    let call = session
        .client
        .get(&["tenants", "me", "audit"])
        .query_if("type", arguments.kind.as_deref())
        .query_if("actor", arguments.actor.as_deref())
        .query_if("about", arguments.about.as_deref())
        .query_if("since", arguments.since.as_deref())
        .query_if("until", arguments.until.as_deref());
    let json = session.output.json;
    let print = |events: Vec<Value>| {
        let lines: String = events.iter().map(|event| line(event, json)).collect();
        session.output.bytes(lines.as_bytes())
    };
    session.pages(&call, limit, "events", print).await
}

/// A change on a line: when, what, by whom, and its details as JSON.
fn line(event: &Value, json: bool) -> String {
    if json {
        return format!("{event}\n");
    }
    let actor = &event["actor"];
    let who = match text(actor, "id") {
        "" => text(actor, "kind").to_owned(),
        id => format!("{}:{id}", text(actor, "kind")),
    };
    format!(
        "{}\t{}\t{who}\t{}\n",
        text(event, "at"),
        text(event, "type"),
        event["details"]
    )
}
