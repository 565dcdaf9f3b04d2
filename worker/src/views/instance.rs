//! A machine at a sequence: the one place that folds events.

use std::ops::RangeInclusive;
use std::time::Duration;

use protocol::view::Halt;
use protocol::{Sequence, Timestamp};

use super::backlog::{Backlog, Batch, BatchSize, Next};
use crate::engine::{Answer, Fault, FoldFault, Machine, MachineLimits, Program};
use crate::meter::Spent;
use crate::snapshots::Folded;

/// Batches are made as large as folds in about this time, so that queries and other views are
/// served in between, and so that the limit of CPU time for one call is a fair one.
const BATCH_TARGET: Duration = Duration::from_millis(5);
const BATCH_EVENTS_AT_FIRST: u32 = 1_024;
const BATCH_EVENTS_MAX: u32 = 65_536;
const BATCH_BYTES_MAX: usize = 2 << 20;

/// Characters of a fault's message that are kept.
const MESSAGE_CHARACTERS_MAX: usize = 400;

pub(super) struct Instance {
    machine: Box<dyn Machine>,
    progress: Progress,
    /// Nothing above it is folded.
    ceiling: Sequence,
    batch_events: u32,
    /// Batches never grow beyond this many events, since larger ones failed.
    batch_events_max: u32,
    /// Events that are folded one by one, to find the one that fails.
    suspects: Option<RangeInclusive<Sequence>>,
    unmetered: Spent,
}

/// Where an instance is, as everybody may know.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    pub applied: Sequence,
    /// The time of the last event that is applied.
    pub applied_at: Timestamp,
    pub memory_bytes: u64,
    pub since_snapshot: Folded,
}

/// What a step of folding did.
pub(super) enum Step {
    Folded(u64),
    Nothing,
    Gap,
}

/// Why folding stopped for good. The machine is of no more use.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// This event can't be folded.
    At(Halt),
    /// One of these events can't be folded, or they are too much for one call.
    Within(RangeInclusive<Sequence>, Fault),
}

/// What is known from earlier attempts about how to fold a version.
#[derive(Clone, Debug)]
pub(super) struct Caution {
    pub ceiling: Sequence,
    pub suspects: Option<RangeInclusive<Sequence>>,
    pub batch_events_max: u32,
}

impl Default for Caution {
    fn default() -> Self {
        Self {
            ceiling: Sequence::MAX,
            suspects: None,
            batch_events_max: BATCH_EVENTS_MAX,
        }
    }
}

impl Caution {
    /// One of these events, or all of them together, failed.
    pub(super) fn heed(&mut self, range: RangeInclusive<Sequence>) {
        let half = range.end().since(*range.start()) / 2;
        let smaller = u32::try_from(half).unwrap_or(u32::MAX).max(1);
        self.batch_events_max = self.batch_events_max.min(smaller);
        self.suspects = Some(range);
    }
}

/// A state to begin with.
#[derive(Clone, Debug)]
pub(super) struct SavedState {
    pub sequence: Sequence,
    pub timestamp: Timestamp,
    pub bytes: Vec<u8>,
}

impl Instance {
    /// A fresh instance, at sequence 0 or at a saved state. The second value is the CPU time that
    /// it took, whatever came of it.
    pub(super) fn start(
        program: &dyn Program,
        limits: &MachineLimits,
        config: &[u8],
        saved: Option<SavedState>,
    ) -> (Result<Self, Fault>, Duration) {
        let mut machine = match program.instantiate(limits) {
            Ok(machine) => machine,
            Err(fault) => return (Err(fault), Duration::ZERO),
        };
        let mut progress = Progress::default();
        let mut started = machine.init(config);
        if let Some(saved) = saved {
            started = started.and_then(|()| machine.restore(&saved.bytes));
            progress.applied = saved.sequence;
            progress.applied_at = saved.timestamp;
        }
        let cpu = machine.take_cpu();
        progress.memory_bytes = machine.memory_bytes();
        let instance = started.map(|()| Self {
            machine,
            progress,
            ceiling: Sequence::MAX,
            batch_events: BATCH_EVENTS_AT_FIRST,
            batch_events_max: BATCH_EVENTS_MAX,
            suspects: None,
            unmetered: Spent::default(),
        });
        (instance, cpu)
    }

