//! What a tenant notices of another one: one whose views are hostile, and one whose views only work
//! as much as they can.

mod attack;

use std::time::Duration;

use anyhow::{Result, ensure};

use self::attack::Attack;
use super::Scenario;
use super::filling::{COUNTER, check_counter, deploy_counter};
use super::measure::Meter;
use crate::context::{Context, log_name};
use crate::guests::Hostile;
use crate::load::Plan;
use crate::progress;
use crate::report::Section;

pub(super) const HOSTILE: Scenario = Scenario {
    name: "bystander",
    summary: "What a tenant notices of another one whose views are hostile",
    about: "\
16 clients query the example view `counter` of one tenant, 200 times a second in an open loop: first \
on a quiet server, then while ten views of another tenant attack it, with the limits that the server \
has by default. Two each loop for ever in a query, take and fill memory without end, recurse without \
end, trap in every query, or loop for ever on an event. 20 connections append to their logs \
and 20 query them, together at most 100 requests a second, which is the default rate limit of a tenant. \
Each of the two runs takes three times the seconds of a full run, so that there are enough queries \
for a p99; the target is the ratio of the two. The generator shares the machine, so what the attack \
does to its own scheduling is part of the figure.",
    run: |context, section| Box::pin(run(HOSTILE_NEIGHBOUR, context, section)),
};

pub(super) const BUSY: Scenario = Scenario {
    name: "bystander-busy",
    summary: "What a tenant notices of another one whose views work as hard as they may",
    about: "\
The same queries, while six views of another tenant work as hard as they may: queries that take some \
40 ms of CPU time, and events that take some 10 ms to fold, which none of the limits forbids. 24 \
connections, half of them with queries and half with appends, send together at most 100 requests a \
second, which is more work than two cores do.",
    run: |context, section| Box::pin(run(BUSY_NEIGHBOUR, context, section)),
};

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

const HOSTILE_NEIGHBOUR: Neighbour = Neighbour {
    name: "hostile",
    views: &Hostile::ALL,
    fails: true,
    does: "attacked",
    p99_max: 2.0,
};

const BUSY_NEIGHBOUR: Neighbour = Neighbour {
    name: "busy",
    views: &Hostile::BUSY,
    fails: false,
    does: "crowded",
    p99_max: 3.0,
};

async fn run(neighbour: Neighbour, context: &Context, section: &mut Section) -> Result<()> {
    let does = neighbour.does;
    let target = context.own_target(&[])?;
    let other = target.sign_up(neighbour.name)?;
    let attack = Attack::prepare(&other, neighbour.views).await?;
    let log = log_name("bystander");
    deploy_counter(&mut target.endpoint.connect().await?, &log, EVENTS).await?;

    let request = target.endpoint.query(&log, COUNTER, None);
    let (servers, clients) = ([target.endpoint.address], context.clients(16));
    let mut plan = Plan::closed(servers, vec![request], clients, context.duration() * LONGER)?;
    plan.rate = Some(context.rate.unwrap_or(PER_SECOND));
    let meter = Meter::new(target.pid(), 1);
    plan.warm_up(WARM_UP).await?;
    let quiet = meter.run("quiet", &plan, section).await?;

    let attackers = attack.start();
    plan.warm_up(WARM_UP).await?;
    let disturbed = meter.run(&format!("while {does}"), &plan, section).await?;
    let (responses, _) = attackers.stop().await;
    // The first connection was idle for so long that the server may have closed it.
    check_counter(&mut target.endpoint.connect().await?, &log, EVENTS).await?;

    let (mut succeeded, mut failed) = (0, 0);
    for ((kind, status), count) in responses {
        if (200..300).contains(&status) {
            succeeded += count;
        } else {
            failed += count;
        }
        section.figure(
            format!("answers to `{kind}` of the other tenant with status {status}"),
            f64::from(count),
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
        let what = format!("the server's CPU time while {does}");
        section.figure(what, cores, "cores");
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
