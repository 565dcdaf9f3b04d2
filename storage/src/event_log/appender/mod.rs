//! The appender: dense sequences, coalescing, idempotency and expectations, above any engine.

use std::time::Duration;

use bytes::Bytes;
use protocol::frame::{Head, KeyDigest};
use protocol::{LogId, Sequence, Timestamp};

use super::SharedEventLog;
use crate::clock::SharedClock;

/// What a caller wants appended: one event, or a batch that is stored whole or not at all.
#[derive(Clone, Debug)]
pub enum Payload {
    Event(Bytes),
    /// Events in their packed form, already checked; `count` of them.
    Batch {
        packed: Bytes,
        count: u32,
    },
}

/// One request to append.
#[derive(Clone, Debug)]
pub struct AppendRequest {
    pub payload: Payload,
    /// The digest of the `Idempotency-Key`.
    pub key: Option<KeyDigest>,
    /// Append only if this is the log's head; 0 for an empty log.
    pub expected: Option<Sequence>,
}

/// Events that are durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Sequence of the first event; the others follow it without a gap.
    pub first: Sequence,
    pub count: u32,
    /// When they were stored. For a replay, of the original.
    pub timestamp: Timestamp,
    /// The same key with the same payload was appended before; these are the original's sequences.
    pub replayed: bool,
}

/// Why nothing was appended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    #[error("the log's head is {actual} and not {expected}")]
    SequenceMismatch {
        expected: Sequence,
        actual: Sequence,
    },
    #[error("the Idempotency-Key was used for sequence {first} with another payload")]
    KeyReused { first: Sequence },
    #[error("the batch holds no event")]
    EmptyBatch,
    /// The events don't fit into one frame, or a batch's lengths or count are wrong. Callers check
    /// both before they get here.
    #[error("the events can't be stored: {0}")]
    Invalid(&'static str),
    #[error("the log has reached the largest sequence")]
    LogFull,
    #[error("the log was deleted")]
    Deleted,
    #[error("the disk is full; nothing was stored")]
    StorageFull,
    #[error("too many appends wait already; nothing was stored")]
    Overloaded,
    #[error("this node is stopping; nothing was stored")]
    ShuttingDown,
    /// The events may be stored or not. Send the request again with its Idempotency-Key.
    #[error("the event log did not answer: {0}")]
    Unavailable(String),
}

/// Limits of the appender.
#[derive(Clone, Debug)]
pub struct AppenderOptions {
    /// How long an idempotency key is remembered.
    pub key_window: Duration,
}

impl Default for AppenderOptions {
    fn default() -> Self {
        Self {
            key_window: Duration::from_secs(3600),
        }
    }
}

/// Appends to logs. Cheap to clone.
#[derive(Clone)]
pub struct Appender {
    event_log: SharedEventLog,
}

impl Appender {
    #[must_use]
    pub fn new(event_log: SharedEventLog, _clock: SharedClock, _options: AppenderOptions) -> Self {
        Self { event_log }
    }

    /// Appends durably. A caller that goes away leaves the append going.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append(&self, _log: LogId, _request: AppendRequest) -> Result<Appended, AppendError> {
        Err(AppendError::ShuttingDown)
    }

    /// The head of a log, as the event log has it.
    ///
    /// # Errors
    /// When the event log can't be read.
    pub async fn head(&self, log: LogId) -> Result<Head, AppendError> {
        super::head(self.event_log.as_ref(), log)
            .await
            .map_err(|error| AppendError::Unavailable(error.to_string()))
    }

    /// Drops what is cached of a log, as after its deletion.
    pub fn forget(&self, _log: LogId) {}

    /// Refuses new appends and waits for those that were accepted.
    pub async fn close(&self) {}
}
