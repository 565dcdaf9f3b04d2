//! Reading the frames of a log.
//!
//! JetStream finds messages by stream sequence, and callers ask by the sequence of an event. Where a
//! read ends is cached for the next one; else the frame is searched for by halving the stream.

use bytes::Bytes;
use protocol::{Frame, LogId, Position, Sequence};

use super::get::{Messages, Page, Stored, Which};
use super::{Inner, Retries};
use crate::event_log::{ReadError, StoredFrame};
use crate::limit::Limit;
use crate::nats::NoAnswer;

/// Bytes that one answer of a replica may have.
pub(super) const PAGE_BYTES_MAX: usize = 8 << 20;
/// How many events further back [`Inner::read_back`] looks at first; doubled each time.
const BACK_EVENTS: u64 = 64;

/// Where a log's frames are.
pub(super) struct Address {
    pub(super) log: LogId,
    pub(super) stream: String,
    pub(super) subject: String,
}

impl Inner {
    pub(super) fn messages<'a>(&'a self, at: &'a Address) -> Messages<'a> {
        Messages {
            link: &self.link,
            stream: &at.stream,
            subject: &at.subject,
        }
    }

    pub(super) async fn leader(
        &self,
        at: &Address,
        which: Which,
    ) -> Result<Option<Stored>, ReadError> {
        self.retry(|| self.messages(at).ask_leader(which)).await
    }

    /// The newest frame, by the leader. A deleted log has none.
    pub(super) async fn newest_frame(
        &self,
        at: &Address,
    ) -> Result<Option<StoredFrame>, ReadError> {
        let newest = self.leader(at, Which::Newest).await?;
        decode_unless_tombstone(at.log, newest)
    }

