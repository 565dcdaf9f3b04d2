//! Benchmarks of Primatomic: an open-loop load generator over HTTP, and measurements in process.
//!
//! One command gives every figure of one machine: `cargo run --release -p bench -- all`. Another
//! one, `... -- cluster`, gives those of a cluster. Each scenario explains itself with `--help`.
//! Results go to standard output, and as JSON and Markdown to `bench/results/`.

mod api;
mod baseline;
mod cluster;
mod context;
mod environment;
mod guests;
mod load;
mod process;
mod progress;
mod report;
mod scenarios;
mod server;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args as _, Command, FromArgMatches as _};
use tokio::signal::unix::{SignalKind, signal};

use context::Context;
use environment::Environment;
use report::{Report, Section};
use scenarios::{CLUSTER, SERVER, Scenario};

/// The hidden command of this program that compiles a component.
const COMPILE_COMMAND: &str = "compile-component";

fn main() -> ExitCode {
    let matches = command().get_matches();
    let Some((name, matches)) = matches.subcommand() else {
        return ExitCode::FAILURE;
    };
    let scenarios: Vec<&Scenario> = match name {
        COMPILE_COMMAND => return worker::compile::child_main(),
        "all" => SERVER.iter().collect(),
        "cluster" => CLUSTER.iter().collect(),
        one => every().filter(|it| it.name == one).collect(),
    };
    let context = Context::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
    match run(name, &scenarios, &context) {
        Ok(report) if !report.complete() => ExitCode::FAILURE,
        Ok(report) if context.strict && !report.reached() => ExitCode::from(2),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn every() -> impl Iterator<Item = &'static Scenario> {
    SERVER.iter().chain(CLUSTER)
}

/// The command line: a command for each scenario, and two for all of a kind.
fn command() -> Command {
    let all = Command::new("all").about("Run every scenario on one server, each on a fresh one");
    let cluster = Command::new("cluster")
        .about("Run every scenario on a cluster, each on a fresh one; needs `make servers`");
    let one = |it: &Scenario| Command::new(it.name).about(it.summary).long_about(it.about);
    let commands = [all, cluster].into_iter().chain(every().map(one));
    Command::new("bench")
        .about("Measures Primatomic")
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands.map(Context::augment_args))
        .subcommand(Command::new(COMPILE_COMMAND).hide(true))
}

/// Runs scenarios one after the other. One that can't be measured does not keep the others from
/// being so.
fn run(name: &str, scenarios: &[&Scenario], context: &Context) -> Result<Report> {
    std::fs::create_dir_all(&context.results)
        .with_context(|| format!("can't make {}", context.results.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't start the runtime")?;
    let mut report = Report {
        environment: Environment::read(&context.results),
        sections: Vec::with_capacity(scenarios.len()),
    };
    for scenario in scenarios {
        progress::say(&format!("{}:", scenario.name));
        let mut section = Section::new(scenario.name, scenario.about);
        let ended = runtime.block_on(async {
            tokio::select! {
                ended = (scenario.run)(context, &mut section) => Some(ended),
                () = stopped() => None,
            }
        });
        if let Some(Err(error)) = &ended {
            progress::say(&format!("  failed: {error:#}"));
            section.failure = Some(format!("{error:#}"));
        }
        report.sections.push(section);
        ended.map(drop).context("stopped before the end")?;
        report.write(&context.results, name)?;
    }
    write!(std::io::stdout(), "{report}").context("can't write to standard output")?;
    Ok(report)
}

/// Waits for Ctrl-C or a request to end. What was started ends with the scenario: it would not see
/// a Ctrl-C itself.
async fn stopped() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
