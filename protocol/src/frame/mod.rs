//! Frames: group-committed runs of consecutive events of one log. A frame is the unit of durable
//! write, of optimistic concurrency and of replication. Once written, it must be readable for ever.
//!
//! Version 1, all numbers little-endian:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | version = 1 |
//! | 1 | 1 | flags: bit 0 compressed, bit 1 encrypted; both reserved, so 0 |
//! | 2 | 2 | reserved, 0 |
//! | 4 | 4 | count of events, at least 1 |
//! | 8 | 16 | log id |
//! | 24 | 8 | sequence of the first event |
//! | 32 | 8 | timestamp of every event, microseconds since 1970 |
//! | 40 | 16 | writer nonce: tells one's own frame from another's after a time-out |
//! | 56 | 8 | payload bytes of the log before this frame |
//! | 64 | 4 | bytes of the key section, a multiple of 40 |
//! | 68 | 4 | bytes of the event section |
//! | 72 | … | key section, see [`KeyEntry`] |
//! | … | … | event section: the events in their packed form ([`crate::packed`]) |
//! | … | 32 | chain hash after the last event ([`crate::chain`]) |
//! | … | 4 | CRC32C of everything before |

mod decode;
mod encode;
pub(crate) mod keys;

use bytes::Bytes;

pub use decode::FrameError;
pub use encode::{FrameBuilder, FrameFull};
pub use keys::{KeyDigest, KeyEntry, PayloadDigest};

use crate::{ChainHash, Event, LogId, Run, Sequence, Timestamp};

/// The version that this crate writes.
pub const VERSION: u8 = 1;

/// Bytes before the key section.
pub const HEADER_BYTES: usize = 72;

/// Bytes behind the event section: chain hash and checksum.
pub const TRAILER_BYTES: usize = 36;

/// What a writer knows about the state of a log after its last event. An empty log's head comes
/// from [`Head::origin`]; every other one from the log's newest frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Sequence of the last event; [`Sequence::ZERO`] for an empty log.
    pub sequence: Sequence,
    /// Timestamp of the last event; the epoch for an empty log.
    pub timestamp: Timestamp,
    /// Payload bytes of all events.
    pub payload_bytes: u64,
    /// Chain hash after the last event.
    pub chain: ChainHash,
}

impl Head {
    /// The head of a log without events.
    pub fn origin(log: LogId) -> Self {
        Self {
            sequence: Sequence::ZERO,
            timestamp: Timestamp::default(),
            payload_bytes: 0,
            chain: ChainHash::origin(log),
        }
    }

    /// Moves behind one more event.
    pub fn follow(&mut self, timestamp: Timestamp, event: &[u8]) {
        self.sequence = self.sequence.next();
        self.timestamp = timestamp;
        self.payload_bytes += event.len() as u64;
        self.chain = self.chain.extend(self.sequence, timestamp, event);
    }
}

/// A frame whose checksum and lengths were verified. Cheap to clone: the bytes are shared.
#[derive(Clone, Debug)]
pub struct Frame {
    bytes: Bytes,
    log: LogId,
    run: Run,
    nonce: [u8; 16],
    payload_bytes_before: u64,
    chain: ChainHash,
}

impl Frame {
    /// The encoded frame, as it is stored.
    pub fn encoded(&self) -> &Bytes {
        &self.bytes
    }

    pub fn log(&self) -> LogId {
        self.log
    }

    /// Sequence of the first event.
    pub fn first(&self) -> Sequence {
        self.run.first()
    }

    /// Sequence of the last event.
    pub fn last(&self) -> Sequence {
        self.run.last()
    }

    /// How many events the frame holds; at least 1.
    pub fn count(&self) -> u32 {
        self.run.count()
    }

    /// The timestamp of every event in the frame.
    pub fn timestamp(&self) -> Timestamp {
        self.run.timestamp()
    }

    /// The random number of the writer that built the frame.
    pub fn nonce(&self) -> [u8; 16] {
        self.nonce
    }

    /// The events in their packed form, for a fold that takes them as they are.
    pub fn packed_events(&self) -> &[u8] {
        self.run.packed_events()
    }

    /// The events in the order of their sequences.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.run.events()
    }

    /// The idempotency keys under which events of this frame were appended.
    pub fn keys(&self) -> impl Iterator<Item = KeyEntry> + '_ {
        let end = self.bytes.len() - TRAILER_BYTES - self.packed_events().len();
        keys::decode(&self.bytes[HEADER_BYTES..end])
    }

    /// The state of the log after this frame.
    pub fn head(&self) -> Head {
        let lengths = crate::packed::LENGTH_BYTES * self.count() as usize;
        let payload = self.packed_events().len() - lengths;
        Head {
            sequence: self.last(),
            timestamp: self.timestamp(),
            payload_bytes: self.payload_bytes_before + payload as u64,
            chain: self.chain,
        }
    }

    /// Whether the hash chain goes on with the frame's events from its value before them.
    #[must_use]
    pub fn chain_holds(&self, before: ChainHash) -> bool {
        before.extend_by(self.events()) == self.chain
    }
}

impl From<&Frame> for Run {
    fn from(frame: &Frame) -> Self {
        frame.run.clone()
    }
}

#[cfg(test)]
mod tests;
