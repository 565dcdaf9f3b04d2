//! What a tenant notices of another one: one whose views are hostile, and one whose views only work
//! as much as they can.

mod attack;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use self::attack::Attack;
use super::events::{increment, lines};
use super::measure::Meter;
use crate::api::Api;
use crate::context::{Context, log_name};
use crate::guests::Hostile;
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

pub(crate) const ABOUT_BUSY: &str = "\
The same queries, while six views of another tenant work as hard as they may: queries that take some \
40 ms of CPU time, and events that take some 10 ms to fold, which none of the limits forbids. 24 \
connections, half of them with queries and half with appends, send together at most 100 requests a \
second, which is more work than two cores do.";

const VIEW: &str = "counter";
const EVENTS: u64 = 1_000;
const PER_SECOND: f64 = 200.0;
/// A run is this many times as long as those of other scenarios.
const LONGER: u32 = 3;
/// Load before a run: at first caches and connections reach their usual state, and later the attack
/// is in full swing.
const WARM_UP: Duration = Duration::from_secs(2);

/// What the other tenant does.
struct Neighbour {
    name: &'static str,
    views: &'static [Hostile],
    /// Whether some of its requests must fail.
    fails: bool,
    /// In the past tense: "while …".
    does: &'static str,
    /// How many times longer the slowest queries may take.
    p99_max: f64,
}

pub(super) async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let hostile = Neighbour {
        name: "hostile",
        views: &Hostile::ALL,
        fails: true,
        does: "attacked",
        p99_max: 2.0,
    };
    beside(hostile, context, section).await
}

pub(super) async fn run_busy(context: &Context, section: &mut Section) -> Result<()> {
    let busy = Neighbour {
        name: "busy",
        views: &Hostile::BUSY,
        fails: false,
        does: "crowded",
        p99_max: 3.0,
    };
    beside(busy, context, section).await
}

async fn beside(neighbour: Neighbour, context: &Context, section: &mut Section) -> Result<()> {
    let does = neighbour.does;
    context.needs_own_server()?;
    let target = context.target()?;
    let data = target.data().context("the server is not our own")?;
    let other = tenant::sign_up(target.endpoint.address, data, neighbour.name).await?;
    let attack = Attack::prepare(&other, neighbour.views).await?;

    let mut api = target.endpoint.connect().await?;
    let log = log_name("bystander");
    api.create_log(&log).await?;
    api.append_batch(&log, &lines(EVENTS, |_| increment()))
        .await?;
    api.deploy(&log, VIEW, example_views::counter()).await?;
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
    let disturbed = meter.run(&format!("while {does}"), &plan, section).await?;
    let answers = attackers.stop().await;
    // The first connection was idle for so long that the server may have closed it.
    check(&mut target.endpoint.connect().await?, &log).await?;

    let (mut succeeded, mut failed) = (0, 0);
    for ((kind, status), count) in answers {
        if (200..300).contains(&status) {
            succeeded += count;
        } else {
            failed += count;
        }
        section.figure(
            format!("answers to `{kind}` of the other tenant with status {status}"),
            f64::from(u32::try_from(count)?),
            "",
        );
    }
    if neighbour.fails {
        ensure!(failed > 0, "no hostile request failed, so nothing attacked");
    } else {
        ensure!(succeeded > failed, "most of the other tenant's work failed");
    }
    let cores = section
        .loads
        .last()
        .and_then(|load| Some(load.server_cpu_us? * load.requests_per_second / 1e6));
    if let Some(cores) = cores {
        section.figure(
            format!("the server's CPU time while {does}"),
            cores,
            "cores",
        );
    }
    let (quiet, disturbed) = (quiet.latency, disturbed.latency);
    section.latency("query on the quiet server", &quiet);
    section.latency(&format!("query while {does}"), &disturbed);
    let ratio = |disturbed: f64, quiet: f64| disturbed / quiet.max(f64::EPSILON);
    let p50 = ratio(disturbed.p50_ms, quiet.p50_ms);
    let title = format!("query p50 while {does}, against quiet p50");
    section.figure(title, p50, "×");
    let p99 = ratio(disturbed.p99_ms, quiet.p99_ms);
    progress::say(&format!(
        "  {does} against quiet: p50 {p50:.2} ×, p99 {p99:.2} ×"
    ));
    section.at_most(
        format!("query p99 while {does} by another tenant's views, against quiet p99"),
        p99,
        neighbour.p99_max,
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
