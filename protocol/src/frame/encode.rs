//! Building a frame.

use bytes::Bytes;

use super::{
    Frame, HEADER_BYTES, Head, KeyDigest, KeyEntry, PayloadDigest, TRAILER_BYTES, VERSION,
};
use crate::limits::FRAME_BYTES_MAX;
use crate::{LogId, Sequence, Timestamp, packed};

/// The events do not fit into one frame, or the log's last sequence is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the frame is full")]
pub struct FrameFull;

/// Collects events behind a log's head into one frame.
#[derive(Debug)]
pub struct FrameBuilder {
    log: LogId,
    head: Head,
    first: Sequence,
    timestamp: Timestamp,
    nonce: [u8; 16],
    payload_bytes_before: u64,
    keys: Vec<KeyEntry>,
    events: Vec<u8>,
    count: u32,
}

impl FrameBuilder {
    /// A frame that follows `head`. `now` is raised to the head's timestamp when the clock lags, so
    /// that a log's timestamps never go backwards.
    #[must_use]
    pub fn new(log: LogId, head: Head, now: Timestamp, nonce: [u8; 16]) -> Self {
        Self {
            log,
            head,
            first: head.sequence.next(),
            timestamp: now.max(head.timestamp),
            nonce,
            payload_bytes_before: head.payload_bytes,
            keys: Vec::new(),
            events: Vec::new(),
            count: 0,
        }
    }

    /// How many events the frame holds so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The size of the frame if it were finished now.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        let keys = self.keys.len() * super::keys::ENTRY_BYTES;
        HEADER_BYTES + keys + self.events.len() + TRAILER_BYTES
    }

    /// Adds events that were appended together, under a key or without one, and returns the
    /// sequence of the first.
    ///
    /// # Errors
    /// When the frame would grow beyond [`FRAME_BYTES_MAX`] or the log beyond its last sequence.
    /// The builder is unchanged then.
    pub fn push<'a>(
        &mut self,
        events: impl IntoIterator<Item = &'a [u8]> + Clone,
        key: Option<(KeyDigest, PayloadDigest)>,
    ) -> Result<Sequence, FrameFull> {
        let (mut count, mut bytes) = (0u32, 0usize);
        for event in events.clone() {
            count = count.checked_add(1).ok_or(FrameFull)?;
            bytes = bytes.saturating_add(packed::LENGTH_BYTES + event.len());
        }
        let total = self
            .encoded_bytes()
            .saturating_add(bytes)
            .saturating_add(40);
        let index = self.count;
        let count_after = index.checked_add(count).ok_or(FrameFull)?;
        if total > FRAME_BYTES_MAX {
            return Err(FrameFull);
        }
        self.head
            .sequence
            .advance(u64::from(count))
            .map_err(|_| FrameFull)?;
        let first = self.head.sequence.next();
        self.events.reserve(bytes);
        for event in events {
            packed::push(&mut self.events, event);
            self.head.sequence = self.head.sequence.next();
            self.head.payload_bytes += event.len() as u64;
            self.head.chain = self
                .head
                .chain
                .extend(self.head.sequence, self.timestamp, event);
        }
        // A key covers one event at least: the decoder refuses any other.
        if let Some((key, payload)) = key.filter(|_| count > 0) {
            self.keys.push(KeyEntry {
                index,
                count,
                key,
                payload,
            });
        }
        self.count = count_after;
        Ok(first)
    }

    /// Encodes the frame; `None` when it holds no event.
    #[must_use]
    pub fn finish(self) -> Option<Frame> {
        if self.count == 0 {
            return None;
        }
        let mut out = Vec::with_capacity(self.encoded_bytes());
        let keys_bytes = u32::try_from(self.keys.len() * super::keys::ENTRY_BYTES).ok()?;
        let events_bytes = u32::try_from(self.events.len()).ok()?;
        out.extend_from_slice(&[VERSION, 0, 0, 0]);
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(self.log.as_bytes());
        out.extend_from_slice(&self.first.get().to_le_bytes());
        out.extend_from_slice(&self.timestamp.as_micros().to_le_bytes());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.payload_bytes_before.to_le_bytes());
        out.extend_from_slice(&keys_bytes.to_le_bytes());
        out.extend_from_slice(&events_bytes.to_le_bytes());
        self.keys
            .iter()
            .for_each(|entry| super::keys::encode(entry, &mut out));
        let events_start = out.len();
        out.extend_from_slice(&self.events);
        let events_end = out.len();
        out.extend_from_slice(&self.head.chain.0);
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        Some(Frame {
            bytes: Bytes::from(out),
            log: self.log,
            first: self.first,
            count: self.count,
            timestamp: self.timestamp,
            nonce: self.nonce,
            payload_bytes_before: self.payload_bytes_before,
            events_start,
            events_end,
            chain: self.head.chain,
        })
    }
}
