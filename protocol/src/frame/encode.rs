//! Building a frame.

use bytes::Bytes;

use super::{
    Frame, HEADER_BYTES, Head, KeyDigest, KeyEntry, PayloadDigest, TRAILER_BYTES, VERSION, keys,
};
use crate::limits::FRAME_BYTES_MAX;
use crate::{LogId, Run, Sequence, Timestamp, packed};

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
    nonce: [u8; 16],
    payload_bytes_before: u64,
    keys: Vec<KeyEntry>,
    events: Vec<u8>,
    count: u32,
}

impl FrameBuilder {
    /// A frame that follows `head`. `now` is raised to the head's timestamp when the clock lags, so
    /// that a log's timestamps never go backwards.
    pub fn new(log: LogId, mut head: Head, now: Timestamp, nonce: [u8; 16]) -> Self {
        head.timestamp = now.max(head.timestamp);
        Self {
            log,
            head,
            first: head.sequence.next(),
            nonce,
            payload_bytes_before: head.payload_bytes,
            keys: Vec::new(),
            events: Vec::new(),
            count: 0,
        }
    }

    /// The size of the frame if it were finished now.
    pub fn encoded_bytes(&self) -> usize {
        let keys = self.keys.len() * keys::ENTRY_BYTES;
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
        let sizes = events.clone().into_iter();
        let sizes = sizes.map(|event| packed::LENGTH_BYTES + event.len());
        let (count, bytes) =
            sizes.fold((0u64, 0), |(count, bytes), size| (count + 1, bytes + size));
        let is_too_large = self.encoded_bytes() + bytes + keys::ENTRY_BYTES > FRAME_BYTES_MAX;
        if is_too_large || self.head.sequence.advance(count).is_err() {
            return Err(FrameFull);
        }
        // A frame's bytes hold far fewer events than this.
        let count = u32::try_from(count).map_err(|_| FrameFull)?;
        let first = self.head.sequence.next();
        self.events.reserve(bytes);
        for event in events {
            packed::push(&mut self.events, event);
            self.head.follow(self.head.timestamp, event);
        }
        // A key covers one event at least: the decoder refuses any other.
        if let Some((key, payload)) = key.filter(|_| count > 0) {
            self.keys.push(KeyEntry {
                index: self.count,
                count,
                key,
                payload,
            });
        }
        self.count += count;
        Ok(first)
    }

    /// Encodes the frame; `None` when it holds no event.
    #[must_use]
    pub fn finish(self) -> Option<Frame> {
        if self.count == 0 {
            return None;
        }
        let mut out = Vec::with_capacity(self.encoded_bytes());
        let keys_bytes = u32::try_from(self.keys.len() * keys::ENTRY_BYTES).ok()?;
        let events_bytes = u32::try_from(self.events.len()).ok()?;
        out.extend_from_slice(&[VERSION, 0, 0, 0]);
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(self.log.as_bytes());
        out.extend_from_slice(&self.first.get().to_le_bytes());
        out.extend_from_slice(&self.head.timestamp.as_micros().to_le_bytes());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.payload_bytes_before.to_le_bytes());
        out.extend_from_slice(&keys_bytes.to_le_bytes());
        out.extend_from_slice(&events_bytes.to_le_bytes());
        for entry in &self.keys {
            keys::encode(entry, &mut out);
        }
        let events_start = out.len();
        out.extend_from_slice(&self.events);
        let events = events_start..out.len();
        out.extend_from_slice(&self.head.chain.0);
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        let bytes = Bytes::from(out);
        let events = bytes.slice(events);
        Some(Frame {
            bytes,
            log: self.log,
            run: Run::new(self.first, self.count, self.head.timestamp, events),
            nonce: self.nonce,
            payload_bytes_before: self.payload_bytes_before,
            chain: self.head.chain,
        })
    }
}
