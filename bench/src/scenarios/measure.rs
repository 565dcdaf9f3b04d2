//! Measuring one kind of request: as fast as a closed loop of clients goes, and then at the highest
//! rate that an open loop sustains.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::context::{Context, Target};
use crate::load::{self, Plan, RunResult};
use crate::process::cpu_time;
use crate::progress;
use crate::report::{Load, Section};

/// Load before the first measurement.
pub(super) const WARM_UP: Duration = Duration::from_secs(1);
/// The p99 above which a rate does not count as sustained, where no target says otherwise.
const P99_MAX: Duration = Duration::from_secs(1);
/// How often a rate that passed its short trial may fail the full run, and be lowered.
const CONFIRMATIONS_MAX: u32 = 6;
/// What is left of a rate that failed.
const LOWERED: f64 = 0.92;

/// What to measure and what to expect.
pub(super) struct Expectation {
    /// What clients send in turn.
    pub requests: Vec<Vec<u8>>,
    pub clients: usize,
    /// What is counted, such as `events`.
    pub counted: &'static str,
    /// How many of them one request holds.
    pub per_request: u32,
    /// The least of them per second.
    pub per_second: f64,
    pub p99: Option<Duration>,
}

/// Measures, checks the sustained rate against the expectation, and stops the server.
pub(super) async fn throughput(
    context: &Context,
    target: Target,
    mut expectation: Expectation,
    section: &mut Section,
) -> Result<()> {
    let requests = std::mem::take(&mut expectation.requests);
    let (servers, clients) = ([target.endpoint.address], expectation.clients);
    let mut plan = Plan::closed(servers, requests, clients, context.duration())?;
    let meter = Meter::new(target.pid(), expectation.per_request);
    plan.warm_up(WARM_UP).await?;
    let result = if let Some(rate) = context.rate {
        plan.rate = Some(rate);
        meter.run("open loop, given rate", &plan, section).await?
    } else {
        let closed = meter.run("closed loop", &plan, section).await?;
        ensure!(closed.succeeded > 0, "no request succeeded");
        let p99_max = expectation.p99.unwrap_or(P99_MAX);
        let guess = load::highest_rate(&plan, closed.per_second(), p99_max).await?;
        confirm(&meter, plan, guess, p99_max, section).await?
    };
    check(section, &result, &expectation);
    target.finish()
}

/// Runs a rate at full length, and lower ones until one is sustained.
async fn confirm(
    meter: &Meter,
    mut plan: Plan,
    guess: f64,
    p99_max: Duration,
    section: &mut Section,
) -> Result<RunResult> {
    let mut rate = guess;
    for _ in 0..CONFIRMATIONS_MAX {
        plan.rate = Some(rate);
        let result = meter.run("open loop", &plan, section).await?;
        if result.sustains(rate, p99_max) {
            return Ok(result);
        }
        // Only the run that is sustained is reported.
        section.loads.pop();
        rate *= LOWERED;
    }
    bail!("no rate was sustained, down to {rate:.0} requests/s")
}

fn check(section: &mut Section, result: &RunResult, expectation: &Expectation) {
    let per_second = result.per_second() * f64::from(expectation.per_request);
    let what = format!(
        "{} per second sustained, {} clients",
        expectation.counted, expectation.clients
    );
    let unit = format!("{}/s", expectation.counted);
    section.at_least(what, per_second, expectation.per_second, &unit);
    if let Some(p99) = expectation.p99 {
        let limit = p99.as_secs_f64() * 1e3;
        section.at_most("p99 at that rate", result.latency.p99_ms, limit, "ms");
    }
}

/// Runs plans and adds what they cost in CPU time.
pub(super) struct Meter {
    /// The server's process, if it is ours.
    server: Option<u32>,
    per_request: f64,
}

impl Meter {
    /// For requests that hold `per_request` of what is counted.
    pub(super) fn new(server: Option<u32>, per_request: u32) -> Self {
        Self {
            server,
            per_request: f64::from(per_request),
        }
    }

    pub(super) async fn run(
        &self,
        what: &str,
        plan: &Plan,
        section: &mut Section,
    ) -> Result<RunResult> {
        let (server_before, own_before) = self.cpu()?;
        let result = load::run(plan).await?;
        let (server, own) = self.cpu()?;
        let requests = result.per_second() * result.elapsed.as_secs_f64();
        let per_request = |after: Duration, before| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / requests.max(1.0)
        };
        progress::say(&format!("  {what}: {result}"));
        section.loads.push(Load {
            what: what.to_owned(),
            clients: plan.clients,
            offered_per_second: plan.rate,
            requests_per_second: result.per_second(),
            per_second: result.per_second() * self.per_request,
            latency: result.latency,
            failed: result.failed,
            unsent: result.unsent,
            first_failure: result.first_failure.clone(),
            server_cpu_us: server
                .zip(server_before)
                .map(|(it, before)| per_request(it, before)),
            generator_cpu_us: per_request(own, own_before),
        });
        Ok(result)
    }

    /// What the server and this generator have used so far.
    fn cpu(&self) -> Result<(Option<Duration>, Duration)> {
        let server = self.server.map(cpu_time).transpose();
        let server = server.context("the server is gone")?;
        Ok((server, cpu_time(std::process::id())?))
    }
}
