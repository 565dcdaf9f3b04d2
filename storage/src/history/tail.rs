//! One gapless, ordered stream of a log's events: first its history, then what is appended.
//!
//! The subscription begins before the history is read, so nothing falls between the two. Live
//! frames are a hint that may be late or missing: each one is taken only if it follows what was
//! given out before, and else the log is read.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{LogId, Run, Sequence};
use tokio::time::Instant;

use super::{History, Reader, ReaderOptions};
use crate::event_log::{ReadError, StoredFrame, Subscription, SubscriptionError};

/// How history is read.
const READING: ReaderOptions = ReaderOptions {
    chunk_bytes: 1 << 20,
    blocks_ahead: 0,
};

/// How often the log is read when no frame came, in case one was skipped.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Why a [`Tail`] gives no events.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TailError {
    #[error("the log was deleted or the event log is closed")]
    Closed,
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The events of a log from a sequence on, without a gap and in order, for ever.
pub struct Tail {
    /// The sequence that comes next.
    wanted: Sequence,
    live: Subscription,
    reader: Reader,
    /// Runs that were read and not given out.
    read: VecDeque<Run>,
    /// There may be frames that neither `read` nor `live` holds.
    behind: bool,
    /// The subscription has ended; what is stored is still given out.
    ended: bool,
    poll_at: Instant,
}

impl Tail {
    /// Follows a log from the event `from` on; 0 and 1 both mean its first.
    pub fn new(history: &History, log: LogId, from: Sequence) -> Self {
        Self {
            live: history.event_log().subscribe(log),
            reader: history.reader(log, from, READING),
            wanted: from.max(Sequence::FIRST),
            read: VecDeque::new(),
            behind: true,
            ended: false,
            poll_at: Instant::now() + POLL_INTERVAL,
        }
    }

    /// The sequence that comes next.
    pub fn wanted(&self) -> Sequence {
        self.wanted
    }

    /// Waits for the next events. The first run may begin before the sequence that was asked for:
    /// skip its earlier events. Safe to cancel.
    ///
    /// # Errors
    /// See [`TailError`]. After [`TailError::Read`] it may be called again.
    pub async fn next(&mut self) -> Result<Run, TailError> {
        loop {
            if let Some(run) = self.read.pop_front() {
                if run.last() < self.wanted {
                    continue;
                }
                return Ok(self.give(run));
            }
            if self.behind {
                self.read_chunk().await?;
            } else if self.ended {
                return Err(TailError::Closed);
            } else if let Some(run) = self.next_live().await {
                return Ok(run);
            }
        }
    }

    fn give(&mut self, run: Run) -> Run {
        self.wanted = run.last().next();
        run
    }

    /// Reads on; an empty answer means that the subscription has what comes next. Changes nothing
    /// before the answer is there, so that cancelling loses nothing.
    async fn read_chunk(&mut self) -> Result<(), TailError> {
        self.reader.skip_to(self.wanted);
        let runs = self.reader.next().await?;
        self.behind = !runs.is_empty();
        self.read = runs.into();
        self.poll_at = Instant::now() + POLL_INTERVAL;
        Ok(())
    }

    /// Waits for a live frame that comes next; `None` when there is a reason to look around.
    async fn next_live(&mut self) -> Option<Run> {
        match tokio::time::timeout_at(self.poll_at, self.live.next()).await {
            Ok(Ok(StoredFrame { frame, .. })) => {
                if frame.last() < self.wanted {
                    return None;
                }
                if frame.first() <= self.wanted {
                    self.poll_at = Instant::now() + POLL_INTERVAL;
                    return Some(self.give(Run::from(&frame)));
                }
            }
            Ok(Err(SubscriptionError::Closed)) => self.ended = true,
            Ok(Err(SubscriptionError::Skipped)) | Err(_) => {}
        }
        self.behind = true;
        None
    }
}
