//! What happens when a version ends badly: find the event that it can't fold, halt before it, or
//! load again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::Sequence;
use protocol::view::Halt;
use storage::bus::QueryError;

use crate::engine::Fault;
use crate::views::effects::Trouble;
use crate::views::instance::{Caution, Stop, halt_at};
use crate::views::mailbox::Mailbox;
use crate::views::resident::Resident;

/// Loads in a row that end in trouble, at most. Each one halves the batches or finds the event, so
/// that this many are never needed.
const ATTEMPTS_MAX: u32 = 40;

/// What is known from the loads before.
pub(super) struct Recovery {
    pub caution: Caution,
    /// Loads in a row that ended in trouble.
    pub attempts: u32,
    /// How often a view whose queries trap may still be loaded in the second that began then.
    reloads: (u32, Instant),
}

impl Recovery {
    pub(super) fn new(resident: &Resident) -> Self {
        Self {
            caution: Caution::default(),
            attempts: 0,
            reloads: (resident.context.options.reloads_per_second, Instant::now()),
        }
    }

    /// Prepares for another load.
    ///
    /// # Errors
    /// What queries get if there shall be none.
    pub(super) async fn after(
        &mut self,
        resident: &Arc<Resident>,
        trouble: Trouble,
    ) -> Result<(), QueryError> {
        self.attempts += 1;
        if self.attempts > ATTEMPTS_MAX {
            let text = "the version keeps failing at different events; deploy another one";
            return Err(QueryError::Unavailable(text.into()));
        }
        match trouble {
            Trouble::Fold(Stop::At(halt)) => self.halt(resident, halt),
            Trouble::Fold(Stop::Within(range, fault)) => {
                tracing::info!(
                    version = %resident.spec.version, %fault, first = %range.start(),
                    last = %range.end(), "a batch failed; folding its events one by one"
                );
                self.caution.heed(range);
                Ok(())
            }
            Trouble::Call => {
                self.attempts -= 1;
                self.cool_down(resident).await;
                Ok(())
            }
            Trouble::Panic => {
                let text = "an internal error stopped the view; try again";
                Err(QueryError::Unavailable(text.into()))
            }
        }
    }

    /// The version can't fold an event: it goes on serving the state before.
    fn halt(&mut self, resident: &Arc<Resident>, halt: Halt) -> Result<(), QueryError> {
        tracing::warn!(
            version = %resident.spec.version, sequence = %halt.sequence, message = halt.message,
            "a view halted"
        );
        self.caution.ceiling = halt.sequence.previous();
        self.caution.suspects = None;
        // A build that failed leaves nothing behind unless someone asked for it already.
        if declare(resident, halt.clone()) && !resident.look(Mailbox::has_queries) {
            return Err(QueryError::Halted(halt));
        }
        Ok(())
    }

    /// Waits until the view may be loaded again after a query trapped.
    async fn cool_down(&mut self, resident: &Arc<Resident>) {
        let (left, since) = &mut self.reloads;
        if since.elapsed() >= Duration::from_secs(1) {
            *left = resident.context.options.reloads_per_second.max(1);
            *since = Instant::now();
        }
        if *left > 0 {
            *left -= 1;
            return;
        }
        let until = *since + Duration::from_secs(1);
        resident.change(|it| it.cool_down(until));
        tokio::time::sleep_until(until.into()).await;
    }
}

/// Counts and publishes a halt. It is the build's to write it down if one waits; returns whether
/// one does.
fn declare(resident: &Arc<Resident>, halt: Halt) -> bool {
    let context = &resident.context;
    context.metrics.halts.increment(1);
    let building = resident.change(|it| it.halt(halt.clone()));
    if !building {
        context.persist_halt(&resident.spec, halt);
    }
    building
}

/// The component could not be started.
pub(super) async fn not_started(resident: &Arc<Resident>, fault: &Fault) -> QueryError {
    let halt = halt_at(Sequence::ZERO, &fault.to_string());
    if matches!(fault, Fault::Start(_)) {
        // Perhaps for want of memory or address space: the next query tries again.
        resident.context.metrics.halts.increment(1);
        return QueryError::Halted(halt);
    }
    declare(resident, halt.clone());
    until_retired(resident).await;
    QueryError::Halted(halt)
}

/// Every query gets the halt until nobody asks any more.
pub(super) async fn failed(resident: &Arc<Resident>, halt: Halt) -> QueryError {
    resident.change(|it| it.halt(halt.clone()));
    until_retired(resident).await;
    QueryError::Halted(halt)
}

async fn until_retired(resident: &Resident) {
    while !resident.look(Mailbox::is_retired) {
        resident.woken().await;
    }
}
