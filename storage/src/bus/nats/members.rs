//! Which nodes of a kind there are, as far as this process has heard.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

/// How long a node counts as alive after its last heartbeat.
pub(super) const SILENCE_MAX: Duration = Duration::from_millis(2_500);

/// What a node says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum MemberStatus {
    Alive,
    /// It answers what it has taken, and should be sent nothing further.
    Leaving,
    /// It answers nothing any more.
    Gone,
}

#[derive(Clone, Copy)]
struct Member {
    last_heard: Instant,
    /// It answers what it has taken, and is sent nothing further.
    is_leaving: bool,
    /// Counts the times at which calls of the node, or its answers, may have been lost.
    losses: u64,
}

pub(super) struct Members {
    /// What a node is called, for the log.
    kind: &'static str,
    heard: Mutex<BTreeMap<Uuid, Member>>,
    /// Counts changes.
    changes: watch::Sender<u64>,
}

impl Members {
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            heard: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }

    pub(super) fn hear(&self, node: Uuid, status: MemberStatus, losses: u64) {
        if status == MemberStatus::Gone {
            return self.lose(node);
        }
        let member = Member {
            last_heard: Instant::now(),
            is_leaving: status == MemberStatus::Leaving,
            losses,
        };
        let before = self.heard.lock().insert(node, member);
        match before {
            None => tracing::info!(%node, "a {} joined", self.kind),
            Some(before) if before.is_leaving != member.is_leaving => {
                let what = ["is back", "leaves"][usize::from(member.is_leaving)];
                tracing::info!(%node, "a {} {what}", self.kind);
            }
            Some(before) if before.losses != losses => {
                tracing::info!(%node, "a {} lost its connection and is back", self.kind);
            }
            Some(_) => return,
        }
        self.changed();
    }

    /// The node takes nothing right now; what it has taken may still be answered. A heartbeat brings
    /// it back.
    pub(super) fn set_aside(&self, node: Uuid) {
        if let Some(member) = self.heard.lock().get_mut(&node) {
            member.is_leaving = true;
        }
        self.changed();
    }

    /// The node is gone, or does not answer. A heartbeat brings it back.
    pub(super) fn lose(&self, node: Uuid) {
        if self.heard.lock().remove(&node).is_some() {
            tracing::info!(%node, "a {} is gone", self.kind);
            self.changed();
        }
    }

    /// Drops the nodes that were silent for too long.
    pub(super) fn sweep(&self) {
        let mut heard = self.heard.lock();
        let before = heard.len();
        heard.retain(|node, member| {
            let is_alive = member.last_heard.elapsed() < SILENCE_MAX;
            if !is_alive {
                tracing::warn!(%node, "a {} fell silent", self.kind);
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

    /// Counts the changes of the members.
    pub(super) fn version(&self) -> u64 {
        *self.changes.borrow()
    }

    /// The nodes that take calls.
    pub(super) fn taking(&self) -> Vec<Uuid> {
        let heard = self.heard.lock();
        let taking = heard.iter().filter(|(_, member)| !member.is_leaving);
        taking.map(|(node, _)| *node).collect()
    }

    /// All nodes that take calls, the one that should have the key first. Rendezvous hashing: every
    /// process that knows the same nodes gets the same order, and a node that comes or goes moves
    /// only what is its own.
    pub(super) fn order(&self, key: &[u8; 16]) -> Vec<Uuid> {
        let mut nodes = self.taking();
        nodes.sort_by_cached_key(|node| Reverse((rank(node, key), *node)));
        nodes
    }

    /// Whether the node was heard of lately.
    pub(super) fn contains(&self, node: Uuid) -> bool {
        self.heard.lock().contains_key(&node)
    }

    /// Waits until there is a node that takes calls.
    pub(super) async fn any(&self) {
        let mut changes = self.changes.subscribe();
        while self.taking().is_empty() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until a call that is sent now has no answer to come: the node is gone, or lost its own
    /// connection in the meantime, and with it perhaps the call or the answer. A node that is
    /// leaving still answers.
    pub(super) async fn gone(&self, node: Uuid) {
        let mut changes = self.changes.subscribe();
        let losses = || self.heard.lock().get(&node).map(|member| member.losses);
        let before = losses();
        while before.is_some() && losses() == before {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

pub(super) fn rank(node: &Uuid, key: &[u8; 16]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(node.as_bytes()).update(key);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(workers: &[Uuid]) -> Members {
        let members = Members::new("worker");
        for worker in workers {
            members.hear(*worker, MemberStatus::Alive, 0);
        }
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
        let members = Members::new("worker");
        let worker = Uuid::new_v4();
        members.gone(worker).await;
        tokio::join!(members.any(), async {
            members.hear(worker, MemberStatus::Alive, 0);
        });
        tokio::join!(members.gone(worker), async { members.lose(worker) });
        assert!(members.order(&[0; 16]).is_empty());
    }

    #[tokio::test]
    async fn a_call_ends_when_the_other_side_lost_its_connection() {
        let node = Uuid::new_v4();
        let members = of(&[node]);
        tokio::join!(members.gone(node), async {
            members.hear(node, MemberStatus::Alive, 1);
        });
        assert!(members.contains(node));
    }

    #[tokio::test]
    async fn one_that_leaves_is_given_nothing_and_still_answers() {
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        let members = of(&[one, two]);
        members.set_aside(one);
        assert_eq!(members.order(&[7; 16]), [two]);
        members.hear(one, MemberStatus::Alive, 0);
        assert_eq!(members.order(&[7; 16]).len(), 2);
        members.hear(one, MemberStatus::Leaving, 0);
        assert_eq!(members.order(&[7; 16]), [two]);
        assert!(members.contains(one));
        tokio::join!(members.gone(one), async {
            members.hear(one, MemberStatus::Gone, 0);
        });
        members.hear(two, MemberStatus::Leaving, 0);
        assert!(members.taking().is_empty());
    }
}
