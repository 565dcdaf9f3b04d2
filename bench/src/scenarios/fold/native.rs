//! The same fold without WebAssembly.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, anyhow};
use primatomic_view::{Event, Timestamp, View};
use protocol::Sequence;
use protocol::packed::PackedEvents;

use super::batch::{Batch, CALLS};
use super::subject::per_event;

/// A state that is folded natively.
#[derive(Default)]
pub(super) struct Native<V> {
    state: V,
    head: Sequence,
}

impl<V: View> Native<V> {
    /// Folds a round of events, from the same bytes as the engine, and returns nanoseconds per
    /// event.
    pub(super) fn fold(&mut self, batch: &Batch) -> Result<f64> {
        let start = Instant::now();
        for _ in 0..CALLS {
            let (runs, head) = batch.runs(self.head)?;
            for run in runs {
                let timestamp = Timestamp::from_micros(run.timestamp.as_micros());
                let mut sequence = run.first;
                for bytes in PackedEvents::parse(run.packed)?.iter() {
                    let event = Event {
                        sequence: sequence.get(),
                        timestamp,
                        bytes: black_box(bytes),
                    };
                    self.state
                        .apply(event)
                        .map_err(|error| anyhow!("the native fold failed: {error}"))?;
                    sequence = sequence.next();
                }
            }
            self.head = head;
        }
        black_box(&self.state);
        Ok(per_event(start.elapsed()))
    }
}
