//! What a turn finds in the mailbox, and what it leaves there.

use storage::bus::QueryError;

use super::{Mailbox, Phase, Scheduling};
use crate::views::effects::{Trouble, Work};
use crate::views::instance::Progress;
use crate::views::queries::Query;

/// The inputs of a turn, in their order.
impl Mailbox {
    /// Takes what is there; `None` once this is closed.
    pub(in crate::views) fn turn_began(&mut self) -> Option<Work> {
        self.turn = Scheduling::Scheduled;
        (self.phase != Phase::Closed).then(|| Work {
            serving: self.phase == Phase::Serving,
            ceiling: self.ceiling,
            offered: std::mem::take(&mut self.offered),
            captures: std::mem::take(&mut self.captures),
        })
    }

    pub(in crate::views) fn gap_found(&mut self) {
        self.gap = true;
        self.due.driver = true;
    }

    pub(in crate::views) fn folded(&mut self, progress: Progress, save: bool) {
        self.progress = progress;
        self.queries.advance(progress.applied);
        self.due.driver |= save && !self.save;
        self.save |= save;
    }

    /// There is nothing left to fold of what the turn took.
    pub(in crate::views) fn caught_up(&mut self) {
        if self.folding && self.offered.is_empty() {
            self.folding = false;
            self.due.driver = true;
        }
    }

    /// The next query to answer. Its event is applied: that of a ready query always is.
    pub(in crate::views) fn next_query(&mut self) -> Option<Query> {
        match self.phase {
            Phase::Serving => self.queries.pop(),
            Phase::Loading | Phase::Closed => None,
        }
    }

    pub(in crate::views) fn captured(&mut self, progress: Progress) {
        self.progress = progress;
    }

    /// The instance is gone.
    pub(in crate::views) fn trouble_met(&mut self, trouble: Trouble) {
        if self.phase == Phase::Serving {
            self.phase = Phase::Loading;
        }
        self.offered.clear();
        self.folding = false;
        self.captures.clear();
        self.trouble = Some(trouble);
        self.due.driver = true;
    }

    /// The turn has left the thread; `more` if it stopped before everything was done.
    pub(in crate::views) fn turn_ended(&mut self, more: bool) {
        if more || self.turn == Scheduling::ScheduledAgain {
            self.submit();
        } else {
            self.turn = Scheduling::Idle;
        }
        // The query that was answered last may have been all that someone waited for.
        self.left();
    }

    /// The pool did not take the turn: what was ready is not answered.
    pub(in crate::views) fn turn_refused(&mut self, reason: &str) {
        self.turn = Scheduling::Idle;
        let queries = self.queries.take_ready();
        self.refuse(queries, &QueryError::Overloaded(reason.to_owned()));
        self.due.driver = true;
    }
}
