//! `view`: deploy, list, inspect, delete and test views.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use primatomic_client::{Answer, Client};
use protocol::limits::COMPONENT_BYTES_MAX;
use serde_json::Value;

use crate::commands::input::read_file;
use crate::commands::log::{collect, confirm, text};
use crate::commands::{deletion, view_example, view_test};
use crate::failure::Failure;
use crate::output::{Output, Unit, fields, table};

/// How long an upload may take: 100 MB over a slow line, and the compilation.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// A configuration travels in the address of the request.
pub(crate) const CONFIG_BYTES_MAX: usize = 8 << 10;

/// How often a build is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

#[derive(Args, Debug)]
pub(crate) struct ViewArguments {
    #[command(subcommand)]
    command: ViewCommand,
}

#[derive(Debug, Subcommand)]
enum ViewCommand {
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
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Run a component on a file of events, without a server
    Test(view_test::TestArguments),
    /// Write an example component
    Example(view_example::ExampleArguments),
}

#[derive(Args, Debug)]
struct DeployArguments {
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

pub(crate) async fn run(
    arguments: ViewArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match arguments.command {
        ViewCommand::Deploy(arguments) => deploy(arguments, client, output).await,
        ViewCommand::List { log } => {
            let views = collect(client, &["logs", &log, "views"], "views", None).await?;
            let rows: Vec<_> = views.iter().map(row).collect();
            output.value(&views, |_| {
                table(["NAME", "LIVE", "STATE", "CREATED"], &rows)
            })
        }
        ViewCommand::Status { log, view } => {
            let status: Value = client
                .json(&client.get(&["logs", &log, "views", &view]))
                .await?;
            output.value(&status, describe)
        }
        ViewCommand::Delete { log, view, yes } => {
            if !yes {
                confirm(&format!("Delete view {view} of log {log}, for good?"))?;
            }
            let call = client.delete(&["logs", &log, "views", &view]);
            let answer = client.send(&call).await?;
            let answer: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
            output.value(&answer, |it| {
                format!("Deleted view {view} of log {log}.{}", deletion::hint(it))
            })
        }
        ViewCommand::Test(arguments) => view_test::run(arguments, output).await,
        ViewCommand::Example(arguments) => view_example::run(arguments, output),
    }
}

async fn deploy(
    arguments: DeployArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    let component = read_file(&arguments.component, COMPONENT_BYTES_MAX)?;
    let mut call = client
        .post(&["logs", &arguments.log, "views", &arguments.view])
        .query_if("content_type", arguments.content_type)
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
    let mut answer: Value = client.json(&call).await?;
    let number = answer.get("version").and_then(Value::as_u64).unwrap_or(0);
    if !arguments.no_wait {
        spinner.set_message("folding the log");
        let path = ["logs", &arguments.log, "views", &arguments.view];
        answer["state"] = wait_until_built(client, &path, number).await?.into();
    }
    spinner.finish_and_clear();
    output.value(&answer, |it| {
        let state = match text(it, "state") {
            "" => "deployed",
            state => state,
        };
        format!(
            "Version {number} of view {} of log {} is {state}.",
            arguments.view, arguments.log
        )
    })
}

/// Waits until a version is live; one that fails is an error that says why.
async fn wait_until_built(client: &Client, path: &[&str], number: u64) -> Result<String, Failure> {
    loop {
        let status: Value = client.json(&client.get(path)).await?;
        let version = versions(&status)
            .iter()
            .find(|version| version.get("version").and_then(Value::as_u64) == Some(number));
        let Some(version) = version else {
            return Err(Failure::Other(format!(
                "version {number} is gone: the view was deleted meanwhile"
            )));
        };
        match text(version, "state") {
            "building" => tokio::time::sleep(POLL_INTERVAL).await,
            "failed" => {
                return Err(Failure::Answer(Answer {
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
    match status.get("versions") {
        Some(Value::Array(versions)) => versions,
        _ => &[],
    }
}

/// Where and why a version stopped.
fn failure(version: &Value) -> String {
    let Some(failure) = version.get("failure").filter(|it| it.is_object()) else {
        return String::new();
    };
    match failure.get("sequence").and_then(Value::as_u64) {
        Some(sequence) if sequence > 0 => {
            format!("at event {sequence}: {}", text(failure, "message"))
        }
        _ => text(failure, "message").to_owned(),
    }
}

fn row(view: &Value) -> [String; 4] {
    let number = |value: Option<&Value>| {
        value
            .and_then(Value::as_u64)
            .map_or_else(|| "-".to_owned(), |it| it.to_string())
    };
    [
        text(view, "view_name").to_owned(),
        number(view.get("live_version")),
        text(view, "state").to_owned(),
        text(view, "created_at").to_owned(),
    ]
}

fn describe(view: &Value) -> String {
    let head = fields(&[
        ("view", text(view, "view_name").to_owned()),
        ("id", text(view, "view_id").to_owned()),
        ("created", text(view, "created_at").to_owned()),
    ]);
    let cell = |version: &Value, field: &str| match version.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let rows: Vec<_> = versions(view)
        .iter()
        .map(|version| {
            [
                cell(version, "version"),
                cell(version, "state"),
                cell(version, "applied_sequence"),
                cell(version, "lag_events"),
                cell(version, "memory_bytes"),
                cell(version, "compute_ms"),
                failure(version),
            ]
        })
        .collect();
    let titles = [
        "VERSION", "STATE", "APPLIED", "LAG", "MEMORY", "CPU MS", "FAILURE",
    ];
    format!("{head}\n\n{}", table(titles, &rows))
}
