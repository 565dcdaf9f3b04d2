//! Making one frame of the requests that wait, and the replies to send once it is durable.

use std::collections::HashMap;

use protocol::frame::{FrameBuilder, HEADER_BYTES, KeyDigest, PayloadDigest, TRAILER_BYTES};
use protocol::packed::PackedEvents;
use protocol::{Frame, LogId, Sequence, Timestamp};

use super::state::{Known, Pending};
use super::{AppendError, Appended, Payload};

/// What a frame holds besides its events: header, trailer and one key; and as much again to spare.
pub(super) const OVERHEAD_BYTES: usize = 2 * (HEADER_BYTES + TRAILER_BYTES + 40);

/// The reply to one request.
pub(super) enum PlannedReply {
    /// Holds whatever becomes of the frame.
    Final(Result<Appended, AppendError>),
    /// Holds if the frame is stored, whose timestamp it gets: the events are in it.
    IfStored(Appended),
    /// Holds if the frame is stored, because only that proves the head it was judged by.
    Refused(AppendError),
}

/// A frame and the replies to its requests, in the same order.
pub(super) struct Built {
    /// `None` when no request led to an event.
    pub(super) frame: Option<Frame>,
    pub(super) replies: Vec<PlannedReply>,
}

struct Build<'a> {
    known: &'a Known,
    builder: FrameBuilder,
    /// The log's head once the frame is stored.
    head: Sequence,
    /// What the frame holds under keys.
    keys: HashMap<KeyDigest, (PayloadDigest, Appended)>,
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
    let replies = requests.iter().map(|request| build.add(request)).collect();
    Built {
        frame: build.builder.finish(),
        replies,
    }
}

impl Build<'_> {
    /// A key that is known wins over an expected sequence: the retry of a request that was stored
    /// expects a head that its own events have moved.
    fn add(&mut self, request: &Pending) -> PlannedReply {
        if let Some((key, payload)) = request.key
            && let Some(reply) = self.replay(key, payload)
        {
            return reply;
        }
        let actual = self.head;
        if let Some(expected) = request.expected
            && expected != actual
        {
            return PlannedReply::Refused(AppendError::SequenceMismatch { expected, actual });
        }
        let Ok(head) = self.head.advance(request.count.into()) else {
            return PlannedReply::Refused(AppendError::LogFull);
        };
        let pushed = match &request.payload {
            Payload::Event(event) => self.builder.push([event.as_ref()], request.key),
            Payload::Batch { packed, .. } => match PackedEvents::parse(packed) {
                Ok(events) => self.builder.push(events.iter(), request.key),
                // Checked when the request came in, so this is never seen.
                Err(_) => return invalid("the batch is not in its packed form"),
            },
        };
        let Ok(first) = pushed else {
            return invalid("they are too large for one frame");
        };
        self.head = head;
        let appended = Appended {
            first,
            count: request.count,
            timestamp: Timestamp::default(),
            replayed: false,
        };
        if let Some((key, payload)) = request.key {
            self.keys.insert(key, (payload, appended));
        }
        PlannedReply::IfStored(appended)
    }

    /// The reply to a request whose key was used before.
    fn replay(&self, key: KeyDigest, payload: PayloadDigest) -> Option<PlannedReply> {
        if let Some((used_for, original)) = self.known.window.get(&key, self.keys_valid_from) {
            return Some(PlannedReply::Final(replayed(
                *used_for == payload,
                original,
            )));
        }
        let (used_for, original) = self.keys.get(&key)?;
        Some(match replayed(*used_for == payload, original) {
            Ok(appended) => PlannedReply::IfStored(appended),
            Err(error) => PlannedReply::Refused(error),
        })
    }
}

fn replayed(is_same_payload: bool, original: &Appended) -> Result<Appended, AppendError> {
    let first = original.first;
    if !is_same_payload {
        return Err(AppendError::KeyReused { first });
    }
    Ok(Appended {
        replayed: true,
        ..*original
    })
}

fn invalid(reason: &'static str) -> PlannedReply {
    PlannedReply::Final(Err(AppendError::Invalid(reason)))
}