    pub(super) fn heed(&mut self, caution: &Caution) {
        self.ceiling = caution.ceiling;
        self.suspects.clone_from(&caution.suspects);
        self.batch_events_max = caution.batch_events_max.max(1);
        self.batch_events = self.batch_events.min(self.batch_events_max);
    }

    /// Stops folding at a sequence, for a while.
    pub(super) fn set_ceiling(&mut self, ceiling: Sequence) {
        self.ceiling = ceiling;
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// CPU time that was not asked for yet.
    pub(super) fn take_unmetered(&mut self) -> Spent {
        std::mem::take(&mut self.unmetered)
    }

    /// What a call into the machine used, which is for the caller to meter.
    fn account(&mut self) -> Duration {
        let cpu = self.machine.take_cpu();
        self.progress.memory_bytes = self.machine.memory_bytes();
        cpu
    }

    /// Folds the next batch of the backlog.
    pub(super) fn fold(&mut self, backlog: &mut Backlog) -> Result<Step, Stop> {
        let size = self.batch_size();
        let batch = match backlog.next_batch(self.progress.applied, self.ceiling, size) {
            Next::Batch(batch) => batch,
            Next::Nothing => return Ok(Step::Nothing),
            Next::Gap => return Ok(Step::Gap),
        };
        let outcome = self.machine.fold(&batch.runs());
        let cpu = self.account();
        if let Err(fault) = outcome {
            self.unmetered.all += cpu;
            return Err(stop(&batch, fault));
        }
        self.unmetered.fold(batch.first(), batch.last(), cpu);
        self.progress.applied = batch.last();
        self.progress.applied_at = batch.timestamp();
        self.progress.since_snapshot.events += batch.events();
        self.progress.since_snapshot.cpu += cpu;
        self.adapt(batch.events(), cpu);
        Ok(Step::Folded(batch.events()))
    }

    fn batch_size(&self) -> BatchSize {
        let next = self.progress.applied.next();
        let bytes = BATCH_BYTES_MAX;
        let events = match &self.suspects {
            Some(suspects) if suspects.contains(&next) => 1,
            // A batch ends before the first suspect.
            Some(suspects) if next < *suspects.start() => {
                let before = suspects.start().since(next);
                u32::try_from(before).map_or(self.batch_events, |it| it.min(self.batch_events))
            }
            _ => self.batch_events,
        };
        BatchSize { events, bytes }
    }

    fn adapt(&mut self, events: u64, cpu: Duration) {
        if cpu > BATCH_TARGET * 2 {
            self.batch_events = (self.batch_events / 2).max(1);
        } else if cpu < BATCH_TARGET / 2 && events >= u64::from(self.batch_events) {
            let doubled = self.batch_events.saturating_mul(2);
            self.batch_events = doubled.min(self.batch_events_max);
        }
    }

    pub(super) fn query(
        &mut self,
        parameters: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, Fault> {
        let answer = self
            .machine
            .query(self.progress.applied_at, parameters, body);
        let cpu = self.account();
        self.unmetered.query(cpu);
        answer
    }

    /// The state. Folding is counted from here on.
    pub(super) fn snapshot(&mut self) -> Result<SavedState, Fault> {
        let state = self.machine.snapshot();
        let snapshot_cost = self.account();
        self.unmetered.all += snapshot_cost;
        self.progress.since_snapshot = Folded {
            snapshot_cost,
            ..Folded::default()
        };
        Ok(SavedState {
            sequence: self.progress.applied,
            timestamp: self.progress.applied_at,
            bytes: state?,
        })
    }
}

fn stop(batch: &Batch, fault: FoldFault) -> Stop {
    let (first, last) = (batch.first(), batch.last());
    let (sequence, message) = match fault {
        FoldFault::Rejected { sequence, message } => (sequence, message),
        FoldFault::Fault {
            sequence: Some(sequence),
            fault,
        } => (sequence, fault.to_string()),
        FoldFault::Fault { fault, .. } if first == last => (first, fault.to_string()),
        FoldFault::Fault { fault, .. } => return Stop::Within(first..=last, fault),
    };
    Stop::At(halt_at(sequence.clamp(first, last), &message))
}

/// A halt whose message is cut to what people read.
pub(super) fn halt_at(sequence: Sequence, message: &str) -> Halt {
    let message = match message.char_indices().nth(MESSAGE_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    };
    Halt { sequence, message }
}

#[cfg(test)]
mod tests;
