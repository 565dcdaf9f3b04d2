//! The state machine of a view in memory: what waits for it, what is due, and whether a turn is
//! scheduled.
//!
//! Readers, the driver and the turns on the pool share one [`Mailbox`] under one lock. Each of its
//! inputs is a method that changes the state and notes in [`Due`] what follows from the change;
//! nothing here submits, sends or waits. `Resident::change` is the only way in: it locks, calls a
//! method, unlocks, and carries out what is due. So nothing that is due can be forgotten, and no
//! wake-up is lost:
//!
//! - *Of a turn.* [`Mailbox::schedule`] has a turn submitted unless one is scheduled already; then
//!   it notes that something came. A turn drops that note when it takes what is there, under the
//!   same lock. What comes later leaves the note again, and the end of the turn submits the next.
//! - *Of the driver.* It is one task, and looks at the [`News`] before it waits. A wake-up that comes
//!   between the look and the wait is stored, and ends the wait at once.
//! - *Of a query.* Whether a query is ready or waits for its event is decided by the applied
//!   sequence, which changes here alone: the fold that reaches the event finds the query, or the
//!   query finds the fold done.
//!
//! Where a new feature goes: `watch` is one more list beside `waiting`, whose entries
//! [`Mailbox::folded`] moves into [`Due`] whenever the state has moved on. `as_of=N` is nothing new
//! here: it is a resident under a key of its own, whose driver starts with N as the ceiling.

mod turn;

use std::time::Instant;

use protocol::view::Halt;
use protocol::{Run, Sequence};
use storage::bus::{BuildOutcome, QueryError, QueryRequest};
use tokio::sync::OwnedSemaphorePermit;

use super::effects::{CaptureSender, Due, Feeding, News, Refused, Trouble};
use super::instance::Progress;
use super::queries::{Key, Queries, Query, Queued};
use crate::pool::Priority;

const COOLING: &str = "the last queries of this view trapped, and it is loaded again only a few \
    times in a second; try again in a moment";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is no instance yet, or it has not reached the head of the log.
    #[default]
    Loading,
    /// Queries are answered.
    Serving,
    /// Nothing comes any more; a query that finds it so needs another resident.
    Closed,
}

/// Whether a turn is queued on the pool or running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scheduling {
    #[default]
    Idle,
    Scheduled,
    /// As `Scheduled`, and something came since the turn last looked.
    ScheduledAgain,
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    phase: Phase,
    turn: Scheduling,
    progress: Progress,
    halted: Option<Halt>,
    /// Someone wants this gone from memory.
    retired: bool,
    /// Builds that wait.
    builds: usize,
    queries: Queries,
    /// When a query came last; `None` before the first.
    asked_at: Option<Instant>,
    /// Until then, queries are refused: the last ones trapped too often.
    cooling_until: Option<Instant>,
    /// Events from the driver that no turn has taken yet.
    offered: Vec<Run>,
    /// Events were offered and not all of them are folded.
    folding: bool,
    /// Nothing above it is folded.
    ceiling: Sequence,
    /// States that someone wants.
    captures: Vec<CaptureSender>,
    trouble: Option<Trouble>,
    gap: bool,
    save: bool,
    due: Due,
}

impl Mailbox {
    pub(super) fn new(halted: Option<Halt>) -> Self {
        Self {
            halted,
            ..Self::default()
        }
    }

    pub(super) fn take_due(&mut self) -> Due {
        std::mem::take(&mut self.due)
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    pub(super) fn halted(&self) -> Option<&Halt> {
        self.halted.as_ref()
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired
    }

    pub(super) fn asked_at(&self) -> Option<Instant> {
        self.asked_at
    }

    pub(super) fn has_queries(&self) -> bool {
        self.queries.len() > 0
    }

    pub(super) fn has_builds(&self) -> bool {
        self.builds > 0
    }

    /// Whether a reader or a build waits for this.
    pub(super) fn is_wanted(&self) -> bool {
        self.has_builds() || self.has_queries()
    }

    fn is_unwanted(&self) -> bool {
        self.retired && !self.is_wanted()
    }

    /// Builds have a lower priority than what a reader waits for.
    pub(super) fn priority(&self) -> Priority {
        if self.has_builds() && !self.has_queries() {
            Priority::Background
        } else {
            Priority::Interactive
        }
    }

    /// Whether there is a state to answer from.
    pub(super) fn is_at(&self, after: Sequence) -> bool {
        self.phase == Phase::Serving && after <= self.progress.applied
    }

    /// Has a turn look at what came.
    pub(super) fn schedule(&mut self) {
        if self.turn == Scheduling::Idle {
            self.submit();
        } else {
            self.turn = Scheduling::ScheduledAgain;
        }
    }

    fn submit(&mut self) {
        self.turn = Scheduling::Scheduled;
        self.due.turn = Some(self.priority());
    }

    /// Wakes the driver when the last one who wanted this has left.
    fn left(&mut self) {
        self.due.driver |= self.is_unwanted();
    }

    fn refuse(&mut self, queries: Vec<Query>, error: &QueryError) {
        let refused = queries.into_iter().map(|query| (query, error.clone()));
        self.due.refused.extend(refused);
    }

    fn refuse_from(&mut self, sequence: Sequence, error: &QueryError) {
        let queries = self.queries.take_from(sequence);
        self.refuse(queries, error);
    }
}

/// The inputs of readers, builds and the eviction.
impl Mailbox {
    pub(super) fn query_arrived(
        &mut self,
        request: QueryRequest,
        permit: OwnedSemaphorePermit,
        waiting_max: usize,
    ) -> Result<Queued, Refused> {
        if self.phase == Phase::Closed {
            return Err(Refused::Closed(request));
        }
        let after = request.after.unwrap_or_default();
        let now = Instant::now();
        // A version that could not be started is halted before its first event.
        if let Some(halt) = self.halted.as_ref().filter(|it| after >= it.sequence) {
            return Err(Refused::Error(QueryError::Halted(halt.clone())));
        }
        if self.cooling_until.is_some_and(|until| now < until) {
            return Err(Refused::Error(QueryError::Overloaded(COOLING.into())));
        }
        if self.queries.len() >= waiting_max {
            let text = "too many queries of this view wait already; try again in a moment";
            return Err(Refused::Error(QueryError::Overloaded(text.into())));
        }
        let applied = self.progress.applied;
        // The driver makes sure that the event is not missed.
        self.due.driver |= after > applied && !self.queries.any_waits();
        self.asked_at = Some(now);
        let queued = self.queries.push(request, permit, applied);
        if self.phase == Phase::Serving {
            self.schedule();
        }
        Ok(queued)
    }

