//! A resident's turn on one of the worker's threads: fold what is there, answer who can be
//! answered, and leave after a few milliseconds if there is more.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use protocol::{Run, Sequence};
use storage::bus::{QueryAnswer, QueryError};
use storage::event_log::SubscriptionError;

use super::instance::{Instance, Step};
use super::mailbox::{Captured, Phase, Trouble, Waiter};
use super::resident::{Resident, Stage};
use crate::engine::{Answer, Fault};

/// How long a turn lasts when there is more to do; one call into the component may last longer.
const TURN: Duration = Duration::from_millis(2);

/// Live frames that are taken at once.
const LIVE_FRAMES_MAX: usize = 1_024;

impl Resident {
    /// The turn. Runs on a thread of the pool, one at a time for each resident.
    pub(super) fn run(self: &Arc<Self>) {
        let mut stage = self.stage.lock();
        let turn = std::panic::AssertUnwindSafe(|| self.take_turn(&mut stage));
        let more = match std::panic::catch_unwind(turn) {
            Ok(more) => more,
            Err(_) => {
                tracing::error!(version = %self.spec.version, "a view's turn panicked");
                self.in_trouble(&mut stage, Trouble::Panic);
                false
            }
        };
        if let Some(instance) = &mut stage.instance {
            let cpu = instance.take_unmetered();
            self.context
                .meter
                .add(self.spec.tenant, self.spec.version, cpu);
        }
        drop(stage);
        if more || !self.rest() {
            self.submit();
        }
    }

    /// Ends the turns unless something came meanwhile.
    fn rest(&self) -> bool {
        let mut mailbox = self.mailbox.lock();
        if std::mem::take(&mut mailbox.rung) {
            return false;
        }
        mailbox.scheduled = false;
        true
    }

    /// Whether there is more to do.
    fn take_turn(self: &Arc<Self>, stage: &mut Stage) -> bool {
        let started = Instant::now();
        loop {
            let serving = self.open_mail(stage);
            if stage.instance.is_none() {
                return false;
            }
            if serving && stage.backlog.is_empty() {
                self.take_live(stage);
            }
            let folded = self.fold(stage);
            let answered = serving && self.answer_ready(stage, started);
            if answered && self.retired.is_cancelled() {
                self.bell.notify_one();
            }
            self.serve_captures(stage);
            if !folded && !answered {
                return false;
            }
            if started.elapsed() >= TURN {
                return true;
            }
        }
    }

    /// Takes what the driver left; whether queries are answered.
    fn open_mail(&self, stage: &mut Stage) -> bool {
        let mut mailbox = self.mailbox.lock();
        mailbox.rung = false;
        if mailbox.phase == Phase::Closed {
            drop(mailbox);
            *stage = Stage::default();
            return false;
        }
        for run in mailbox.offered.drain(..) {
            stage.backlog.push(run);
        }
        match &mut stage.instance {
            Some(instance) => instance.set_ceiling(mailbox.ceiling),
            // There is no state to take.
            None => mailbox.captures.clear(),
        }
        mailbox.phase == Phase::Serving
    }

    /// Takes the live frames that came.
    fn take_live(&self, stage: &mut Stage) {
        let Some(live) = &mut stage.live else { return };
        for _ in 0..LIVE_FRAMES_MAX {
            match live.try_next() {
                Ok(Some(stored)) => stage.backlog.push(Run::from(&stored.frame)),
                Ok(None) => return,
                Err(SubscriptionError::Skipped) => return self.report_gap(),
                Err(SubscriptionError::Closed) => {
                    stage.live = None;
                    return;
                }
            }
        }
    }

    fn report_gap(&self) {
        self.mailbox.lock().gap = true;
        self.bell.notify_one();
    }

    /// Folds one batch; whether there was one.
    fn fold(&self, stage: &mut Stage) -> bool {
        let Some(instance) = &mut stage.instance else {
            return false;
        };
        if stage.backlog.is_empty() {
            self.folded_all();
            return false;
        }
        let started = Instant::now();
        match instance.fold(&mut stage.backlog) {
            Ok(Step::Folded(events)) => {
                self.context.metrics.fold_events.increment(events);
                self.context.metrics.fold_seconds.record(started.elapsed());
                self.publish(instance);
                let due = self.context.snapshots.due(instance.since_snapshot());
                self.mailbox.lock().promote(instance.applied());
                if due && !self.save_due.swap(true, Ordering::AcqRel) {
                    self.bell.notify_one();
                }
                true
            }
            Ok(Step::Nothing) => {
                self.folded_all();
                false
            }
            Ok(Step::Gap) => {
                stage.backlog.clear();
                self.report_gap();
                self.folded_all();
                false
            }
            Err(stop) => {
                self.meter_last(instance);
                self.in_trouble(stage, Trouble::Fold(stop));
                false
            }
        }
    }

