//! The limits of the appender.

use std::time::Duration;

/// Limits of the appender. The defaults hold its memory below about 600 MiB in the worst case: 256 MiB
/// of requests, and about 150 bytes for each of [`Self::keys_max`].
#[derive(Clone, Debug)]
pub struct AppenderOptions {
    /// How long an idempotency key is valid.
    pub key_window: Duration,
    /// The most keys of a log that are valid, the newest ones.
    pub keys_per_log_max: usize,
    /// The most keys of all logs that are kept in memory. Beyond it, the windows of logs that were
    /// not used for longest are dropped; they are read from the log again when a request with a key
    /// comes, so this costs time and never correctness.
    pub keys_max: usize,
    /// Requests are put together into one frame up to this many events …
    pub frame_events_max: u32,
    /// … and bytes. A larger batch is a frame by itself.
    pub frame_bytes_max: usize,
    /// Requests of one log that wait or are being stored.
    pub requests_per_log_max: usize,
    /// Logs of which something is kept in memory.
    pub logs_max: usize,
    /// How often a frame is published again after a conflict or without an answer.
    pub attempts_max: u32,
}

impl Default for AppenderOptions {
    fn default() -> Self {
        Self {
            key_window: Duration::from_secs(3_600),
            keys_per_log_max: 1_000_000,
            keys_max: 2_000_000,
            frame_events_max: 10_000,
            frame_bytes_max: 1 << 20,
            requests_per_log_max: 8_192,
            logs_max: 16_384,
            attempts_max: 32,
        }
    }
}
