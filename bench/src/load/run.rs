//! One run of load: a number of clients, a pace, a duration.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Connection, Latency, Recorder};
use crate::report::real;

/// The most clients of one run.
const CLIENTS_MAX: usize = 10_000;
/// How long clients may still send, after the end of the schedule, what they are late with.
const GRACE: Duration = Duration::from_secs(5);
/// How long an answer may take before the whole run is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How many requests in a row may fail before a client gives up.
const FAILURES_IN_A_ROW_MAX: u32 = 5;

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(super) servers: Arc<[SocketAddr]>,
    /// Complete with head and body; clients send them one after the other.
    pub(super) requests: Arc<[Vec<u8>]>,
    pub clients: usize,
    /// Requests per second over all clients, which are due by a schedule, whatever the server does.
    /// Latency is measured from the moment a request was due, so that a stall counts for every
    /// request that it delays (no coordinated omission). The timer's grain of about 1 ms is part of
    /// it. Without a rate every client sends its next request as soon as it has the answer to the
    /// last one, and latency is measured from the sending.
    pub rate: Option<f64>,
    pub duration: Duration,
}

/// What came out of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunResult {
    /// Requests that were answered with success.
    pub succeeded: u64,
    /// Requests that were answered with an error or not at all.
    pub failed: u64,
    /// Requests of the schedule that were never sent, because the server was too far behind. Their
    /// latency counts up to the moment when they were given up.
    pub unsent: u64,
    pub first_failure: Option<String>,
    /// From the start to the last answer.
    pub elapsed: Duration,
    pub latency: Latency,
}

impl Plan {
    /// A closed loop. Each client stays with one of the servers.
    pub(crate) fn closed(
        servers: impl Into<Arc<[SocketAddr]>>,
        requests: Vec<Vec<u8>>,
        clients: usize,
        duration: Duration,
    ) -> Result<Self> {
        let servers = servers.into();
        ensure!(!requests.is_empty(), "there is no request to send");
        ensure!(!servers.is_empty(), "there is no server to send to");
        Ok(Self {
            servers,
            requests: requests.into(),
            clients,
            rate: None,
            duration,
        })
    }

    /// Runs the plan for a while without measuring: caches, connections and files reach their usual
    /// state.
    pub(crate) async fn warm_up(&self, duration: Duration) -> Result<()> {
        let plan = self.clone();
        run(&Self { duration, ..plan }).await.map(drop)
    }

    fn server(&self, client: usize) -> SocketAddr {
        self.servers[client % self.servers.len()]
    }

    /// What `client` sends as its request number `nth`. The clients together go through all requests
    /// in order, again and again.
    fn request(&self, client: usize, nth: usize) -> &[u8] {
        &self.requests[(client + nth * self.clients) % self.requests.len()]
    }

    /// When that request is due, from the start on. In an open loop the requests of all clients
    /// together are spread evenly; in a closed one a request has no time of its own.
    fn due(&self, client: usize, nth: usize) -> Option<Duration> {
        let slot = real((client + nth * self.clients) as u64);
        Some(Duration::from_secs_f64(slot / self.rate?))
    }
}

impl RunResult {
    /// Successful requests per second.
    pub(crate) fn per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64().max(f64::EPSILON);
        real(self.succeeded) / seconds
    }
}

impl fmt::Display for RunResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {} failed, {} unsent",
            self.per_second(),
            self.latency.p50_ms,
            self.latency.p99_ms,
            self.failed,
            self.unsent,
        )
    }
}

/// What all clients of a run write to. They share one thread, so the lock is never contended.
#[derive(Debug)]
struct Tally {
    recorder: Recorder,
    /// All but the latency.
    result: RunResult,
}

