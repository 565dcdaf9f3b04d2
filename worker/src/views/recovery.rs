//! What the driver does when a version ends badly: find the event that it can't fold, halt before
//! it, or load again.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use protocol::view::Halt;
use storage::bus::{BuildOutcome, QueryError};

use super::driver::{Driver, End};
use super::instance::Stop;
use super::mailbox::{Phase, Trouble};
use super::resident::{COOLING, Resident};
use crate::engine::Fault;

/// Loads in a row that end in trouble, at most. Each one halves the batches or finds the event, so
/// that this many are never needed.
const ATTEMPTS_MAX: u32 = 40;

/// How often a view whose queries trap may be loaded again.
pub(super) struct ReloadBudget {
    left: u32,
    since: Instant,
}

impl ReloadBudget {
    /// So many loads in the second that begins now.
    pub(super) fn of(left: u32) -> Self {
        Self {
            left,
            since: Instant::now(),
        }
    }
}

impl Driver {
    /// Prepares for another load; the end if there shall be none.
    pub(super) async fn recover(&mut self, trouble: Trouble) -> Option<End> {
        self.attempts += 1;
        if self.attempts > ATTEMPTS_MAX {
            let text = "the version keeps failing at different events; deploy another one";
            return Some(End::Unavailable(text.into()));
        }
        match trouble {
            Trouble::Fold(Stop::At(halt)) => self.halt(halt),
            Trouble::Fold(Stop::Within(range, fault)) => {
                tracing::info!(
                    version = %self.resident.spec.version, %fault, first = %range.start(),
                    last = %range.end(), "a batch failed; folding its events one by one"
                );
                self.caution = std::mem::take(&mut self.caution).after(range);
                None
            }
            Trouble::Call => {
                self.attempts -= 1;
                self.cool_down().await;
                None
            }
            Trouble::Panic => {
                let text = "an internal error stopped the view; try again";
                Some(End::Unavailable(text.into()))
            }
        }
    }

    /// The version can't fold an event: it goes on serving the state before.
    fn halt(&mut self, halt: Halt) -> Option<End> {
        let resident = &self.resident;
        tracing::warn!(
            version = %resident.spec.version, sequence = %halt.sequence, message = halt.message,
            "a view halted"
        );
        resident.context.metrics.halts.increment(1);
        self.caution.ceiling = halt.sequence.previous();
        self.caution.suspects = None;
        let beyond = {
            let mut mailbox = resident.mailbox.lock();
            mailbox.halted = Some(halt.clone());
            mailbox.take_from(halt.sequence)
        };
        Resident::refuse(beyond, &QueryError::Halted(halt.clone()));
        if resident.builders.load(Ordering::Acquire) == 0 {
            resident.context.persist_halt(&resident.spec, halt.clone());
        }
        let outcome = BuildOutcome::Failed(halt.clone());
        resident.built.send_replace(Some(Ok(outcome)));
        // A build that failed leaves nothing behind unless someone asked for it already.
        let asked = resident.mailbox.lock().waiters() > 0;
        let building = resident.builders.load(Ordering::Acquire) > 0;
        (building && !asked).then_some(End::Halted(halt))
    }

    /// The component could not be started.
    pub(super) async fn not_started(&mut self, halt: Halt, fault: &Fault) -> End {
        self.resident.context.metrics.halts.increment(1);
        if matches!(fault, Fault::Start(_)) {
            // Perhaps for want of memory or address space: the next query tries again.
            return End::Halted(halt);
        }
        if self.resident.builders.load(Ordering::Acquire) == 0 {
            let resident = &self.resident;
            resident.context.persist_halt(&resident.spec, halt.clone());
        }
        self.failed(halt).await
    }

    /// Answers every query with the halt until nobody asks any more.
    pub(super) async fn failed(&mut self, halt: Halt) -> End {
        let resident = &self.resident;
        let waiters = {
            let mut mailbox = resident.mailbox.lock();
            mailbox.halted = Some(halt.clone());
            mailbox.phase = Phase::Failed(halt.clone());
            mailbox.take_all()
        };
        Resident::refuse(waiters, &QueryError::Halted(halt.clone()));
        let outcome = BuildOutcome::Failed(halt.clone());
        resident.built.send_replace(Some(Ok(outcome)));
        resident.retired.cancelled().await;
        End::Halted(halt)
    }

    /// Waits until the view may be loaded again after a query trapped.
    async fn cool_down(&mut self) {
        let rate = self.resident.context.options.reloads_per_second.max(1);
        if self.reloads.since.elapsed() >= Duration::from_secs(1) {
            self.reloads = ReloadBudget::of(rate);
        }
        if self.reloads.left > 0 {
            self.reloads.left -= 1;
            return;
        }
        let until = self.reloads.since + Duration::from_secs(1);
        let waiters = {
            let mut mailbox = self.resident.mailbox.lock();
            mailbox.cooling_until = Some(until);
            mailbox.take_all()
        };
        Resident::refuse(waiters, &QueryError::Overloaded(COOLING.into()));
        tokio::time::sleep_until(until.into()).await;
    }
}
