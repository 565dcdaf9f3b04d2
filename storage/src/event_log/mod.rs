//! The event log: durable frames, in order, per log.
//!
//! [`EventLog`] is what an engine must do; [`sqlite`] does it on one machine and [`jetstream`] on a
//! cluster. The guarantees that users rely on (dense sequences, idempotency, coalescing) are built
//! above it, once, by the [`appender`]; [`crate::history`] joins archived, hot and live frames.

pub mod appender;
pub mod jetstream;
mod live;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::frame::Head;
use protocol::{Frame, LogId, Position, Sequence, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

/// A frame as the engine holds it.
#[derive(Clone, Debug)]
pub struct StoredFrame {
    pub frame: Frame,
    pub position: Position,
}

/// The engine of the event log. Implementations pass the suite in `tests/it/conformance`.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Stores a frame durably if the log's newest frame is the one at `expected`
    /// ([`Position::START`] for an empty log). Returns only once the frame would survive a power
    /// cut.
    ///
    /// # Errors
    /// See [`PublishError`]; after [`PublishError::Unknown`] the frame may or may not be stored.
    async fn publish(&self, frame: Frame, expected: Position) -> Result<Position, PublishError>;

    /// The newest frame of a log; `None` for an empty one.
    async fn newest(&self, log: LogId) -> Result<Option<StoredFrame>, ReadError>;

    /// Frames in ascending order, beginning with the one that holds `from`: at least one if there
    /// is any, and then as many as fit into `bytes_max`. Frames below a trimmed sequence are
    /// missing, so callers compare the first frame's sequence with what they asked for.
    async fn read(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError>;

    /// Frames in descending order, beginning with the newest one whose first sequence is below
    /// `before`: at least one if there is any, and then as many as fit into `bytes_max`.
    async fn read_back(
        &self,
        log: LogId,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError>;

    /// The first frame whose timestamp is at or after `time`; `None` when the log ends before it.
    /// Frames below a trimmed sequence are missing. Found by halving, as timestamps never go
    /// backwards.
    async fn since(&self, log: LogId, time: Timestamp) -> Result<Option<StoredFrame>, ReadError>;

    /// Frames of a log as they are stored. May skip some; whoever follows a log detects gaps by
    /// sequence and fills them with [`EventLog::read`], as [`crate::history::tail::Tail`] does.
    fn subscribe(&self, log: LogId) -> Subscription;

    /// Removes the frames whose last sequence is at most `through`, but always keeps the newest
    /// frame of the log, or sequences could be used again.
    async fn trim(&self, log: LogId, through: Sequence) -> Result<(), ReadError>;

    /// Removes a log for good: when this returns, its frames are gone, but for what
    /// [`EventLog::scrub`] removes. Publishing to it later fails with [`PublishError::Deleted`].
    async fn delete(&self, log: LogId) -> Result<(), ReadError>;

    /// Takes the bytes of removed frames out of files in which they may still be found.
    async fn scrub(&self) -> Result<(), ReadError>;

    /// Where to run what publishes one frame after another, so that it does not wait behind other
    /// work of the process. It must never block there.
    fn runtime(&self) -> Handle {
        Handle::current()
    }

    /// How many shards the logs are spread over; at least 1 and always the same.
    fn shards(&self) -> u16;

    /// Frames of all logs of a shard in the order of their positions, from the first one behind
    /// `after` on, as many as fit into `bytes_max` and at least one if any is known. Frames of
    /// deleted logs may be among them. The newest frames may be missing, and so may a frame that
    /// was stored while a server was being replaced: whoever must not miss one compares the
    /// sequences of each log, and reads the log where they have a gap.
    async fn read_shard(
        &self,
        shard: u16,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError>;

    /// The position of the newest frame of a shard; [`Position::START`] when it has none.
    async fn shard_end(&self, shard: u16) -> Result<Position, ReadError>;

    /// Whether the engine can store and read right now; the text is for operators.
    async fn health(&self) -> Result<(), String>;
}

/// An engine that is shared by everything in a process.
pub type SharedEventLog = Arc<dyn EventLog>;

/// Live frames of one log. An engine sends `None` in place of a frame that it does not want to hold
/// in memory for slow followers; they see it as skipped, and read it.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<Option<StoredFrame>>);

/// Why a subscription gave no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    #[error("frames were skipped; read them from the log")]
    Skipped,
    #[error("the log was deleted or the engine is closed")]
    Closed,
}

impl Subscription {
    /// Waits for the next frame. Safe to cancel.
    ///
    /// # Errors
    /// When frames were skipped, or none will come any more.
    pub async fn next(&mut self) -> Result<StoredFrame, SubscriptionError> {
        match self.0.recv().await {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) | Err(broadcast::error::RecvError::Lagged(_)) => {
                Err(SubscriptionError::Skipped)
            }
            Err(broadcast::error::RecvError::Closed) => Err(SubscriptionError::Closed),
        }
    }

    /// The next frame if it is there already.
    ///
    /// # Errors
    /// When frames were skipped, or none will come any more.
    pub fn try_next(&mut self) -> Result<Option<StoredFrame>, SubscriptionError> {
        match self.0.try_recv() {
            Ok(Some(frame)) => Ok(Some(frame)),
            Err(broadcast::error::TryRecvError::Empty) => Ok(None),
            Ok(None) | Err(broadcast::error::TryRecvError::Lagged(_)) => {
                Err(SubscriptionError::Skipped)
            }
            Err(broadcast::error::TryRecvError::Closed) => Err(SubscriptionError::Closed),
        }
    }
}

/// Why a frame was not stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// Another frame is the newest one; nothing was stored.
    #[error("another frame was stored before this one")]
    Conflict,
    /// No answer came: the frame may be stored or not. Publish again with the same expectation;
    /// a conflict then proves that something is there, and the nonce tells whether it is this.
    #[error("no answer came in time; the frame may be stored")]
    Unknown,
    #[error("the log was deleted")]
    Deleted,
    #[error("the disk is full")]
    Full,
    #[error("the event log is not available: {0}")]
    Unavailable(String),
}

/// Why nothing could be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the event log is not available: {0}")]
    Unavailable(String),
    /// What is stored is not what was written. Never skipped silently.
    #[error("a stored frame of log {log} is damaged: {reason}")]
    Damaged { log: LogId, reason: String },
}

impl ReadError {
    pub fn damaged(log: LogId, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self::Damaged { log, reason }
    }
}

/// The head of a log by its newest frame.
pub async fn head(event_log: &dyn EventLog, log: LogId) -> Result<Head, ReadError> {
    let newest = event_log.newest(log).await?;
    Ok(newest.map_or_else(|| Head::origin(log), |stored| stored.frame.head()))
}
