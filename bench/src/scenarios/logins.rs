//! What appends and queries notice of an attack on the login.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::time::MissedTickBehavior;

use super::Scenario;
use super::events::INCREMENT;
use super::filling::{COUNTER, deploy_counter};
use super::measure::Meter;
use crate::context::{Context, log_name};
use crate::load::{Attacker, Attackers, Latency, Plan};
use crate::progress;
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "logins",
    summary: "What appends and queries notice of an attack on the login",
    about: "\
16 clients append to a log 200 times a second, and then query the example view `counter` 200 times a \
second, both in an open loop: first on a quiet server, then while 500 logins a second with wrong \
passwords arrive from 2,000 addresses that a trusted proxy names. Half of them are for a registered \
address, half for addresses that nobody has. Every address stays below the published rate of the \
operations of authentication, so the server has to look at each. The generator shares the machine, so \
what the attack does to its own scheduling is part of the figure.",
    run: |context, section| Box::pin(run(context, section)),
};

const EVENTS: u64 = 1_000;
const PER_SECOND: f64 = 200.0;
/// A run is this many times as long as those of other scenarios, for the sake of its p99.
const LONGER: u32 = 2;
/// Load before a run: caches reach their usual state, and the attack is in full swing.
const WARM_UP: Duration = Duration::from_secs(2);

const LOGINS_PER_SECOND: u32 = 500;
/// More than the server lets wait, so that the attack does not slow down with it.
const ATTACKERS: u32 = 400;
/// Addresses that the attack comes from; each attacker has as many as all others.
const ADDRESSES: u32 = 2_000;
const VICTIM: &str = "victim";

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.own_target(&["--trusted-proxies", "127.0.0.1"])?;
    target.sign_up(VICTIM)?;
    let log = log_name("logins");
    deploy_counter(&mut target.endpoint.connect().await?, &log, EVENTS).await?;

    let endpoint = &target.endpoint;
    let plan = |request: Vec<u8>| -> Result<Plan> {
        let (servers, clients) = ([endpoint.address], context.clients(16));
        let duration = context.duration() * LONGER;
        let mut plan = Plan::closed(servers, vec![request], clients, duration)?;
        plan.rate = Some(context.rate.unwrap_or(PER_SECOND));
        Ok(plan)
    };
    let plans = [
        ("append", plan(endpoint.append(&log, INCREMENT))?),
        ("query", plan(endpoint.query(&log, COUNTER, None))?),
    ];
    let meter = Meter::new(target.pid(), 1);
    let mut quiet = Vec::new();
    for (what, plan) in &plans {
        plan.warm_up(WARM_UP).await?;
        let result = meter.run(&format!("{what}, quiet"), plan, section).await?;
        quiet.push(result.latency);
    }
    let attackers = attack(endpoint.address);
    for ((what, plan), quiet) in plans.iter().zip(quiet) {
        plan.warm_up(WARM_UP).await?;
        let name = format!("{what}, while logins are attacked");
        let attacked = meter.run(&name, plan, section).await?.latency;
        compare(what, &quiet, &attacked, section);
    }
    let (responses, elapsed) = attackers.stop().await;
    for ((_, status), count) in &responses {
        let what = format!("answers to logins with status {status}");
        section.figure(what, f64::from(*count), "");
    }
    let total: u32 = responses.values().sum();
    let rate = f64::from(total) / elapsed.as_secs_f64();
    section.figure("logins per second that were answered", rate, "logins/s");
    ensure!(
        rate > f64::from(LOGINS_PER_SECOND) * 0.8,
        "only {rate:.0} logins a second arrived, so nothing was attacked as it should be"
    );
    target.finish()
}

fn compare(what: &str, quiet: &Latency, attacked: &Latency, section: &mut Section) {
    section.latency(&format!("{what} on the quiet server"), quiet);
    section.latency(&format!("{what} while logins are attacked"), attacked);
    let ratio = attacked.p99_ms / quiet.p99_ms.max(f64::EPSILON);
    progress::say(&format!("  {what}: p99 {ratio:.2} × the quiet one"));
    section.at_most(
        format!("{what} p99 while logins are attacked, against quiet p99"),
        ratio,
        2.0,
        "×",
    );
}

/// Clients that try passwords. What the server is late with is made up for: an attacker has more
/// connections.
fn attack(server: SocketAddr) -> Attackers {
    let attacker = |number| Attacker {
        kind: "login",
        request: Box::new(move |nth| login(server, number, nth)),
    };
    Attackers::start(
        server,
        (0..ATTACKERS).map(attacker).collect(),
        LOGINS_PER_SECOND,
        MissedTickBehavior::Burst,
    )
}

/// A login with a wrong password from one of the addresses of an attacker.
fn login(server: SocketAddr, attacker: u32, nth: u32) -> Vec<u8> {
    let own = ADDRESSES / ATTACKERS;
    let [_, _, high, low] = (attacker * own + nth % own).to_be_bytes();
    let name = if nth.is_multiple_of(2) {
        VICTIM.to_owned()
    } else {
        format!("nobody-{attacker}-{nth}")
    };
    let body = json!({
        "email": format!("owner@{name}.example"),
        "password": format!("wrong password {nth}"),
    });
    let body = body.to_string();
    let head = format!(
        "POST /auth/login HTTP/1.1\r\nHost: {server}\r\nX-Forwarded-For: 198.18.{high}.{low}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}
