//! What operators see of the archive.

use std::time::Duration;

/// A segment was cut: its events, and their bytes before and after compression.
pub(crate) fn segment(events: u64, raw_bytes: u64, bytes: u64) {
    metrics::counter!("archive_segments").increment(1);
    metrics::counter!("archive_events").increment(events);
    metrics::counter!("archive_raw_bytes").increment(raw_bytes);
    metrics::counter!("archive_segment_bytes").increment(bytes);
}

/// How far a shard is behind.
pub(crate) fn lag(shard: u16, frames: u64, age: Duration) {
    let shard = shard.to_string();
    metrics::gauge!("archive_lag_positions", "shard" => shard.clone()).set(count(frames));
    metrics::gauge!("archive_lag_seconds", "shard" => shard).set(age.as_secs_f64());
}

/// Whether this archiver holds a shard.
pub(crate) fn holds(shard: u16, holds: bool) {
    let value = if holds { 1.0 } else { 0.0 };
    metrics::gauge!("archive_shard_held", "shard" => shard.to_string()).set(value);
}

/// Events are missing or were changed: nothing of their log is archived or trimmed any more.
pub(crate) fn damaged() {
    metrics::counter!("archive_damaged_logs").increment(1);
}

/// A step failed and will be tried again.
pub(crate) fn failure(step: &'static str) {
    metrics::counter!("archive_failures", "step" => step).increment(1);
}

/// A backup was made.
pub(crate) fn backup(at: protocol::Timestamp) {
    metrics::gauge!("archive_last_backup_seconds").set(count(at.as_micros() / 1_000_000));
}

pub(crate) fn merged(blocks: usize) {
    metrics::counter!("archive_merged_blocks").increment(blocks as u64);
}

pub(crate) fn removed(segments: u64, bytes: u64) {
    metrics::counter!("archive_removed_segments").increment(segments);
    metrics::counter!("archive_removed_bytes").increment(bytes);
}

/// Exact up to 2^53, like every number that is shown.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and counts stay below 2^53"
)]
fn count(number: u64) -> f64 {
    number as f64
}
