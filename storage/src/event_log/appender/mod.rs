//! The appender: dense sequences, coalescing, idempotency and expectations, above any engine.

use bytes::Bytes;
use protocol::frame::KeyDigest;
use protocol::{Sequence, Timestamp};

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
