//! Reading the frames of a log.
//!
//! JetStream finds messages by stream sequence, and callers ask by the sequence of an event. Where a
//! read ends is remembered for the next one; else the frame is searched for by halving the stream.

use protocol::{Frame, LogId, Position, Sequence};

use super::get::{self, Run, Stored, Which};
use super::{Inner, Patience};
use crate::event_log::{ReadError, StoredFrame};
use crate::nats::NoAnswer;

/// Bytes that one answer of a replica may have.
const RUN_BYTES_MAX: usize = 8 << 20;
/// How many events further back [`Inner::read_back`] looks at first; doubled each time.
const BACK_EVENTS: u64 = 64;

/// A log's place.
pub(super) struct Place {
    pub(super) log: LogId,
    pub(super) stream: String,
    pub(super) subject: String,
}

impl Inner {
    pub(super) fn frame(&self, log: LogId, stored: Stored) -> Result<StoredFrame, ReadError> {
        let damaged = |reason: String| ReadError::Damaged { log, reason };
        let frame = Frame::decode(stored.payload).map_err(|error| damaged(error.to_string()))?;
        if frame.log() != log {
            return Err(damaged("it is a frame of another log".to_owned()));
        }
        Ok(StoredFrame {
            frame,
            position: Position(stored.position),
        })
    }

    /// The newest frame, by the leader. A deleted log has none.
    pub(super) async fn newest_frame(
        &self,
        place: &Place,
    ) -> Result<Option<StoredFrame>, ReadError> {
        let newest = self.leader(place, Which::Newest).await?;
        newest
            .filter(|stored| !is_tombstone(stored))
            .map(|stored| self.frame(place.log, stored))
            .transpose()
    }

    pub(super) async fn leader(
        &self,
        place: &Place,
        which: Which,
    ) -> Result<Option<Stored>, ReadError> {
        let ask = || get::from_leader(&self.link, &place.stream, &place.subject, which);
        self.patiently(ask).await
    }

    /// Asks until there is an answer, for as long as the options say.
    pub(super) async fn patiently<T, F: Future<Output = Result<T, NoAnswer>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<T, ReadError> {
        let mut patience = Patience::new(self.options.patience);
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(reason) if patience.pause().await => {
                    tracing::debug!(%reason, "asking NATS again");
                }
                Err(reason) => return Err(ReadError::Unavailable(reason.to_string())),
            }
        }
    }

    /// See [`crate::event_log::EventLog::read`].
    pub(super) async fn read_forward(
        &self,
        place: &Place,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let from = from.max(Sequence::FIRST);
        let Some(mut position) = self.locate(place, from).await? else {
            return Ok(Vec::new());
        };
        let mut reader = Reader {
            frames: Vec::new(),
            from,
            bytes_left: bytes_max,
        };
        loop {
            let wanted = reader.bytes_left.min(RUN_BYTES_MAX);
            let ask = || {
                let Place {
                    stream, subject, ..
                } = place;
                get::run_from_replica(&self.link, stream, subject, position, wanted)
            };
            let Run { messages, has_more } = self.patiently(ask).await?;
            let mut went_on = false;
            for stored in messages {
                position = stored.position + 1;
                went_on = true;
                if is_tombstone(&stored) || !reader.take(self.frame(place.log, stored)?) {
                    return Ok(self.remember(place, reader.frames));
                }
            }
            if has_more && went_on {
                continue;
            }
            // The replica has nothing more; the leader may.
            let next = self.leader(place, Which::From(position)).await?;
            let Some(stored) = next.filter(|stored| !is_tombstone(stored)) else {
                return Ok(self.remember(place, reader.frames));
            };
            position = stored.position + 1;
            if !reader.take(self.frame(place.log, stored)?) {
                return Ok(self.remember(place, reader.frames));
            }
        }
    }

    /// Keeps where a read ended, for the one that goes on there.
    fn remember(&self, place: &Place, frames: Vec<StoredFrame>) -> Vec<StoredFrame> {
        if let Some(last) = frames.last() {
            let next = last.frame.last().next();
            self.places.insert(place.log, (next, last.position.0 + 1));
        }
        frames
    }

    /// A stream sequence at or before the frame that holds `from`, with no other frame of the log in
    /// between; `None` when the log ends before it.
    pub(super) async fn locate(
        &self,
        place: &Place,
        from: Sequence,
    ) -> Result<Option<u64>, ReadError> {
        if from <= Sequence::FIRST {
            return Ok(Some(1));
        }
        if let Some((next, position)) = self.places.get(&place.log)
            && next == from
        {
            return Ok(Some(position));
        }
        let Some(newest) = self.newest_frame(place).await? else {
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
            let Some(found) = self.first_from(place, middle).await? else {
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

    /// The first frame at or behind a stream sequence, of some replica.
    async fn first_from(
        &self,
        place: &Place,
        position: u64,
    ) -> Result<Option<StoredFrame>, ReadError> {
        let Place {
            stream, subject, ..
        } = place;
        let ask = || get::from_replica(&self.link, stream, subject, Which::From(position));
        let stored = self.patiently(ask).await?;
        stored
            .filter(|stored| !is_tombstone(stored))
            .map(|stored| self.frame(place.log, stored))
            .transpose()
    }

    /// See [`crate::event_log::EventLog::read_back`].
    pub(super) async fn read_backward(
        &self,
        place: &Place,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let Some(newest) = self.newest_frame(place).await? else {
            return Ok(Vec::new());
        };
        let end = before.min(newest.frame.last().next());
        let mut distance = BACK_EVENTS;
        loop {
            let start = Sequence::new(end.get().saturating_sub(distance)).unwrap_or(Sequence::ZERO);
            let mut frames = self.read_between(place, start, end).await?;
            frames.reverse();
            let bytes: usize = frames.iter().map(|it| it.frame.encoded().len()).sum();
            if bytes > bytes_max || start <= Sequence::FIRST {
                let mut left = bytes_max;
                let mut is_first = true;
                frames.retain(|stored| {
                    let fits = is_first || stored.frame.encoded().len() <= left;
                    left = if fits {
                        left.saturating_sub(stored.frame.encoded().len())
                    } else {
                        0
                    };
                    is_first = false;
                    fits
                });
                return Ok(frames);
            }
            distance = distance.saturating_mul(4);
        }
    }

    /// The frames that begin before `end`, from the one that holds `start` on.
    async fn read_between(
        &self,
        place: &Place,
        start: Sequence,
        end: Sequence,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let mut all: Vec<StoredFrame> = Vec::new();
        let mut next = start;
        loop {
            let frames = self.read_forward(place, next, RUN_BYTES_MAX).await?;
            let Some(last) = frames.last() else {
                return Ok(all);
            };
            next = last.frame.last().next();
            let is_end = next >= end;
            all.extend(
                frames
                    .into_iter()
                    .filter(|stored| stored.frame.first() < end),
            );
            if is_end {
                return Ok(all);
            }
        }
    }
}

/// What a deleted log has in place of frames.
pub(super) fn is_tombstone(stored: &Stored) -> bool {
    stored.payload.is_empty()
}

/// Takes frames in order until there is no room.
struct Reader {
    frames: Vec<StoredFrame>,
    from: Sequence,
    bytes_left: usize,
}

impl Reader {
    /// Whether there may be room for more.
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
        let bytes = stored.frame.encoded().len();
        if !self.frames.is_empty() && bytes > self.bytes_left {
            return false;
        }
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        self.frames.push(stored);
        true
    }
}
