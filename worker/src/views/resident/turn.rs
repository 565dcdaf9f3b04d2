//! A resident's turn on one of the worker's threads: fold what is there, answer who can be
//! answered, and leave after a few milliseconds if there is more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::{Run, Sequence};
use storage::bus::{QueryAnswer, QueryError};
use storage::event_log::{Subscription, SubscriptionError};

use super::Resident;
use crate::engine::{Answer, Fault};
use crate::views::backlog::Backlog;
use crate::views::effects::{CaptureSender, Captured, Trouble};
use crate::views::instance::{Instance, Step};
use crate::views::mailbox::Mailbox;
use crate::views::queries::Query;

/// How long a turn lasts when there is more to do; one call into the component may last longer.
const TURN: Duration = Duration::from_millis(2);

/// Live frames that are taken at once.
const LIVE_FRAMES_MAX: usize = 1_024;

/// What a turn works on.
#[derive(Default)]
pub(super) struct Stage {
    pub instance: Option<Instance>,
    pub backlog: Backlog,
    pub live: Option<Subscription>,
}

/// Takes a turn. Runs on a thread of the pool, one at a time for each resident.
pub(super) fn take(resident: &Arc<Resident>) {
    let mut stage = resident.stage.lock();
    let mut turn = Turn {
        resident,
        stage: &mut stage,
    };
    let more = catch_unwind(AssertUnwindSafe(|| turn.work())).unwrap_or_else(|_| {
        tracing::error!(version = %resident.spec.version, "a view's turn panicked");
        turn.meet(Trouble::Panic);
        false
    });
    if let Some(instance) = &mut stage.instance {
        resident.meter(instance.take_unmetered());
    }
    drop(stage);
    resident.change(|it| it.turn_ended(more));
}

struct Turn<'a> {
    resident: &'a Arc<Resident>,
    stage: &'a mut Stage,
}

impl Turn<'_> {
    /// Whether there is more to do.
    fn work(&mut self) -> bool {
        let started = Instant::now();
        loop {
            let Some(work) = self.resident.change(Mailbox::turn_began) else {
                *self.stage = Stage::default();
                return false;
            };
            self.stage.backlog.extend(work.offered);
            // Without an instance there is nothing to do, and no state to take: captures end here.
            let Some(instance) = &mut self.stage.instance else {
                return false;
            };
            instance.set_ceiling(work.ceiling);
            if work.serving && self.stage.backlog.is_empty() {
                self.take_live();
            }
            let folded = self.fold();
            let answered = work.serving && self.answer_ready(started);
            self.capture(work.captures);
            if !folded && !answered {
                return false;
            }
            if started.elapsed() >= TURN {
                return true;
            }
        }
    }

    /// Takes the live frames that came.
    fn take_live(&mut self) {
        let Some(live) = &mut self.stage.live else {
            return;
        };
        for _ in 0..LIVE_FRAMES_MAX {
            match live.try_next() {
                Ok(Some(stored)) => self.stage.backlog.extend([Run::from(&stored.frame)]),
                Ok(None) => return,
                Err(SubscriptionError::Skipped) => return self.resident.change(Mailbox::gap_found),
                Err(SubscriptionError::Closed) => {
                    self.stage.live = None;
                    return;
                }
            }
        }
    }

    /// Folds one batch; whether there was one.
    fn fold(&mut self) -> bool {
        let Some(instance) = &mut self.stage.instance else {
            return false;
        };
        let context = &self.resident.context;
        let started = Instant::now();
        match instance.fold(&mut self.stage.backlog) {
            Ok(Step::Folded(events)) => {
                context.metrics.fold_events.increment(events);
                context.metrics.fold_seconds.record(started.elapsed());
                let progress = instance.progress();
                let save = context.snapshots.due(progress.since_snapshot);
                self.resident.change(|it| it.folded(progress, save));
                return true;
            }
            Ok(Step::Nothing) => self.resident.change(Mailbox::caught_up),
            Ok(Step::Gap) => {
                self.stage.backlog.clear();
                self.resident.change(Mailbox::gap_found);
                self.resident.change(Mailbox::caught_up);
            }
            Err(stop) => self.meet(Trouble::Fold(stop)),
        }
        false
    }

    /// Answers ready queries until the turn is over; whether there were any.
    fn answer_ready(&mut self, started: Instant) -> bool {
        let mut answered = false;
        while let Some(query) = self.resident.change(Mailbox::next_query)
            && let Some(instance) = &mut self.stage.instance
        {
            answered = true;
            if query.answer.is_closed() {
                continue;
            }
            if !answer(self.resident, query, instance) {
                self.meet(Trouble::Call);
            }
            if started.elapsed() >= TURN {
                break;
            }
        }
        answered
    }

    fn capture(&mut self, captures: Vec<CaptureSender>) {
        for capture in captures {
            let Some(instance) = &mut self.stage.instance else {
                return;
            };
            let folded = instance.progress().since_snapshot;
            let captured = instance.snapshot();
            let progress = instance.progress();
            let survived = captured.is_ok();
            // The one who asked may have gone away.
            let _ = capture.send(captured.map(|state| Captured { state, folded }));
            if survived {
                self.resident.change(|it| it.captured(progress));
            } else {
                self.meet(Trouble::Call);
            }
        }
    }

    /// Drops the instance and says why.
    fn meet(&mut self, trouble: Trouble) {
        if let Some(mut instance) = self.stage.instance.take() {
            self.resident.meter(instance.take_unmetered());
        }
        self.stage.backlog.clear();
        self.resident.change(|it| it.trouble_met(trouble));
    }
}

/// Answers one query; whether the instance survived it.
fn answer(resident: &Resident, query: Query, instance: &mut Instance) -> bool {
    let sequence = instance.progress().applied;
    let outcome = instance.query(&query.parameters, &query.body);
    let survived = outcome.is_ok();
    let metrics = &resident.context.metrics;
    metrics.queries.increment(1);
    if !survived {
        metrics.query_faults.increment(1);
    }
    metrics.query_seconds.record(query.since.elapsed());
    let limit = resident.context.options.machine.result_bytes;
    // A reader that went away needs no answer.
    let _ = query.answer.send(reply(sequence, outcome, limit));
    survived
}

/// What a reader gets for what the component did.
fn reply(
    sequence: Sequence,
    outcome: Result<Answer, Fault>,
    limit: u64,
) -> Result<QueryAnswer, QueryError> {
    let failed = |code, message| QueryError::Failed {
        sequence,
        code,
        message,
    };
    match outcome {
        Ok(Answer::Response(response)) => Ok(QueryAnswer {
            sequence,
            content_type: response.content_type,
            bytes: response.body,
        }),
        Ok(Answer::Error(error)) => Err(failed(error.code, error.message)),
        Ok(Answer::TooLarge { bytes }) => Err(QueryError::ResultTooLarge {
            sequence,
            bytes,
            limit,
        }),
        Err(fault) => Err(failed(None, fault.to_string())),
    }
}