/// Runs a plan to its end.
pub(crate) async fn run(plan: &Plan) -> Result<RunResult> {
    let clients = plan.clients;
    ensure!(
        (1..=CLIENTS_MAX).contains(&clients),
        "the number of clients must be 1 to {CLIENTS_MAX}"
    );
    let is_rate = |rate: f64| rate.is_finite() && rate > 0.0;
    ensure!(plan.rate.is_none_or(is_rate), "the rate must be above 0");
    let mut connections = Vec::with_capacity(clients);
    for client in 0..clients {
        let connection = Connection::open(plan.server(client)).await;
        connections.push(connection.context("can't connect to the server")?);
    }
    let start = Instant::now();
    let tally = Arc::new(Mutex::new(Tally {
        recorder: Recorder::new()?,
        result: RunResult::default(),
    }));
    let mut tasks = JoinSet::new();
    for (index, connection) in connections.into_iter().enumerate() {
        let client = Client {
            plan: plan.clone(),
            index,
            start,
            connection,
            tally: Arc::clone(&tally),
        };
        tasks.spawn(client.run());
    }
    let deadline = start + plan.duration + GRACE + ANSWER_TIMEOUT;
    while let Some(joined) = timeout_at(deadline, tasks.join_next())
        .await
        .context("the server stopped answering")?
    {
        joined.context("a client stopped")??;
    }
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(RunResult {
        latency: tally.recorder.summary(),
        ..tally.result.clone()
    })
}

struct Client {
    plan: Plan,
    index: usize,
    start: Instant,
    connection: Connection,
    tally: Arc<Mutex<Tally>>,
}

impl Client {
    async fn run(mut self) -> Result<()> {
        let (mut failures, end) = (0, self.start + self.plan.duration);
        for nth in 0.. {
            let now = Instant::now();
            let due = self.due(nth).unwrap_or(now);
            if due >= end {
                break;
            }
            if now > end + GRACE {
                self.give_up(nth, end, now);
                break;
            }
            if now < due {
                sleep_until(due).await;
            }
            self.send(nth, due, &mut failures).await?;
        }
        Ok(())
    }

    fn due(&self, nth: usize) -> Option<Instant> {
        Some(self.start + self.plan.due(self.index, nth)?)
    }

    /// Sends one request and records how long after `since` its answer came.
    async fn send(&mut self, nth: usize, since: Instant, failures: &mut u32) -> Result<()> {
        let request = self.plan.request(self.index, nth);
        let result = self.connection.exchange(request).await;
        let now = Instant::now();
        let failure = match &result {
            Ok(reply) if reply.is_success() => None,
            Ok(reply) => Some(reply.to_string()),
            Err(error) => Some(error.to_string()),
        };
        let broken = result.is_err();
        {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.recorder.record(now - since);
            let result = &mut tally.result;
            result.elapsed = result.elapsed.max(now - self.start);
            match &failure {
                None => result.succeeded += 1,
                Some(_) => result.failed += 1,
            }
            if result.first_failure.is_none() {
                result.first_failure.clone_from(&failure);
            }
        }
        let Some(failure) = failure else {
            *failures = 0;
            return Ok(());
        };
        *failures += 1;
        if *failures >= FAILURES_IN_A_ROW_MAX {
            bail!("{failures} requests in a row failed; the last one with: {failure}");
        }
        if broken {
            let connection = Connection::open(self.plan.server(self.index)).await;
            self.connection = connection.context("can't connect to the server again")?;
        }
        Ok(())
    }

    /// Counts what is left of the schedule, from `nth` on, with the latency that it has by now.
    fn give_up(&self, nth: usize, end: Instant, now: Instant) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let left = (nth..).map_while(|nth| self.due(nth));
        for due in left.take_while(|due| *due < end) {
            tally.result.unsent += 1;
            tally.recorder.record(now - due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_spreads_all_clients_evenly() {
        let servers = ["127.0.0.1:1".parse().unwrap()];
        let mut plan = Plan::closed(servers, vec![Vec::new()], 4, GRACE).unwrap();
        assert_eq!(plan.due(0, 0), None);
        plan.rate = Some(1_000.0);
        let after = |millis| Some(Duration::from_millis(millis));
        assert_eq!(plan.due(0, 0), after(0));
        assert_eq!(plan.due(3, 0), after(3));
        assert_eq!(plan.due(1, 2), after(9));
    }
}
