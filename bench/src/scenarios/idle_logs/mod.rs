//! A server with a great many logs that nobody uses.

mod populate;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Scenario;
use super::events::call;
use crate::api::Api;
use crate::context::Context;
use crate::load::Recorder;
use crate::process::resident_mb;
use crate::progress;
use crate::report::Section;
use crate::server::Server;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "idle-logs",
    summary: "A server with a great many logs that nobody uses",
    about: "\
A server with 100,000 logs, each with one event and a live view (the example view `counter`), that \
nobody uses. Logs and views are entered into the catalog directly, by the same code that serves the \
API but with many of them in a transaction; the events are appended over HTTP. Then the server is \
restarted: start is the time from starting the process until it listens and answers its health \
check, memory is the resident memory (VmRSS) after that and again after the appends. Then one client \
appends to one of the logs, and in turn to one of another server with ten logs, half a second each, \
so that both see the same disk.",
    run: |context, section| Box::pin(run(context, section)),
};

const LOGS: u32 = 100_000;
const FEW_LOGS: u32 = 10;
/// How long one server is appended to before the other is.
const SLICE: Duration = Duration::from_millis(500);
/// How much slower an append to one of many may be and still count as equally fast: about what two
/// runs on the same server differ by.
const AS_FAST: f64 = 1.15;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let program = context.own_program()?;
    let (many_data, few_data) = (context.data()?, context.data()?);
    let logs = context.logs(LOGS);
    let many_log = populate::run(&program, many_data.path(), logs).await?;
    let few_log = populate::run(&program, few_data.path(), FEW_LOGS).await?;

    let (many_server, start) = start(&program, many_data.path()).await?;
    let memory = resident_mb(many_server.node.pid())?;
    progress::say(&format!("  {logs} logs: start {start:?}, {memory:.0} MB"));
    let (what, seconds) = (format!("start with {logs} logs"), start.as_secs_f64());
    section.at_most(what, seconds, 2.0, "s");
    let what = format!("resident memory with {logs} logs");
    section.at_most(what, memory, 250.0, "MB");

    let (few_server, few_start) = self::start(&program, few_data.path()).await?;
    let few_memory = resident_mb(few_server.node.pid())?;
    section.figures([
        ("start with ten logs", few_start.as_secs_f64(), "s"),
        ("resident memory with ten logs", few_memory, "MB"),
    ]);

    let mut of_many = Appends::new(&many_server, many_log).await?;
    let mut of_few = Appends::new(&few_server, few_log).await?;
    let phase = Instant::now();
    while phase.elapsed() < context.duration() {
        of_many.append_for_a_slice().await?;
        of_few.append_for_a_slice().await?;
    }
    let (many_appends, few_appends) = (of_many.times.summary(), of_few.times.summary());
    let memory = resident_mb(many_server.node.pid())?;
    section.figures([
        ("resident memory after the appends", memory, "MB"),
        (
            "first append to an idle log of many",
            of_many.first_ms,
            "ms",
        ),
        ("first append to an idle log of ten", of_few.first_ms, "ms"),
    ]);
    section.latency("append to one log of many", &many_appends);
    section.latency("append to one log of ten", &few_appends);
    progress::say(&format!(
        "  append p50: {:.3} ms with {logs} logs, {:.3} ms with ten",
        many_appends.p50_ms, few_appends.p50_ms
    ));
    section.at_most(
        "append p50, one log of many against one of ten",
        many_appends.p50_ms / few_appends.p50_ms.max(f64::EPSILON),
        AS_FAST,
        "×",
    );
    many_server.node.stop()?;
    few_server.node.stop()
}

/// Starts a server and waits until it answers its health check.
async fn start(program: &Path, data: &Path) -> Result<(Server, Duration)> {
    let start = Instant::now();
    let server = Server::start(program, data, &[])?;
    server.endpoint.connect().await?.health().await?;
    Ok((server, start.elapsed()))
}

/// Appends to one log of a server.
struct Appends {
    api: Api,
    log: String,
    first_ms: f64,
    times: Recorder,
}

impl Appends {
    /// Connects, and appends once: the log's head is read then.
    async fn new(server: &Server, log: String) -> Result<Self> {
        let mut api = server.endpoint.connect().await?;
        let start = Instant::now();
        api.append(&log, &call(0)).await?;
        Ok(Self {
            api,
            log,
            first_ms: start.elapsed().as_secs_f64() * 1e3,
            times: Recorder::new()?,
        })
    }

    async fn append_for_a_slice(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < SLICE {
            let sent = Instant::now();
            self.api.append(&self.log, &call(1)).await?;
            self.times.record(sent.elapsed());
        }
        Ok(())
    }
}
