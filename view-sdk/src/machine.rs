//! The state of an exported view, folded from what the platform hands over.

use crate::{Event, Timestamp, View, ViewError};

/// Bytes in front of a run's events: timestamp, count, bytes of the events.
const RUN_HEADER_BYTES: usize = 16;

/// A view's state, and how far it has folded.
#[derive(Debug, Default)]
pub struct Machine<V> {
    pub(crate) state: V,
    /// Sequence of the last event. World 0.0.1 has no sequences, so they are counted here.
    pub(crate) sequence: u64,
}

/// Why a batch was not folded to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) sequence: u64,
    pub(crate) message: String,
}

impl<V: View> Machine<V> {
    /// Folds one event that has the next sequence.
    #[inline]
    pub(crate) fn apply_next(
        &mut self,
        timestamp: Timestamp,
        bytes: &[u8],
    ) -> Result<(), ViewError> {
        let sequence = self.sequence + 1;
        self.state.apply(Event {
            sequence,
            timestamp,
            bytes,
        })?;
        self.sequence = sequence;
        Ok(())
    }

    /// Folds runs of events in the packed form of world 1.0.0, borrowing each event from the batch.
    pub(crate) fn apply_packed(&mut self, first: u64, packed: &[u8]) -> Result<(), Rejection> {
        self.sequence = first.saturating_sub(1);
        let mut rest = packed;
        while !rest.is_empty() {
            let Some((run, tail)) = split_run(rest) else {
                return Err(self.malformed());
            };
            self.apply_run(&run)?;
            rest = tail;
        }
        Ok(())
    }

    fn apply_run(&mut self, run: &Run<'_>) -> Result<(), Rejection> {
        let mut rest = run.events;
        for _ in 0..run.count {
            let Some((event, tail)) = split_event(rest) else {
                return Err(self.malformed());
            };
            if let Err(error) = self.apply_next(run.timestamp, event) {
                return Err(Rejection {
                    sequence: self.sequence + 1,
                    message: error.into_parts().1,
                });
            }
            rest = tail;
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(self.malformed())
        }
    }

    #[cold]
    fn malformed(&self) -> Rejection {
        Rejection {
            sequence: self.sequence + 1,
            message: "the batch of events is malformed".to_owned(),
        }
    }
}

struct Run<'a> {
    timestamp: Timestamp,
    count: u32,
    events: &'a [u8],
}

#[inline]
fn split_run(packed: &[u8]) -> Option<(Run<'_>, &[u8])> {
    let (header, rest) = packed.split_first_chunk::<RUN_HEADER_BYTES>()?;
    let (timestamp, lengths) = header.split_first_chunk()?;
    let (count, bytes) = lengths.split_first_chunk()?;
    let bytes = u32::from_le_bytes(*bytes.first_chunk()?);
    let (events, rest) = rest.split_at_checked(bytes as usize)?;
    let run = Run {
        timestamp: Timestamp::from_micros(u64::from_le_bytes(*timestamp)),
        count: u32::from_le_bytes(*count),
        events,
    };
    Some((run, rest))
}

#[inline]
fn split_event(events: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = events.split_first_chunk()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests;