    /// Asks until there is an answer, until the time-out.
    pub(super) async fn retry<T, F: Future<Output = Result<T, NoAnswer>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<T, ReadError> {
        let mut retries = Retries::new();
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(reason) if retries.pause().await => {
                    tracing::debug!(%reason, "asking NATS again");
                }
                Err(reason) => return Err(ReadError::Unavailable(reason.to_string())),
            }
        }
    }

    /// Calls the API of JetStream.
    pub(super) async fn call<T>(
        &self,
        subject: String,
        request: impl Into<Bytes>,
        parse: impl Fn(&[u8]) -> Result<T, NoAnswer>,
    ) -> Result<T, ReadError> {
        let request = request.into();
        let ask = || async {
            let answer = self.link.request(subject.clone(), None, request.clone());
            parse(&answer.await?.payload)
        };
        self.retry(ask).await
    }

    /// See [`crate::event_log::EventLog::read`].
    pub(super) async fn read_forward(
        &self,
        at: &Address,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let from = from.max(Sequence::FIRST);
        let Some(position) = self.locate(at, from).await? else {
            return Ok(Vec::new());
        };
        let mut found = Forward {
            frames: Vec::new(),
            from,
            limit: Limit::new(bytes_max),
        };
        self.read_behind(at, position, &mut found).await?;
        // The read that goes on here need not search.
        if let Some(last) = found.frames.last() {
            let next = last.frame.last().next();
            self.read_ends.insert(at.log, (next, last.position.0 + 1));
        }
        Ok(found.frames)
    }

    async fn read_behind(
        &self,
        at: &Address,
        mut position: u64,
        found: &mut Forward,
    ) -> Result<(), ReadError> {
        loop {
            let bytes = found.limit.bytes_left.min(PAGE_BYTES_MAX);
            let page = self.retry(|| self.messages(at).page(position, bytes));
            let Page { messages, has_more } = page.await?;
            let has_more = has_more && !messages.is_empty();
            for stored in messages {
                position = stored.position + 1;
                if is_tombstone(&stored) || !found.take(decode(at.log, stored)?) {
                    return Ok(());
                }
            }
            if has_more {
                continue;
            }
            // The replica has nothing more; the leader may.
            let next = self.leader(at, Which::From(position)).await?;
            let Some(next) = decode_unless_tombstone(at.log, next)? else {
                return Ok(());
            };
            position = next.position.0 + 1;
            if !found.take(next) {
                return Ok(());
            }
        }
    }

    /// A stream sequence at or before the frame that holds `from`, with no other frame of the log in
    /// between; `None` when the log ends before it.
    pub(super) async fn locate(
        &self,
        at: &Address,
        from: Sequence,
    ) -> Result<Option<u64>, ReadError> {
        if from <= Sequence::FIRST {
            return Ok(Some(1));
        }
        if let Some((next, position)) = self.read_ends.get(&at.log)
            && next == from
        {
            return Ok(Some(position));
        }
        let Some(newest) = self.newest_frame(at).await? else {
            return Ok(None);
        };
        if newest.frame.last() < from {
            return Ok(None);
        }
        if newest.frame.first() <= from {
            return Ok(Some(newest.position.0));
        }
        let (mut low, mut high) = (1, newest.position.0);
        while low < high {
            let middle = low + (high - low) / 2;
            let first_from = || self.messages(at).ask_replica(Which::From(middle));
            let found = self.retry(first_from).await?;
            let Some(found) = decode_unless_tombstone(at.log, found)? else {
                high = middle;
                continue;
            };
            if found.position.0 >= high || found.frame.first() > from {
                high = middle;
            } else if found.frame.last() < from {
                low = found.position.0 + 1;
            } else {
                return Ok(Some(found.position.0));
            }
        }
        Ok(Some(low))
    }

    /// See [`crate::event_log::EventLog::read_back`].
    pub(super) async fn read_backward(
        &self,
        at: &Address,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let Some(newest) = self.newest_frame(at).await? else {
            return Ok(Vec::new());
        };
        let end = before.min(newest.frame.last().next());
        let mut distance = BACK_EVENTS;
        loop {
            let start = end.saturating_sub(distance);
            let frames = self.read_between(at, start, end).await?;
            let bytes = |stored: &StoredFrame| stored.frame.encoded().len();
            if frames.iter().map(bytes).sum::<usize>() > bytes_max || start <= Sequence::FIRST {
                let mut limit = Limit::new(bytes_max);
                let back = frames.into_iter().rev();
                return Ok(back
                    .take_while(|stored| limit.admits(bytes(stored)))
                    .collect());
            }
            distance = distance.saturating_mul(4);
        }
    }

    /// The frames that begin before `end`, from the one that holds `start` on.
    async fn read_between(
        &self,
        at: &Address,
        start: Sequence,
        end: Sequence,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let mut all: Vec<StoredFrame> = Vec::new();
        let mut next = start;
        loop {
            let frames = self.read_forward(at, next, PAGE_BYTES_MAX).await?;
            let Some(last) = frames.last() else {
                return Ok(all);
            };
            next = last.frame.last().next();
            all.extend(frames.into_iter().filter(|it| it.frame.first() < end));
            if next >= end {
                return Ok(all);
            }
        }
    }
}

/// Whether a message is what a deleted log has in place of frames.
pub(super) fn is_tombstone(stored: &Stored) -> bool {
    stored.payload.is_empty()
}

fn decode(log: LogId, stored: Stored) -> Result<StoredFrame, ReadError> {
    let frame = Frame::decode(stored.payload).map_err(|error| ReadError::damaged(log, error))?;
    if frame.log() != log {
        return Err(ReadError::damaged(log, "it is a frame of another log"));
    }
    Ok(StoredFrame {
        frame,
        position: Position(stored.position),
    })
}

pub(super) fn decode_unless_tombstone(
    log: LogId,
    stored: Option<Stored>,
) -> Result<Option<StoredFrame>, ReadError> {
    let stored = stored.filter(|stored| !is_tombstone(stored));
    stored.map(|stored| decode(log, stored)).transpose()
}

/// Frames in order, as many as fit.
struct Forward {
    frames: Vec<StoredFrame>,
    from: Sequence,
    limit: Limit,
}

impl Forward {
    /// Whether more may fit.
    fn take(&mut self, stored: StoredFrame) -> bool {
        if stored.frame.last() < self.from {
            return true;
        }
        // Answers may be lost on their way. Within a log, only trimming leaves a gap, and only in
        // front of the first frame.
        if let Some(last) = self.frames.last()
            && stored.frame.first() != last.frame.last().next()
        {
            return false;
        }
        let fits = self.limit.admits(stored.frame.encoded().len());
        if fits {
            self.frames.push(stored);
        }
        fits
    }
}
