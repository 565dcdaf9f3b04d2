//! A tenant whose views are hostile, and who uses them as much as it may.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::api::Endpoint;
use crate::guests::Hostile;
use crate::load::Connection;

/// Views of each kind; together they want more threads than the server grants to a tenant.
const COPIES: u32 = 2;
/// Connections that attack one view. Every second one appends and the others query, so that events
/// come in while queries hang.
const CLIENTS_PER_VIEW: u32 = 4;
/// Requests per second of all connections together: as many as the server's rate limit lets a
/// tenant send, if it is not lifted.
const REQUESTS_PER_SECOND: u32 = 100;
const EVENT: &[u8] = br#"{"inc":1}"#;

/// Hostile views that are deployed and wait for their first request.
pub(super) struct Attack {
    endpoint: Endpoint,
    /// The log and the name of each view, and how it attacks.
    views: Vec<(String, String, Hostile)>,
}

/// Clients that attack until this is dropped, or until their time is over.
pub(super) struct Attackers {
    tasks: JoinSet<()>,
    answers: Answers,
}

/// By kind of view and by status, 0 for none, how many answers there were.
type Counts = BTreeMap<(&'static str, u16), u64>;
type Answers = Arc<Mutex<Counts>>;

#[derive(Deserialize)]
struct Uploaded {
    state: String,
}

impl Attack {
    /// Deploys the views. Their logs are empty, so none of them has had a chance to misbehave.
    pub(super) async fn prepare(endpoint: &Endpoint, kinds: &[Hostile]) -> Result<Self> {
        let mut api = endpoint.connect().await?;
        let mut views = Vec::new();
        for hostile in kinds {
            let component = hostile.component()?;
            for copy in 1..=COPIES {
                let name = hostile.name;
                let log = format!("{name}-{copy}");
                api.create_log(&log).await?;
                let path = format!("/logs/{log}/views/{name}");
                let upload =
                    endpoint.request("POST", &path, "application/octet-stream", &component);
                let answer = api.call(&upload).await;
                let answer = answer.with_context(|| format!("can't deploy the view {name}"))?;
                let uploaded: Uploaded =
                    serde_json::from_slice(&answer).context("unknown answer to an upload")?;
                ensure!(
                    uploaded.state == "live",
                    "the hostile view {name} is {} and not live",
                    uploaded.state
                );
                views.push((log, name.to_owned(), *hostile));
            }
        }
        Ok(Self {
            endpoint: endpoint.clone(),
            views,
        })
    }

    /// Lets all clients loose, for `duration` at most.
    pub(super) fn start(&self, duration: Duration) -> Result<Attackers> {
        let clients = u32::try_from(self.views.len())? * CLIENTS_PER_VIEW;
        let period = Duration::from_secs(1) * clients / REQUESTS_PER_SECOND;
        let answers = Answers::default();
        let mut tasks = JoinSet::new();
        let now = Instant::now();
        let mut number = 0;
        for (log, view, hostile) in &self.views {
            for client in 0..CLIENTS_PER_VIEW {
                let attacker = Attacker {
                    kind: hostile.name,
                    endpoint: self.endpoint.clone(),
                    request: if client % 2 == 0 {
                        self.endpoint.append(log, EVENT)
                    } else {
                        self.endpoint.query(log, view, None)
                    },
                    answers: Arc::clone(&answers),
                    first: now + period * number / clients,
                    period,
                    end: now + duration,
                };
                tasks.spawn(attacker.attack());
                number += 1;
            }
        }
        Ok(Attackers { tasks, answers })
    }
}

impl Attackers {
    /// Breaks all connections off and returns what the server answered.
    pub(super) async fn stop(mut self) -> Counts {
        self.tasks.shutdown().await;
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.clone()
    }
}

struct Attacker {
    kind: &'static str,
    endpoint: Endpoint,
    request: Vec<u8>,
    answers: Answers,
    first: Instant,
    period: Duration,
    end: Instant,
}

impl Attacker {
    /// Sends its request again and again. An attacker does not mind errors.
    async fn attack(self) {
        let mut ticks = interval_at(self.first, self.period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connection = None;
        loop {
            ticks.tick().await;
            if Instant::now() >= self.end {
                break;
            }
            let open = match connection.take() {
                Some(open) => Ok(open),
                None => Connection::open(self.endpoint.address).await,
            };
            let mut status = 0;
            if let Ok(mut open) = open
                && let Ok(reply) = open.exchange(&self.request).await
            {
                status = reply.status;
                connection = Some(open);
            }
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            *answers.entry((self.kind, status)).or_default() += 1;
        }
    }
}
