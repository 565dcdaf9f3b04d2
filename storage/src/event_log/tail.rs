//! One gapless, ordered stream of a log's frames: first its history, then what is appended.
//!
//! The subscription begins before the history is read, so nothing falls between the two. Live
//! frames are a hint that may be late or missing: each one is taken only if it follows what was
//! given out before, and else the log is read.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{Frame, LogId, Sequence};
use tokio::time::Instant;

use super::{ReadError, SharedEventLog, StoredFrame, Subscription, SubscriptionError};

/// How a [`Tail`] reads.
#[derive(Clone, Copy, Debug)]
pub struct TailOptions {
    /// Bytes of history that are read at a time; what a tail holds in memory.
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

/// Why a [`Tail`] gives no frame.
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
pub struct Tail {
    event_log: SharedEventLog,
    log: LogId,
    options: TailOptions,
    /// The sequence that comes next.
    wanted: Sequence,
    live: Subscription,
    /// Frames that were read and not given out.
    read: VecDeque<Frame>,
    /// There may be frames that neither `read` nor `live` holds.
    behind: bool,
    /// The subscription has ended; what is stored is still given out.
    ended: bool,
    poll_at: Instant,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tail")
            .field("log", &self.log)
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

impl Tail {
    /// Follows a log from the event `from` on; 0 and 1 both mean its first.
    #[must_use]
    pub fn new(event_log: SharedEventLog, log: LogId, from: Sequence) -> Self {
        Self::with_options(event_log, log, from, TailOptions::default())
    }

    #[must_use]
    pub fn with_options(
        event_log: SharedEventLog,
        log: LogId,
        from: Sequence,
        options: TailOptions,
    ) -> Self {
        Self {
            live: event_log.subscribe(log),
            event_log,
            log,
            options,
            wanted: from.max(Sequence::FIRST),
            read: VecDeque::new(),
            behind: true,
            ended: false,
            poll_at: Instant::now() + options.poll_interval,
        }
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
        loop {
            if let Some(frame) = self.next_read()? {
                return Ok(frame);
            }
            if self.behind {
                self.read_chunk().await?;
            } else if self.ended {
                return Err(TailError::Closed);
            } else if let Some(frame) = self.next_live().await {
                return Ok(frame);
            }
        }
    }

    fn give(&mut self, frame: Frame) -> Frame {
        self.wanted = frame.last().next();
        frame
    }

    fn next_read(&mut self) -> Result<Option<Frame>, TailError> {
        while let Some(frame) = self.read.pop_front() {
            if frame.last() < self.wanted {
                continue;
            }
            if frame.first() > self.wanted {
                self.read.clear();
                self.behind = true;
                return Err(TailError::Trimmed {
                    wanted: self.wanted,
                    first: frame.first(),
                });
            }
            return Ok(Some(self.give(frame)));
        }
        Ok(None)
    }

    /// Reads on; an empty answer means that the subscription has what comes next. Changes nothing
    /// before the answer is there, so that cancelling loses nothing.
    async fn read_chunk(&mut self) -> Result<(), TailError> {
        let read = self
            .event_log
            .read(self.log, self.wanted, self.options.chunk_bytes);
        let frames = read.await?;
        self.behind = !frames.is_empty();
        self.read = frames.into_iter().map(|stored| stored.frame).collect();
        self.poll_at = Instant::now() + self.options.poll_interval;
        Ok(())
    }

    /// Waits for a live frame that comes next; `None` when there is a reason to look around.
    async fn next_live(&mut self) -> Option<Frame> {
        match tokio::time::timeout_at(self.poll_at, self.live.next()).await {
            Ok(Ok(StoredFrame { frame, .. })) => {
                if frame.last() < self.wanted {
                    return None;
                }
                if frame.first() > self.wanted {
                    self.behind = true;
                    return None;
                }
                self.poll_at = Instant::now() + self.options.poll_interval;
                Some(self.give(frame))
            }
            Ok(Err(SubscriptionError::Closed)) => {
                self.ended = true;
                self.behind = true;
                None
            }
            Ok(Err(SubscriptionError::Skipped)) | Err(_) => {
                self.behind = true;
                None
            }
        }
    }
}
