//! The key section of a frame: which idempotency keys its events were appended under.
//!
//! 40 bytes per key: `u32` index of the first event in the frame, `u32` count of events, 16 bytes
//! of key digest, 16 bytes of payload digest. Keys live in the frames, so that any node can rebuild
//! a log's window of recent keys from the log alone.

use bytes::Buf as _;

use crate::packed::{self, array};

pub(crate) const ENTRY_BYTES: usize = 40;

/// The first 16 bytes of the BLAKE3 hash of an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 16]);

impl KeyDigest {
    pub fn of(key: &str) -> Self {
        Self(truncated(key.as_bytes()))
    }
}

/// The first 16 bytes of the BLAKE3 hash of the packed events that were appended under a key. Tells
/// a retry from another use of the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PayloadDigest(pub [u8; 16]);

impl PayloadDigest {
    /// The digest of events in their packed form.
    pub fn of_packed(events: &[u8]) -> Self {
        Self(truncated(events))
    }

    /// The digest of a single event.
    pub fn of_event(event: &[u8]) -> Self {
        let mut packed = Vec::with_capacity(packed::LENGTH_BYTES + event.len());
        packed::push(&mut packed, event);
        Self::of_packed(&packed)
    }
}

fn truncated(bytes: &[u8]) -> [u8; 16] {
    array(&mut &blake3::hash(bytes).as_bytes()[..])
}

/// One idempotency key and the events that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// Index of the first covered event in the frame.
    pub index: u32,
    /// How many events are covered; at least 1.
    pub count: u32,
    pub key: KeyDigest,
    pub payload: PayloadDigest,
}

impl KeyEntry {
    /// Whether it covers events, and of the first `events` alone.
    pub(crate) fn lies_within(&self, events: u64) -> bool {
        self.count > 0 && u64::from(self.index) + u64::from(self.count) <= events
    }
}

pub(crate) fn encode(entry: &KeyEntry, out: &mut Vec<u8>) {
    out.extend_from_slice(&entry.index.to_le_bytes());
    out.extend_from_slice(&entry.count.to_le_bytes());
    out.extend_from_slice(&entry.key.0);
    out.extend_from_slice(&entry.payload.0);
}

pub(crate) fn decode(section: &[u8]) -> impl Iterator<Item = KeyEntry> + '_ {
    section.as_chunks::<ENTRY_BYTES>().0.iter().map(|entry| {
        let mut fields = &entry[..];
        KeyEntry {
            index: fields.get_u32_le(),
            count: fields.get_u32_le(),
            key: KeyDigest(array(&mut fields)),
            payload: PayloadDigest(array(&mut fields)),
        }
    })
}
