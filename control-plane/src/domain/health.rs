//! Whether the parts that the node needs are there.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::App;
use crate::internal::{Problem, answered_in_time};

/// A check is good for this long: more frequent requests get the last answer.
const TTL: Duration = Duration::from_secs(1);

/// The last check.
pub(crate) type Health = Mutex<Option<(Instant, Checked)>>;

/// The parts of a node, and whether each is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub catalog: bool,
    pub event_log: bool,
    pub objects: bool,
    pub workers: bool,
}

impl Checked {
    pub(crate) fn is_healthy(self) -> bool {
        self.catalog && self.event_log && self.objects && self.workers
    }
}

impl App {
    /// What keeps the node from taking requests. Components and snapshots are not needed for most of
    /// them, and while the catalog is away what is cached of it serves.
    pub(crate) async fn problems(&self) -> Vec<Problem> {
        let checked = self.check_health().await;
        // Whether requests of tenants that were served lately need no catalog.
        let is_warm = self.caches.sessions.is_warm() && self.caches.logs.is_warm();
        let catalog = checked.catalog || is_warm;
        let parts = [
            (
                "process",
                !self.lifecycle.draining.is_cancelled() && !self.lifecycle.stopping.is_cancelled(),
                "it is stopping",
            ),
            ("database", catalog, "the catalog is not available"),
            ("nats", checked.event_log, "the event log is not available"),
            ("workers", checked.workers, "no worker answers"),
        ];
        let missing = parts.into_iter().filter(|(_, is_there, _)| !is_there);
        let problems = missing.map(|(part, _, error)| Problem::new(part, error));
        problems.collect()
    }

    pub(crate) async fn check_health(&self) -> Checked {
        let mut last = self.caches.health.lock().await;
        if let Some((at, checked)) = *last
            && at.elapsed() < TTL
        {
            return checked;
        }
        let (catalog, event_log, objects, workers) = tokio::join!(
            check("the catalog", self.catalog.health()),
            check("the event log", self.stores.event_log.health()),
            check("the object store", self.stores.objects.health()),
            check("the workers", self.bus.views.health()),
        );
        let checked = Checked {
            catalog,
            event_log,
            objects,
            workers,
        };
        *last = Some((Instant::now(), checked));
        checked
    }
}

/// Why a part is away is for operators, so it goes to the log and not into the answer.
async fn check(part: &str, health: impl Future<Output = Result<(), String>>) -> bool {
    answered_in_time(health)
        .await
        .inspect_err(|error| tracing::warn!(%error, "{part} is not available"))
        .is_ok()
}
