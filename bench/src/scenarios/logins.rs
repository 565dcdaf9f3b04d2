//! What appends and queries notice of an attack on the login.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::events::{increment, lines};
use super::measure::Meter;
use crate::api::Endpoint;
use crate::context::{Context, log_name};
use crate::load::{self, Connection, Latency, Pace, Plan, Traffic};
use crate::progress;
use crate::report::Section;
use crate::tenant;

pub(crate) const ABOUT: &str = "\
16 clients append to a log 200 times a second, and then query the example view `counter` 200 times a \
second, both in an open loop: first on a quiet server, then while 500 logins a second with wrong \
passwords arrive from 2,000 addresses that a trusted proxy names. Half of them are for a registered \
address, half for addresses that nobody has. Every address stays below the published rate of the \
operations of authentication, so the server has to look at each. The generator shares the machine, so \
what the attack does to its own scheduling is part of the figure.";

const VIEW: &str = "counter";
const EVENTS: u64 = 1_000;
const PER_SECOND: f64 = 200.0;
/// A run is this many times as long as those of other scenarios, for the sake of its p99.
const LONGER: u32 = 2;
/// Load before a run: caches reach their usual state, and the attack is in full swing.
const WARM_UP: Duration = Duration::from_secs(2);

const LOGINS_PER_SECOND: u32 = 500;
/// More than the server lets wait for their turn, so that the attack does not slow down with it.
const ATTACKERS: u32 = 400;
/// Addresses that the attack comes from; each attacker has as many as all others.
const ADDRESSES: u32 = 2_000;
const VICTIM: &str = "victim";

pub(super) async fn run(context: &Context, section: &mut Section) -> Result<()> {
    context.needs_own_server()?;
    let target = context.target_with(&["--trusted-proxies", "127.0.0.1"])?;
    let data = target.data().context("the server is not our own")?;
    tenant::sign_up(target.endpoint.address, data, VICTIM).await?;

    let mut api = target.endpoint.connect().await?;
    let log = log_name("logins");
    api.create_log(&log).await?;
    api.append_batch(&log, &lines(EVENTS, |_| increment()))
        .await?;
    api.deploy(&log, VIEW, example_views::counter()).await?;
    api.query(&log, VIEW, Some(EVENTS)).await?;

    let endpoint = &target.endpoint;
    let plan = |request: Vec<u8>| -> Result<Plan> {
        Ok(Plan {
            traffic: Traffic::new(endpoint.address, vec![request])?,
            clients: context.clients(16),
            pace: Pace::Open {
                per_second: context.rate().unwrap_or(PER_SECOND),
            },
            duration: context.duration() * LONGER,
        })
    };
    let plans = [
        ("append", plan(endpoint.append(&log, &increment()))?),
        ("query", plan(endpoint.query(&log, VIEW, None))?),
    ];
    let meter = Meter {
        server: target.pid(),
        per_request: 1.0,
    };
    let mut quiet = Vec::new();
    for (what, plan) in &plans {
        warm_up(plan).await?;
        let outcome = meter.run(&format!("{what}, quiet"), plan, section).await?;
        quiet.push(outcome.latency);
    }
    let attack = Attack::start(endpoint);
    for ((what, plan), quiet) in plans.iter().zip(quiet) {
        warm_up(plan).await?;
        let name = format!("{what}, while logins are attacked");
        let attacked = meter.run(&name, plan, section).await?.latency;
        compare(what, &quiet, &attacked, section);
    }
    let (answers, elapsed) = attack.stop().await;
    let mut total = 0;
    for (status, count) in answers {
        let count = u32::try_from(count)?;
        total += count;
        let what = format!("answers to logins with status {status}");
        section.figure(what, f64::from(count), "");
    }
    let rate = f64::from(total) / elapsed.as_secs_f64();
    section.figure("logins per second that were answered", rate, "logins/s");
    ensure!(
        rate > f64::from(LOGINS_PER_SECOND) * 0.8,
        "only {rate:.0} logins a second arrived, so nothing was attacked as it should be"
    );
    target.finish()
}

async fn warm_up(plan: &Plan) -> Result<()> {
    let warm_up = Plan {
        duration: WARM_UP,
        ..plan.clone()
    };
    load::run(&warm_up).await.map(|_| ())
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

type Counts = BTreeMap<u16, u64>;

/// Clients that try passwords until they are stopped.
struct Attack {
    tasks: JoinSet<()>,
    answers: Arc<Mutex<Counts>>,
    started: Instant,
}

impl Attack {
    fn start(endpoint: &Endpoint) -> Self {
        let period = Duration::from_secs(1) * ATTACKERS / LOGINS_PER_SECOND;
        let answers = Arc::<Mutex<Counts>>::default();
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for number in 0..ATTACKERS {
            let attacker = Attacker {
                endpoint: endpoint.clone(),
                answers: Arc::clone(&answers),
                first: started + period * number / ATTACKERS,
                period,
                number,
            };
            tasks.spawn(attacker.attack());
        }
        Self {
            tasks,
            answers,
            started,
        }
    }

    /// What the server answered, and for how long it was attacked.
    async fn stop(mut self) -> (Counts, Duration) {
        let elapsed = self.started.elapsed();
        self.tasks.shutdown().await;
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        (answers.clone(), elapsed)
    }
}

struct Attacker {
    endpoint: Endpoint,
    answers: Arc<Mutex<Counts>>,
    first: Instant,
    period: Duration,
    number: u32,
}

impl Attacker {
    async fn attack(self) {
        let mut ticks = interval_at(self.first, self.period);
        // What the server is late with is made up for: an attacker has more connections.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut connection = None;
        for turn in 0.. {
            ticks.tick().await;
            let request = self.login(turn);
            let open = match connection.take() {
                Some(open) => Ok(open),
                None => Connection::open(self.endpoint.address).await,
            };
            let mut status = 0;
            if let Ok(mut open) = open
                && let Ok(reply) = open.exchange(&request).await
            {
                status = reply.status;
                connection = Some(open);
            }
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            *answers.entry(status).or_default() += 1;
        }
    }

    /// A login with a wrong password from one of the attacker's addresses.
    fn login(&self, turn: u32) -> Vec<u8> {
        let own = ADDRESSES / ATTACKERS;
        let [_, _, high, low] = (self.number * own + turn % own).to_be_bytes();
        let name = if turn.is_multiple_of(2) {
            VICTIM.to_owned()
        } else {
            format!("nobody-{}-{turn}", self.number)
        };
        let body = json!({
            "email": format!("{name}@example.org"),
            "password": format!("wrong password {turn}"),
        });
        let body = body.to_string();
        let head = format!(
            "POST /auth/login HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 198.18.{high}.{low}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.endpoint.address,
            body.len()
        );
        [head.into_bytes(), body.into_bytes()].concat()
    }
}
