//! Making one frame of the requests that wait, and their answers for when it is durable.

use std::collections::HashMap;

use protocol::frame::{FrameBuilder, HEADER_BYTES, KeyDigest, PayloadDigest, TRAILER_BYTES};
use protocol::packed::PackedEvents;
use protocol::{Frame, LogId, Sequence, Timestamp};

use super::state::{Known, Pending};
use super::{AppendError, Appended, Payload};

/// What a frame holds besides its events: header, trailer and one key; and as much again to spare.
pub(super) const OVERHEAD_BYTES: usize = 2 * (HEADER_BYTES + TRAILER_BYTES + 40);

/// The answer to one request.
#[derive(Debug)]
pub(super) enum Answer {
    /// Holds whatever becomes of the frame.
    Now(Result<Appended, AppendError>),
    /// Holds if the frame is stored: the events are in it.
    Stored {
        first: Sequence,
        count: u32,
        /// An earlier request in the same frame carried the same key and payload.
        replayed: bool,
    },
    /// Holds if the frame is stored, because only that proves the head it was judged by.
    Refused(AppendError),
}

/// A frame and the answers to its requests, in the same order.
#[derive(Debug)]
pub(super) struct Built {
    /// `None` when no request led to an event.
    pub(super) frame: Option<Frame>,
    pub(super) answers: Vec<Answer>,
}

impl Built {
    /// Some answer depends on the head, and no frame will prove it.
    pub(super) fn is_unproven(&self) -> bool {
        let refused = |answer: &Answer| matches!(answer, Answer::Refused(_));
        self.frame.is_none() && self.answers.iter().any(refused)
    }
}

struct InFrame {
    payload: PayloadDigest,
    first: Sequence,
    count: u32,
}

struct Build<'a> {
    known: &'a Known,
    builder: FrameBuilder,
    /// The log's head once the frame is stored.
    head: Sequence,
    keys: HashMap<KeyDigest, InFrame>,
    /// Keys that were appended earlier are not valid any more.
    keys_valid_from: Timestamp,
}

/// Puts the requests, in their order, behind what is known.
pub(super) fn build(
    log: LogId,
    known: &Known,
    requests: &[Pending],
    now: Timestamp,
    keys_valid_from: Timestamp,
) -> Built {
    let mut build = Build {
        known,
        builder: FrameBuilder::new(log, known.head, now, rand::random()),
        head: known.head.sequence,
        keys: HashMap::new(),
        keys_valid_from,
    };
    let answers = requests.iter().map(|request| build.add(request)).collect();
    Built {
        frame: build.builder.finish(),
        answers,
    }
}

impl Build<'_> {
    /// A key that is known wins over an expected sequence: the retry of a request that was stored
    /// expects a head that its own events have moved.
    fn add(&mut self, request: &Pending) -> Answer {
        if let Some((key, payload)) = request.key
            && let Some(answer) = self.replay(key, payload)
        {
            return answer;
        }
        if let Some(expected) = request.expected
            && expected != self.head
        {
            return Answer::Refused(AppendError::SequenceMismatch {
                expected,
                actual: self.head,
            });
        }
        let Ok(head) = self.head.advance(request.count.into()) else {
            return Answer::Refused(AppendError::LogFull);
        };
        let pushed = match &request.payload {
            Payload::Event(event) => self.builder.push([event.as_ref()], request.key),
            Payload::Batch { packed, .. } => match PackedEvents::parse(packed) {
                Ok(events) => self.builder.push(events.iter(), request.key),
                Err(_) => return malformed(),
            },
        };
        let Ok(first) = pushed else {
            return Answer::Now(Err(AppendError::Invalid(
                "they are too large for one frame",
            )));
        };
        self.head = head;
        let count = request.count;
        if let Some((key, payload)) = request.key {
            let in_frame = InFrame {
                payload,
                first,
                count,
            };
            self.keys.insert(key, in_frame);
        }
        Answer::Stored {
            first,
            count,
            replayed: false,
        }
    }

    fn replay(&self, key: KeyDigest, payload: PayloadDigest) -> Option<Answer> {
        if let Some(original) = self.known.window.get(&key, self.keys_valid_from) {
            let answer = if original.payload == payload {
                Ok(Appended {
                    first: original.first,
                    count: original.count,
                    timestamp: original.timestamp,
                    replayed: true,
                })
            } else {
                let first = original.first;
                Err(AppendError::KeyReused { first })
            };
            return Some(Answer::Now(answer));
        }
        let original = self.keys.get(&key)?;
        Some(if original.payload == payload {
            Answer::Stored {
                first: original.first,
                count: original.count,
                replayed: true,
            }
        } else {
            let first = original.first;
            Answer::Refused(AppendError::KeyReused { first })
        })
    }
}

/// Checked when the request came in, so this is never seen.
fn malformed() -> Answer {
    Answer::Now(Err(AppendError::Invalid(
        "the batch is not in its packed form",
    )))
}
