//! Events as a worker reads them from a log: packed, in runs.

use anyhow::{Context as _, Result};
use protocol::packed;
use protocol::{Sequence, Timestamp};
use worker::engine::EventRun;

/// Events of one call of the engine.
const CALL_EVENTS: u32 = 10_000;
/// Calls of one round.
pub(super) const CALLS: u32 = 20;
/// Events of one round.
pub(super) const EVENTS: u32 = CALL_EVENTS * CALLS;
/// A moment in March 2025, so that views that go by months have one.
const TIME: Timestamp = Timestamp(1_741_000_000_000_000);

/// Events for a round: one call's worth, which is folded again and again.
pub(super) struct Batch {
    /// The packed events of each run.
    runs: Vec<Vec<u8>>,
    run_events: u32,
}

impl Batch {
    /// Events that `make` gives for each number, `run_events` of them in a run.
    pub(super) fn of(make: impl Fn(u64) -> Vec<u8>, run_events: u32) -> Result<Self> {
        let numbers: Vec<u64> = (0..u64::from(CALL_EVENTS)).collect();
        let chunk = usize::try_from(run_events).context("too many events in a run")?;
        let runs = numbers
            .chunks_exact(chunk)
            .map(|numbers| {
                let mut run = Vec::new();
                for number in numbers {
                    packed::push(&mut run, &make(*number));
                }
                run
            })
            .collect();
        Ok(Self { runs, run_events })
    }

    /// The runs, behind the sequence `head`, and the sequence after them.
    pub(super) fn runs(&self, head: Sequence) -> Result<(Vec<EventRun<'_>>, Sequence)> {
        let mut last = head;
        let mut runs = Vec::with_capacity(self.runs.len());
        for packed in &self.runs {
            runs.push(EventRun {
                first: last.next(),
                timestamp: TIME,
                count: self.run_events,
                packed,
            });
            last = last.advance(u64::from(self.run_events))?;
        }
        Ok((runs, last))
    }
}
