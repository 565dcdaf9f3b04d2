//! The hash chain that makes a log tamper-evident.
//!
//! `c(0) = BLAKE3(log id)` over the id's 16 bytes, and
//! `c(n) = BLAKE3(c(n−1) ‖ sequence ‖ timestamp ‖ length ‖ bytes)` with the sequence and the
//! timestamp (microseconds) as 8 bytes and the length as 4, all little-endian. The chain runs over
//! events and not over frames, so however a log is framed, archived or compacted, anyone who can
//! read its events can recompute it.

use crate::run::Event;
use crate::{ChainHash, LogId, Sequence, Timestamp};

/// Bytes that are hashed before those of the event: chain value, sequence, timestamp, length.
const HEAD_BYTES: usize = 52;

impl ChainHash {
    /// The value before the first event.
    pub fn origin(log: LogId) -> Self {
        Self(*blake3::hash(log.as_bytes()).as_bytes())
    }

    /// The value after one more event.
    #[must_use]
    pub fn extend(self, sequence: Sequence, timestamp: Timestamp, event: &[u8]) -> Self {
        let length = u32::try_from(event.len()).unwrap_or(u32::MAX);
        // Most events fit one BLAKE3 chunk together with the head. Hashing that from one buffer is
        // several times faster than starting an incremental hasher.
        let mut input = [0; 1024];
        input[..32].copy_from_slice(&self.0);
        input[32..40].copy_from_slice(&sequence.get().to_le_bytes());
        input[40..48].copy_from_slice(&timestamp.as_micros().to_le_bytes());
        input[48..HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
        let end = HEAD_BYTES + event.len();
        if let Some(rest) = input.get_mut(HEAD_BYTES..end) {
            rest.copy_from_slice(event);
            return Self(*blake3::hash(&input[..end]).as_bytes());
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&input[..HEAD_BYTES]).update(event);
        Self(*hasher.finalize().as_bytes())
    }

    /// The value after some more events.
    pub(crate) fn extend_by<'a>(self, events: impl Iterator<Item = Event<'a>>) -> Self {
        events.fold(self, |chain, event| {
            chain.extend(event.sequence, event.timestamp, event.bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_published_formula() {
        let log = LogId::from_bytes([7; 16]);
        let origin = ChainHash::origin(log);
        assert_eq!(origin.0, *blake3::hash(&[7; 16]).as_bytes());
        for length in [0, 5, 971, 972, 973, 5_000] {
            let event = vec![b'x'; length];
            let mut input = origin.0.to_vec();
            input.extend(1u64.to_le_bytes());
            input.extend(1_700_000_000_000_000u64.to_le_bytes());
            input.extend(u32::try_from(length).unwrap().to_le_bytes());
            input.extend(&event);
            let next = origin.extend(Sequence::FIRST, Timestamp(1_700_000_000_000_000), &event);
            assert_eq!(next.0, *blake3::hash(&input).as_bytes());
        }
    }
}
