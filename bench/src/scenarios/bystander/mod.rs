//! What a tenant notices of another one whose views are hostile.

mod attack;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use self::attack::Attack;
use super::events::{increment, lines};
use super::measure::Meter;
use crate::api::Api;
use crate::context::{Context, log_name};
use crate::load::{self, Pace, Plan, Traffic};
use crate::progress;
use crate::report::Section;
use crate::tenant;

pub(crate) const ABOUT: &str = "\
16 clients query the example view `counter` of one tenant, 200 times a second in an open loop: first \
on a quiet server, then while ten views of another tenant attack it, with the limits that the server \
has by default. Two each loop for ever in a query, take and fill memory without end, recurse without \
end, trap in every query, or loop for ever on an event. 20 connections append to their logs \
and 20 query them, together at most 100 requests a second, which is the default rate limit of a tenant. \
Each of the two runs takes three times the seconds of a full run, so that there are enough queries \
for a p99; the target is the ratio of the two. The generator shares the machine, so what the attack \
does to its own scheduling is part of the figure.";

const VIEW: &str = "counter";
const EVENTS: u64 = 1_000;
const PER_SECOND: f64 = 200.0;
/// A run is this many times as long as those of other scenarios.
const LONGER: u32 = 3;
/// Load before a run: at first caches and connections reach their usual state, and later the attack
/// is in full swing.
const WARM_UP: Duration = Duration::from_secs(2);

pub(super) async fn run(context: &Context, section: &mut Section) -> Result<()> {
    context.needs_own_server()?;
    let target = context.target()?;
    let data = target.data().context("the server is not our own")?;
    let hostile = tenant::sign_up(target.endpoint.address, data, "hostile").await?;
    let attack = Attack::prepare(&hostile).await?;

    let mut api = target.endpoint.connect().await?;
    let log = log_name("bystander");
    api.create_log(&log).await?;
    api.append_batch(&log, &lines(EVENTS, |_| increment()))
        .await?;
    api.deploy(&log, VIEW, example_views::COUNTER).await?;
    check(&mut api, &log).await?;

    let rate = context.rate().unwrap_or(PER_SECOND);
    let request = target.endpoint.query(&log, VIEW, None);
    let plan = Plan {
        traffic: Traffic::new(target.endpoint.address, vec![request])?,
        clients: context.clients(16),
        pace: Pace::Open { per_second: rate },
        duration: context.duration() * LONGER,
    };
    let warm_up = Plan {
        duration: WARM_UP,
        ..plan.clone()
    };
    let meter = Meter {
        server: target.pid(),
        per_request: 1.0,
    };
    load::run(&warm_up).await?;
    let quiet = meter.run("quiet", &plan, section).await?;

    // Twice the time, in case the bystander's queries are late.
    let attackers = attack.start((WARM_UP + plan.duration) * 2)?;
    load::run(&warm_up).await?;
    let disturbed = meter.run("while attacked", &plan, section).await?;
    let answers = attackers.stop().await;
    // The first connection was idle for so long that the server may have closed it.
    check(&mut target.endpoint.connect().await?, &log).await?;

    let mut failed = 0;
    for ((kind, status), count) in answers {
        if !(200..300).contains(&status) {
            failed += count;
        }
        section.figure(
            format!("answers to the attack of `{kind}` with status {status}"),
            f64::from(u32::try_from(count)?),
            "",
        );
    }
    ensure!(failed > 0, "no hostile request failed, so nothing attacked");
    let cores = section
        .loads
        .last()
        .and_then(|load| Some(load.server_cpu_us? * load.requests_per_second / 1e6));
    if let Some(cores) = cores {
        section.figure("the server's CPU time while attacked", cores, "cores");
    }
    let (quiet, disturbed) = (quiet.latency, disturbed.latency);
    section.latency("query on the quiet server", &quiet);
    section.latency("query while attacked", &disturbed);
    let ratio = |disturbed: f64, quiet: f64| disturbed / quiet.max(f64::EPSILON);
    let p50 = ratio(disturbed.p50_ms, quiet.p50_ms);
    section.figure("query p50 while attacked, against quiet p50", p50, "×");
    let p99 = ratio(disturbed.p99_ms, quiet.p99_ms);
    progress::say(&format!(
        "  attacked against quiet: p50 {p50:.2} ×, p99 {p99:.2} ×"
    ));
    section.at_most(
        "query p99 while another tenant's views attack, against quiet p99",
        p99,
        2.0,
        "×",
    );
    target.finish()
}

/// Checks that the bystander's view knows all of its events.
async fn check(api: &mut Api, log: &str) -> Result<()> {
    let answer = api.query(log, VIEW, Some(EVENTS)).await?;
    let expected = format!(r#"{{"value":{EVENTS}}}"#);
    ensure!(
        answer == expected.as_bytes(),
        "the view answered {} and not {expected}",
        String::from_utf8_lossy(&answer)
    );
    Ok(())
}