    /// Tells the driver that what it offered is folded.
    fn folded_all(&self) {
        let mut mailbox = self.mailbox.lock();
        if mailbox.folding && mailbox.offered.is_empty() {
            mailbox.folding = false;
            drop(mailbox);
            self.bell.notify_one();
        }
    }

    /// Answers ready queries until the turn is over; whether there were any.
    fn answer_ready(&self, stage: &mut Stage, started: Instant) -> bool {
        let mut answered = false;
        loop {
            let waiter = {
                let mut mailbox = self.mailbox.lock();
                if mailbox.phase != Phase::Serving {
                    return answered;
                }
                mailbox.ready.pop_front()
            };
            let (Some(waiter), Some(instance)) = (waiter, &mut stage.instance) else {
                return answered;
            };
            answered = true;
            if waiter.answer.is_closed() {
                continue;
            }
            if waiter.after > instance.applied() {
                // The instance was loaded again since, and is not as far as it was.
                self.mailbox.lock().enqueue(waiter, instance.applied());
                continue;
            }
            if !self.answer(waiter, instance) {
                self.meter_last(instance);
                self.in_trouble(stage, Trouble::Call);
                return answered;
            }
            if started.elapsed() >= TURN {
                return answered;
            }
        }
    }

    /// Answers one query; whether the instance survived it.
    fn answer(&self, waiter: Waiter, instance: &mut Instance) -> bool {
        let sequence = instance.applied();
        let outcome = instance.query(&waiter.parameters, &waiter.body);
        let survived = outcome.is_ok();
        let limit = self.context.options.machine.result_bytes;
        let metrics = &self.context.metrics;
        metrics.queries.increment(1);
        if !survived {
            metrics.query_faults.increment(1);
        }
        metrics.query_seconds.record(waiter.since.elapsed());
        // A reader that went away needs no answer.
        let _ = waiter.answer.send(reply(sequence, outcome, limit));
        survived
    }

    fn serve_captures(&self, stage: &mut Stage) {
        let captures = std::mem::take(&mut self.mailbox.lock().captures);
        for capture in captures {
            let Some(instance) = &mut stage.instance else {
                return;
            };
            let folded = instance.since_snapshot();
            match instance.snapshot() {
                Ok(state) => {
                    let captured = Captured {
                        sequence: instance.applied(),
                        timestamp: instance.applied_at(),
                        state,
                        folded,
                    };
                    self.publish(instance);
                    let _ = capture.send(Ok(captured));
                }
                Err(fault) => {
                    let _ = capture.send(Err(fault));
                    self.meter_last(instance);
                    self.in_trouble(stage, Trouble::Call);
                }
            }
        }
    }

    /// Counts the CPU time of an instance that is about to be dropped.
    fn meter_last(&self, instance: &mut Instance) {
        let cpu = instance.take_unmetered();
        self.context
            .meter
            .add(self.spec.tenant, self.spec.version, cpu);
    }
}

/// What a reader gets for what the component did.
fn reply(
    sequence: Sequence,
    outcome: Result<Answer, Fault>,
    limit: u64,
) -> Result<QueryAnswer, QueryError> {
    match outcome {
        Ok(Answer::Response(response)) => Ok(QueryAnswer {
            sequence,
            content_type: response.content_type,
            bytes: response.body,
        }),
        Ok(Answer::Error(error)) => Err(QueryError::Failed {
            sequence,
            code: error.code,
            message: error.message,
        }),
        Ok(Answer::TooLarge { bytes }) => Err(QueryError::ResultTooLarge {
            sequence,
            bytes,
            limit,
        }),
        Err(fault) => Err(QueryError::Failed {
            sequence,
            code: None,
            message: fault.to_string(),
        }),
    }
}
