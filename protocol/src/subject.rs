//! The names of streams and subjects in NATS.
//!
//! A log's frames lie on the subject `{prefix}.ev.{shard}.{log}` of the stream
//! `{prefix}-events-{shard}`, and are sent again on `{prefix}.live.{shard}.{log}` as they are
//! stored. `{log}` is the id as 32 hexadecimal digits. The shard is part of the subject so that
//! each stream has one pattern of subjects.

use crate::LogId;

/// The shard of a log: the last 8 bytes of its id, as a big-endian number, modulo the number of
/// shards. They are random in a UUID of version 7, while the first ones are the time.
#[must_use]
pub fn shard_of(log: LogId, shards: u16) -> u16 {
    let (_, tail) = log.0.as_u64_pair();
    let shard = tail % u64::from(shards.max(1));
    u16::try_from(shard).unwrap_or_default()
}

/// The name of a shard's stream.
pub fn stream(prefix: &str, shard: u16) -> String {
    format!("{prefix}-events-{shard}")
}

/// Where a log's frames are stored.
pub fn frames(prefix: &str, shard: u16, log: LogId) -> String {
    format!("{prefix}.ev.{shard}.{}", log.0.simple())
}

/// All subjects of a shard's stream.
pub fn all_frames(prefix: &str, shard: u16) -> String {
    format!("{prefix}.ev.{shard}.*")
}

/// Where a log's frames are sent again.
pub fn live(prefix: &str, shard: u16, log: LogId) -> String {
    format!("{prefix}.live.{shard}.{}", log.0.simple())
}

/// The pattern and the replacement by which a stream sends its frames again.
pub fn republish(prefix: &str, shard: u16) -> (String, String) {
    (
        all_frames(prefix, shard),
        format!("{prefix}.live.{shard}.{{{{wildcard(1)}}}}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_never_changes() {
        let log = LogId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 37]);
        assert_eq!(shard_of(log, 16), 5);
        assert_eq!(shard_of(log, 1), 0);
        assert_eq!(shard_of(log, 0), 0);
    }

    #[test]
    fn logs_spread_over_all_shards() {
        let mut counts = [0u32; 16];
        for _ in 0..16_000 {
            counts[usize::from(shard_of(LogId::generate(), 16))] += 1;
        }
        assert!(
            counts.iter().all(|count| (700..1_300).contains(count)),
            "{counts:?}"
        );
    }
}
