//! What waits for a view: queries for its thread, and news for its driver.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use protocol::view::Halt;
use protocol::{Run, Sequence, Timestamp};
use storage::bus::{QueryAnswer, QueryError};
use tokio::sync::oneshot;

use super::context::Seat;
use super::instance::Stop;
use crate::engine::Fault;
use crate::snapshots::Folded;

/// A query that waits for its turn or for its sequence.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) id: u64,
    pub(super) after: Sequence,
    pub(super) body: Bytes,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) answer: oneshot::Sender<Result<QueryAnswer, QueryError>>,
    pub(super) since: Instant,
    pub(super) _seat: Seat,
}

/// Whether and how a view can answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Events up to some target are still missing, or the instance is being started.
    #[default]
    Loading,
    Serving,
    /// It will never answer: it could not even be started.
    Failed(Halt),
    /// Nothing comes any more; whoever still holds this looks for a new one.
    Closed,
}

/// What went wrong on the view's thread. The instance is gone.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    Fold(Stop),
    /// A query or a snapshot ended with a fault; the state itself was fine.
    Call,
    /// A bug in this program.
    Panic,
}

/// A state that was taken from the running instance.
#[derive(Debug)]
pub(super) struct Captured {
    pub(super) sequence: Sequence,
    pub(super) timestamp: Timestamp,
    pub(super) state: Vec<u8>,
    /// What was folded since the state before was taken.
    pub(super) folded: Folded,
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    pub(super) phase: Phase,
    pub(super) halted: Option<Halt>,
    /// A job is queued or running.
    pub(super) scheduled: bool,
    /// Something came since the running job last looked.
    pub(super) rung: bool,
    pub(super) ready: VecDeque<Waiter>,
    /// By the sequence that they wait for.
    pub(super) waiting: BTreeMap<(Sequence, u64), Waiter>,
    next_id: u64,
    /// When a query came last; `None` before the first.
    pub(super) asked_at: Option<Instant>,
    /// Events from the driver that the thread has not taken yet.
    pub(super) offered: Vec<Run>,
    /// Events were offered and not all of them are folded.
    pub(super) folding: bool,
    /// Nothing above it is folded.
    pub(super) ceiling: Sequence,
    /// Until then, queries are refused: the last ones trapped too often.
    pub(super) cooling_until: Option<Instant>,
    /// States that someone wants.
    pub(super) captures: Vec<oneshot::Sender<Result<Captured, Fault>>>,
    /// Live frames were skipped; the driver has to read them from the log.
    pub(super) gap: bool,
    pub(super) trouble: Option<Trouble>,
}

impl Mailbox {
    pub(super) fn new(halted: Option<Halt>) -> Self {
        Self {
            halted,
            ceiling: Sequence::MAX,
            ..Self::default()
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn waiters(&self) -> usize {
        self.ready.len() + self.waiting.len()
    }

    /// Puts a query where it belongs, given what is applied.
    pub(super) fn enqueue(&mut self, waiter: Waiter, applied: Sequence) {
        if waiter.after <= applied {
            self.ready.push_back(waiter);
        } else {
            self.waiting.insert((waiter.after, waiter.id), waiter);
        }
    }

    /// Makes the queries ready that waited for what is applied now.
    pub(super) fn promote(&mut self, applied: Sequence) {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > applied {
                break;
            }
            self.ready.push_back(entry.remove());
        }
    }

    /// Takes a query back that has not begun.
    pub(super) fn withdraw(&mut self, after: Sequence, id: u64) -> Option<Waiter> {
        if let Some(waiter) = self.waiting.remove(&(after, id)) {
            return Some(waiter);
        }
        let position = self.ready.iter().position(|it| it.id == id)?;
        self.ready.remove(position)
    }

    /// Takes the queries that wait for `sequence` or more.
    pub(super) fn take_from(&mut self, sequence: Sequence) -> Vec<Waiter> {
        let (ready, mut taken): (VecDeque<_>, Vec<_>) = {
            let all = std::mem::take(&mut self.ready);
            let (beyond, ready): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|it| it.after >= sequence);
            (ready.into(), beyond)
        };
        self.ready = ready;
        taken.extend(self.waiting.split_off(&(sequence, 0)).into_values());
        taken
    }

    /// Takes all queries.
    pub(super) fn take_all(&mut self) -> Vec<Waiter> {
        let mut taken: Vec<_> = std::mem::take(&mut self.ready).into();
        taken.extend(std::mem::take(&mut self.waiting).into_values());
        taken
    }
}
