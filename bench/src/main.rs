//! Benchmarks of Primatomic: an open-loop load generator over HTTP, and measurements in process.
//!
//! One command gives every figure of one machine: `cargo run --release -p bench -- all`. Another one,
//! `... -- cluster`, gives those of a cluster. Each scenario explains itself with `--help`. Results go to standard output, and as JSON and Markdown to
//! `bench/results/`.

mod api;
mod baseline;
mod cluster;
mod context;
mod environment;
mod guests;
mod load;
mod options;
mod process;
mod progress;
mod report;
mod scenarios;
mod server;
mod tenant;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use context::Context;
use environment::Environment;
use options::{Command, Options};
use report::{Report, Section};
use scenarios::Scenario;

/// Measures Primatomic.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let (name, scenarios, options) = match Arguments::parse().command {
        Command::CompileComponent => return worker::compile::child_main(),
        Command::All(options) => ("all", Scenario::ALL.to_vec(), options),
        Command::Cluster(options) => ("cluster", Scenario::CLUSTER.to_vec(), options),
        Command::One(one) => {
            let (scenario, options) = one.split();
            (scenario.name(), vec![scenario], options)
        }
    };
    let strict = options.strict;
    match run(name, &scenarios, options) {
        Ok(report) if !report.complete() => ExitCode::FAILURE,
        Ok(report) if strict && !report.reached() => ExitCode::from(2),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs scenarios one after the other. One that can't be measured does not keep the others from
/// being so.
fn run(name: &str, scenarios: &[Scenario], options: Options) -> Result<Report> {
    let context = Context::new(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't start the runtime")?;
    let mut report = Report {
        environment: Environment::read(context.results()),
        sections: Vec::with_capacity(scenarios.len()),
    };
    for scenario in scenarios {
        progress::say(&format!("{}:", scenario.name()));
        let mut section = Section::new(scenario.name(), scenario.about());
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = scenario.run(&context, &mut section) => Some(outcome),
                () = stopped() => None,
            }
        });
        if let Some(Err(error)) = &outcome {
            progress::say(&format!("  failed: {error:#}"));
            section.failure = Some(format!("{error:#}"));
        }
        let outcome = outcome.context("stopped before the end");
        report.sections.push(section);
        outcome.map(|_| report.write(context.results(), name))??;
    }
    std::io::stdout()
        .write_all(report.markdown().as_bytes())
        .context("can't write to standard output")?;
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
