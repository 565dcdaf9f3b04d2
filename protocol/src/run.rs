//! Runs: consecutive events of one log that share a timestamp, wherever they were read from.
//!
//! A frame of the hot log is one run, and a block of the archive is several. Readers of history get
//! runs, and can't tell where they came from.

use bytes::Bytes;

use crate::{Sequence, Timestamp, packed};

/// One event, borrowed from its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    pub sequence: Sequence,
    pub timestamp: Timestamp,
    pub bytes: &'a [u8],
}

/// Consecutive events with one timestamp. Cheap to clone: the bytes are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    first: Sequence,
    count: u32,
    timestamp: Timestamp,
    packed: Bytes,
}

impl Run {
    /// A run whose events were counted, and whose last sequence was checked, by a decoder.
    pub(crate) fn new(first: Sequence, count: u32, timestamp: Timestamp, packed: Bytes) -> Self {
        Self {
            first,
            count,
            timestamp,
            packed,
        }
    }

    pub fn first(&self) -> Sequence {
        self.first
    }

    pub fn last(&self) -> Sequence {
        self.first.saturating_add(u64::from(self.count) - 1)
    }

    /// How many events the run holds; at least 1.
    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The events in their packed form, for a fold that takes them as they are.
    pub fn packed_events(&self) -> &[u8] {
        &self.packed
    }

    /// The events in the order of their sequences.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let mut sequence = self.first;
        packed::iter(&self.packed).map(move |bytes| {
            let event = Event {
                sequence,
                timestamp: self.timestamp,
                bytes,
            };
            sequence = sequence.next();
            event
        })
    }
}
