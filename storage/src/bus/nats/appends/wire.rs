//! What is sent between control planes: appends, many in a message, and their results.

use bytes::Bytes;
use protocol::frame::KeyDigest;
use protocol::{LogId, Sequence};
use serde::{Deserialize, Serialize};

use crate::event_log::appender::{AppendError, AppendRequest, Appended, Payload};

/// Bytes of a call besides its payload, at the most.
const CALL_OVERHEAD_BYTES: usize = 256;

/// The response to a message of calls; there may be several, each with some of the results.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Response {
    /// Results, each with the index of its call in the message.
    Outcomes(Vec<(usize, Reply)>),
    NotUnderstood,
}

/// One append. A batch of the largest size fits into one message: the event log does not start on
/// servers whose messages don't hold a frame of that size.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    log: LogId,
    /// An event, or a batch in its packed form.
    bytes: Bytes,
    /// Events of a batch; `None` for an event by itself.
    batch: Option<u32>,
    key: Option<[u8; 16]>,
    expected: Option<Sequence>,
}

impl Call {
    pub(super) fn new(log: LogId, request: &AppendRequest) -> Self {
        let (bytes, batch) = match &request.payload {
            Payload::Event(event) => (event.clone(), None),
            Payload::Batch { packed, count } => (packed.clone(), Some(*count)),
        };
        Self {
            log,
            bytes,
            batch,
            key: request.key.map(|key| key.0),
            expected: request.expected,
        }
    }

    /// Bytes of a message that it takes, at the most.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + CALL_OVERHEAD_BYTES
    }

    pub(super) fn request(self) -> (LogId, AppendRequest) {
        let payload = match self.batch {
            None => Payload::Event(self.bytes),
            Some(count) => Payload::Batch {
                packed: self.bytes,
                count,
            },
        };
        let request = AppendRequest {
            payload,
            key: self.key.map(KeyDigest),
            expected: self.expected,
        };
        (self.log, request)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Appended(Appended),
    SequenceMismatch {
        expected: Sequence,
        actual: Sequence,
    },
    KeyReused {
        first: Sequence,
    },
    LogFull,
    Deleted,
    StorageFull,
    Overloaded,
    /// The events may be stored or not.
    Unavailable(String),
    /// Nothing was stored, and another node may do it.
    Declined,
}

impl From<Result<Appended, AppendError>> for Reply {
    fn from(result: Result<Appended, AppendError>) -> Self {
        let error = match result {
            Ok(appended) => return Self::Appended(appended),
            Err(error) => error,
        };
        match error {
            AppendError::SequenceMismatch { expected, actual } => {
                Self::SequenceMismatch { expected, actual }
            }
            AppendError::KeyReused { first } => Self::KeyReused { first },
            AppendError::LogFull => Self::LogFull,
            AppendError::Deleted => Self::Deleted,
            AppendError::StorageFull => Self::StorageFull,
            AppendError::Overloaded => Self::Overloaded,
            AppendError::Unavailable(reason) => Self::Unavailable(reason),
            // The receiving node finds what is wrong with the request by itself.
            AppendError::EmptyBatch | AppendError::Invalid(_) | AppendError::ShuttingDown => {
                Self::Declined
            }
        }
    }
}

impl Reply {
    /// The result; `None` when nothing was done.
    pub(super) fn result(self) -> Option<Result<Appended, AppendError>> {
        Some(Err(match self {
            Self::Appended(appended) => return Some(Ok(appended)),
            Self::Declined => return None,
            Self::SequenceMismatch { expected, actual } => {
                AppendError::SequenceMismatch { expected, actual }
            }
            Self::KeyReused { first } => AppendError::KeyReused { first },
            Self::LogFull => AppendError::LogFull,
            Self::Deleted => AppendError::Deleted,
            Self::StorageFull => AppendError::StorageFull,
            Self::Overloaded => AppendError::Overloaded,
            Self::Unavailable(reason) => AppendError::Unavailable(reason),
        }))
    }
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;

    use super::*;
    use crate::bus::nats::wire::{decode, encode};

    /// Nodes of other releases know what was appended as the fields of the variant.
    #[test]
    fn what_was_appended_is_sent_as_its_fields() {
        #[derive(Serialize)]
        enum Sent {
            Appended {
                first: Sequence,
                count: u32,
                timestamp: Timestamp,
                replayed: bool,
            },
        }
        let appended = Appended {
            first: Sequence::FIRST,
            count: 3,
            timestamp: Timestamp(7),
            replayed: true,
        };
        let sent = Sent::Appended {
            first: Sequence::FIRST,
            count: 3,
            timestamp: Timestamp(7),
            replayed: true,
        };
        let reply = encode(&Reply::from(Ok(appended))).unwrap();
        assert_eq!(reply, encode(&sent).unwrap());
        let result = decode::<Reply>(&reply).unwrap().result();
        assert!(matches!(result, Some(Ok(found)) if found == appended));
    }
}