    /// Takes a query back; `false` if it has begun.
    pub(super) fn query_withdrawn(&mut self, key: Key) -> bool {
        let withdrawn = self.queries.withdraw(key);
        self.left();
        withdrawn
    }

    /// Why a query that was withdrawn got no answer in time.
    pub(super) fn late(&self, after: Sequence) -> QueryError {
        if self.is_at(after) {
            let text = "the view is busy with other queries; try again in a moment";
            return QueryError::Overloaded(text.into());
        }
        let applied = self.progress.applied;
        QueryError::Behind {
            wanted: after.max(applied.next()),
            applied,
        }
    }

    /// Counts a build that waits; `false` if this is closed.
    pub(super) fn build_arrived(&mut self) -> bool {
        let open = self.phase != Phase::Closed;
        self.builds += usize::from(open);
        open
    }

    pub(super) fn build_left(&mut self) {
        self.builds -= 1;
        self.left();
    }

    /// Has a turn take the state. Without an instance the sender is dropped.
    pub(super) fn capture_asked(&mut self, capture: CaptureSender) {
        if self.phase != Phase::Closed {
            self.captures.push(capture);
            self.schedule();
        }
    }

    /// Has the driver save and close this once nobody waits for it.
    pub(super) fn retire(&mut self) {
        self.retired = true;
        self.due.driver = true;
    }
}

/// The inputs of the driver.
impl Mailbox {
    /// There is an instance, or another one than before.
    pub(super) fn instance_started(&mut self, progress: Progress, ceiling: Sequence) {
        self.progress = progress;
        self.ceiling = ceiling;
        self.offered.clear();
        self.folding = false;
        self.trouble = None;
        self.gap = false;
        // It may be behind the one before: what was ready has to wait again.
        self.queries.go_back(progress.applied);
    }

    pub(super) fn set_ceiling(&mut self, ceiling: Sequence) {
        self.ceiling = ceiling;
    }

    pub(super) fn events_arrived(&mut self, runs: Vec<Run>) {
        self.offered.extend(runs);
        self.folding = true;
        self.schedule();
    }

    pub(super) fn feeding(&mut self) -> Feeding {
        match self.trouble.take() {
            Some(trouble) => Feeding::Trouble(trouble),
            None if !self.folding => Feeding::Done,
            None if self.is_unwanted() => Feeding::Unwanted,
            None => Feeding::Folding,
        }
    }

    pub(super) fn load_finished(&mut self) {
        if self.trouble.is_some() {
            // The instance is gone again; the driver finds out next.
            return;
        }
        self.phase = Phase::Serving;
        let applied = self.progress.applied;
        self.queries.advance(applied);
        self.schedule();
        let halted = self.halted.clone();
        let built = halted.map_or(BuildOutcome::Ready { applied }, BuildOutcome::Failed);
        self.due.built = Some(Ok(built));
    }

    pub(super) fn news(&mut self) -> News {
        News {
            trouble: self.trouble.take(),
            gap: std::mem::take(&mut self.gap),
            save: std::mem::take(&mut self.save),
            waiting: self.queries.any_waits(),
            unwanted: self.is_unwanted(),
        }
    }

    /// Ends the queries that can't be answered any more. Returns whether a build waited.
    pub(super) fn halt(&mut self, halt: Halt) -> bool {
        self.refuse_from(halt.sequence, &QueryError::Halted(halt.clone()));
        self.due.built = Some(Ok(BuildOutcome::Failed(halt.clone())));
        self.halted = Some(halt);
        self.has_builds()
    }

    /// Refuses queries for a while.
    pub(super) fn cool_down(&mut self, until: Instant) {
        self.cooling_until = Some(until);
        let error = QueryError::Overloaded(COOLING.into());
        self.refuse_from(Sequence::ZERO, &error);
    }

    /// Closes this unless someone waits for it. A query that comes later finds it closed.
    pub(super) fn close_if_unwanted(&mut self) -> bool {
        if !self.is_wanted() {
            self.phase = Phase::Closed;
        }
        self.phase == Phase::Closed
    }

    pub(super) fn close(&mut self, error: QueryError) {
        self.phase = Phase::Closed;
        self.captures.clear();
        self.offered.clear();
        self.refuse_from(Sequence::ZERO, &error);
        self.due.built = Some(match error {
            QueryError::Halted(halt) => Ok(BuildOutcome::Failed(halt)),
            error => Err(error),
        });
        // A last turn drops the instance, on the thread that may be using it right now.
        self.schedule();
    }
}

#[cfg(test)]
mod tests;
