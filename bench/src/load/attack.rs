//! Clients that send on a schedule and do not mind errors.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Connection;

/// How many responses there were, by the kind of client and by status, 0 for none.
pub(crate) type Counts = BTreeMap<(&'static str, u16), u32>;

/// One client of an attack.
pub(crate) struct Attacker {
    /// What its responses are counted under.
    pub kind: &'static str,
    /// Its request number `nth`.
    pub request: Box<dyn Fn(u32) -> Vec<u8> + Send>,
}

/// Clients that attack until this is stopped or dropped.
pub(crate) struct Attackers {
    tasks: JoinSet<()>,
    counts: Arc<Mutex<Counts>>,
    started: Instant,
}

impl Attackers {
    /// Starts clients that together send `per_second` requests, evenly spread. `missed` says what
    /// becomes of requests that a slow response delays.
    pub(crate) fn start(
        server: SocketAddr,
        clients: Vec<Attacker>,
        per_second: u32,
        missed: MissedTickBehavior,
    ) -> Self {
        let (counts, started) = (Arc::<Mutex<Counts>>::default(), Instant::now());
        let gap = Duration::from_secs(1) / per_second;
        let mut tasks = JoinSet::new();
        let mut first = started;
        let period: Duration = std::iter::repeat_n(gap, clients.len()).sum();
        for client in clients {
            let mut ticks = interval_at(first, period);
            ticks.set_missed_tick_behavior(missed);
            first += gap;
            let counts = Arc::clone(&counts);
            tasks.spawn(async move {
                let mut connection = None;
                for nth in 0.. {
                    ticks.tick().await;
                    let request = (client.request)(nth);
                    let status = attempt(server, &mut connection, &request).await;
                    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                    *counts.entry((client.kind, status)).or_default() += 1;
                }
            });
        }
        Self {
            tasks,
            counts,
            started,
        }
    }

    /// Breaks all connections off. Returns what the server responded, and for how long it was
    /// attacked.
    pub(crate) async fn stop(mut self) -> (Counts, Duration) {
        let elapsed = self.started.elapsed();
        self.tasks.shutdown().await;
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        (counts.clone(), elapsed)
    }
}

/// Sends a request on the connection, or on a new one, and returns the status of the response.
async fn attempt(server: SocketAddr, connection: &mut Option<Connection>, request: &[u8]) -> u16 {
    let open = match connection.take() {
        Some(open) => Ok(open),
        None => Connection::open(server).await,
    };
    if let Ok(mut open) = open
        && let Ok(reply) = open.exchange(request).await
    {
        let status = reply.status;
        *connection = Some(open);
        return status;
    }
    0
}
