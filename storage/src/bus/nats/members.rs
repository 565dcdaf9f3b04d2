//! Which workers there are, as far as this process has heard.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

/// How long a worker counts as alive after its last heartbeat.
pub(super) const SILENCE_MAX: Duration = Duration::from_millis(2_500);

#[derive(Debug)]
pub(super) struct Members {
    heard: Mutex<BTreeMap<Uuid, Instant>>,
    /// Counts changes.
    changes: watch::Sender<u64>,
}

impl Default for Members {
    fn default() -> Self {
        Self {
            heard: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Members {
    pub(super) fn hear(&self, worker: Uuid) {
        let is_new = self.heard.lock().insert(worker, Instant::now()).is_none();
        if is_new {
            tracing::info!(%worker, "a worker joined");
            self.changed();
        }
    }

    /// The worker said that it leaves, or does not answer. A heartbeat brings it back.
    pub(super) fn lose(&self, worker: Uuid) {
        if self.heard.lock().remove(&worker).is_some() {
            tracing::info!(%worker, "a worker left");
            self.changed();
        }
    }

    /// Drops the workers that were silent for too long.
    pub(super) fn sweep(&self) {
        let mut heard = self.heard.lock();
        let before = heard.len();
        heard.retain(|worker, last| {
            let is_alive = last.elapsed() < SILENCE_MAX;
            if !is_alive {
                tracing::warn!(%worker, "a worker fell silent");
            }
            is_alive
        });
        let is_changed = heard.len() != before;
        drop(heard);
        if is_changed {
            self.changed();
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// All workers, the one that should have the key first. Rendezvous hashing: every process that
    /// knows the same workers gets the same order, and a worker that comes or goes moves only what
    /// is its own.
    pub(super) fn order(&self, key: &[u8; 16]) -> Vec<Uuid> {
        let mut ranked: Vec<_> = self
            .heard
            .lock()
            .keys()
            .map(|worker| (rank(worker, key), *worker))
            .collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        ranked.into_iter().map(|(_, worker)| worker).collect()
    }

    /// Waits until there is a worker.
    pub(super) async fn any(&self) {
        let mut changes = self.changes.subscribe();
        while self.heard.lock().is_empty() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until a worker is gone.
    pub(super) async fn gone(&self, worker: Uuid) {
        let mut changes = self.changes.subscribe();
        while self.heard.lock().contains_key(&worker) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

fn rank(worker: &Uuid, key: &[u8; 16]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(worker.as_bytes()).update(key);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(workers: &[Uuid]) -> Members {
        let members = Members::default();
        workers.iter().for_each(|worker| members.hear(*worker));
        members
    }

    #[test]
    fn a_worker_that_leaves_moves_only_what_was_its_own() {
        let workers: Vec<_> = (0..5).map(|_| Uuid::new_v4()).collect();
        let (before, after) = (of(&workers), of(&workers));
        after.lose(workers[2]);
        let mut moved = 0;
        for _ in 0..1_000 {
            let key = *Uuid::new_v4().as_bytes();
            let (was, is) = (before.order(&key), after.order(&key));
            assert_eq!((was.len(), is.len()), (5, 4));
            if was[0] == workers[2] {
                moved += 1;
                assert_eq!(is[0], was[1]);
            } else {
                assert_eq!(is[0], was[0]);
            }
        }
        assert!((120..280).contains(&moved), "{moved} of 1,000 keys moved");
    }

    #[tokio::test]
    async fn waiting_for_a_worker_and_for_its_end() {
        let members = Members::default();
        let worker = Uuid::new_v4();
        members.gone(worker).await;
        tokio::join!(members.any(), async { members.hear(worker) });
        tokio::join!(members.gone(worker), async { members.lose(worker) });
        assert!(members.order(&[0; 16]).is_empty());
    }
}
