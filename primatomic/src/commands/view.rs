//! `view`: deploy, list, inspect, delete and test views.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use primatomic_client::{Client, ErrorAnswer};
use protocol::limits::COMPONENT_BYTES_MAX;
use serde_json::Value;

use crate::commands::confirm::Confirmation;
use crate::commands::input::{CONFIG_BYTES_MAX, read_file};
use crate::commands::json::{cell, cells, labelled, number, or, text};
use crate::commands::session::Session;
use crate::commands::{Group, deletion, view_example, view_test};
use crate::failure::Failure;
use crate::output::{Unit, fields, table};

/// How long an upload may take: 100 MB over a slow line, and the compilation.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// How often a build is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    /// Upload a component as a new version of a view and wait until it is live
    #[command(after_help = "\
Example:
  primatomic view deploy demo counter counter.wasm --content-type application/json")]
    Deploy(DeployArguments),
    /// List the views of a log
    List {
        /// Name or id of the log
        log: String,
    },
    /// Show a view and its versions
    Status {
        /// Name or id of the log
        log: String,
        /// Name of the view
        view: String,
    },
    /// Delete a view with its versions and state, for good
    Delete {
        /// Name or id of the log
        log: String,
        /// Name of the view
        view: String,
        #[command(flatten)]
        sure: Confirmation,
    },
    /// Run a component on a file of events, without a server
    Test(view_test::TestArguments),
    /// Write an example component
    Example(view_example::ExampleArguments),
}

#[derive(Args, Debug)]
pub(crate) struct DeployArguments {
    /// Name or id of the log
    log: String,
    /// Name of the view; a new version if there is one already
    view: String,
    /// The component
    component: PathBuf,
    /// Content type of the view's answers
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// File whose bytes `init` is called with (world 1.0.0)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Return once the component is accepted, while it still folds the log
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn run(group: Group<ViewCommand>, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    match group.command {
        ViewCommand::Deploy(arguments) => deploy(arguments, session).await,
        ViewCommand::List { log } => {
            let titles = ["NAME", "LIVE", "STATE", "CREATED"];
            session
                .print_list(&["logs", &log, "views"], None, titles, row)
                .await
        }
        ViewCommand::Status { log, view } => {
            let call = client.get(&["logs", &log, "views", &view]);
            session.print(&call, describe).await
        }
        ViewCommand::Delete { log, view, sure } => {
            sure.ask(&format!("Delete view {view} of log {log}, for good?"))?;
            let call = client.delete(&["logs", &log, "views", &view]);
            let human =
                |it: &Value| format!("Deleted view {view} of log {log}.{}", deletion::hint(it));
            session.print(&call, human).await
        }
        ViewCommand::Test(arguments) => view_test::run(arguments, session.output).await,
        ViewCommand::Example(arguments) => view_example::run(arguments, session.output),
    }
}

async fn deploy(arguments: DeployArguments, session: &Session) -> Result<(), Failure> {
    let Session { client, output } = session;
    let path = ["logs", &arguments.log, "views", &arguments.view];
    let component = read_file(&arguments.component, COMPONENT_BYTES_MAX)?;
    let mut call = client
        .post(&path)
        .query_if("content_type", arguments.content_type.as_deref())
        .body("application/wasm", component)
        .timeout(Some(UPLOAD_TIMEOUT));
    if let Some(path) = &arguments.config {
        let config = String::from_utf8(read_file(path, CONFIG_BYTES_MAX)?).map_err(|_| {
            Failure::Usage(format!(
                "{} is not text, as a configuration is",
                path.display()
            ))
        })?;
        call = call.query("config", config);
    }
    let spinner = output.progress(None, Unit::Wait);
    spinner.set_message("uploading and compiling");
    let mut uploaded: Value = client.json(&call).await?;
    let version = number(&uploaded, "version");
    if !arguments.no_wait {
        spinner.set_message("folding the log");
        uploaded["state"] = wait_until_built(client, &path, version).await?.into();
    }
    spinner.finish_and_clear();
    output.value(&uploaded, |it| {
        let state = or(cell(it, "state"), "deployed");
        let [_, log, _, view] = path;
        format!("Version {version} of view {view} of log {log} is {state}.")
    })
}

/// Waits until a version is live; one that fails is an error that says why.
async fn wait_until_built(client: &Client, path: &[&str], number: u64) -> Result<String, Failure> {
    loop {
        let status: Value = client.json(&client.get(path)).await?;
        let mut versions = versions(&status).iter();
        let Some(version) = versions.find(|it| it["version"] == number) else {
            return Err(Failure::Other(format!(
                "version {number} is gone: the view was deleted meanwhile"
            )));
        };
        match text(version, "state") {
            "building" => tokio::time::sleep(POLL_INTERVAL).await,
            "failed" => {
                return Err(Failure::Answer(ErrorAnswer {
                    status: 409,
                    error: format!("version {number} can't go live: {}", failure(version)),
                    code: Some("view_failed".to_owned()),
                    request_id: None,
                }));
            }
            state => return Ok(state.to_owned()),
        }
    }
}

fn versions(status: &Value) -> &[Value] {
    status["versions"].as_array().map_or(&[], Vec::as_slice)
}

/// Where and why a version stopped.
fn failure(version: &Value) -> String {
    let failure = &version["failure"];
    match number(failure, "sequence") {
        0 => cell(failure, "message"),
        sequence => format!("at event {sequence}: {}", text(failure, "message")),
    }
}

fn row(view: &Value) -> [String; 4] {
    let [name, live, state, created] =
        cells(view, ["view_name", "live_version", "state", "created_at"]);
    [name, or(live, "-"), state, created]
}

fn describe(view: &Value) -> String {
    let head = [
        ("view", "view_name"),
        ("id", "view_id"),
        ("created", "created_at"),
    ];
    let head = fields(&labelled(view, head));
    let row = |version: &Value| {
        let names = [
            "version",
            "state",
            "applied_sequence",
            "lag_events",
            "memory_bytes",
            "compute_ms",
        ];
        let [number, state, applied, lag, memory, cpu] =
            cells(version, names).map(|it| or(it, "-"));
        [number, state, applied, lag, memory, cpu, failure(version)]
    };
    let rows: Vec<_> = versions(view).iter().map(row).collect();
    let titles = [
        "VERSION", "STATE", "APPLIED", "LAG", "MEMORY", "CPU MS", "FAILURE",
    ];
    format!("{head}\n\n{}", table(titles, &rows))
}
