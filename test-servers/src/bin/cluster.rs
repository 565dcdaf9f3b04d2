//! `make cluster`: a whole cluster on the loopback address, until Ctrl-C. Its data is temporary.

use std::env;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::json;
use test_servers::NatsCluster;
use test_servers::cluster::{ARCHIVERS, Member, Node, Stores};

const CONTROL_PLANES: usize = 2;
const WORKERS: usize = 3;

fn main() -> Result<()> {
    let program = program()?;
    say("Starting 3 NATS servers, PostgreSQL and an S3 server ...")?;
    let stores = Stores::start(program, NatsCluster::start(3)?)?;
    say(&format!(
        "Starting {CONTROL_PLANES} control planes, {WORKERS} workers and {ARCHIVERS} archivers ..."
    ))?;
    let planes = run(&stores, "control-plane", CONTROL_PLANES)?;
    let workers = run(&stores, "worker", WORKERS)?;
    let archivers = run(&stores, "archiver", ARCHIVERS)?;
    let first = planes.first().context("there is no control plane")?;
    let member = Member::register(first, "dev")?;
    let (key, _) = member.create_key(first, "cluster")?;
    member.call(Method::POST, first, "/logs", &json!({ "name": "demo" }))?;
    let addresses: Vec<_> = planes.iter().map(|plane| plane.url.as_str()).collect();
    let url = &first.url;
    say(&format!(
        "\nThe cluster is ready.\n\n  addresses  {}\n  API key    {key}\n\nTry it in another \
         terminal:\n\n  curl -sSw '\\n' {url}/logs/demo/append -H 'Authorization: Bearer {key}' \
         -d '{{\"inc\":10}}'\n\nStop with Ctrl-C. The data goes with it.",
        addresses.join(", ")
    ))?;
    wait_for_stop()?;
    say("Stopping ...")?;
    for node in planes.into_iter().chain(workers).chain(archivers) {
        node.stop()?;
    }
    Ok(())
}

/// The server, which lies beside this program.
fn program() -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name("primatomic");
    path.canonicalize()
        .with_context(|| format!("{} is missing; run `make cluster`", path.display()))
}

fn run(stores: &Stores, role: &str, count: usize) -> Result<Vec<Node>> {
    (0..count).map(|_| stores.run(role)).collect()
}

fn say(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

fn wait_for_stop() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped?,
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
