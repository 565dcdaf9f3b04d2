//! When the events of a log were appended, by its indexes: no block is unpacked.
//!
//! What is archived is known block by block, and what is not, frame by frame. Of a very long stretch
//! only samples are looked up, and what lies between two of them is one span.

use protocol::segment::IndexEntry;
use protocol::{Frame, LogId, Sequence, Timestamp};

use super::History;
use crate::event_log::{self, ReadError};

/// Blocks that are looked up one by one.
const BLOCKS_MAX: u32 = 2_000;
/// Blocks that are looked up in place of more.
const BLOCK_SAMPLES: u64 = 200;
/// Bytes of hot frames that are read one by one.
const FRAME_BYTES_MAX: usize = 4 << 20;
/// Frames that are looked up in place of more.
const FRAME_SAMPLES: u64 = 64;

/// Consecutive events, and when the first and the last of them were appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: Sequence,
    pub last: Sequence,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl From<&IndexEntry> for Span {
    fn from(entry: &IndexEntry) -> Self {
        Self {
            first: entry.first,
            last: entry.last,
            first_at: entry.first_at,
            last_at: entry.last_at,
        }
    }
}

impl From<&Frame> for Span {
    fn from(frame: &Frame) -> Self {
        Self {
            first: frame.first(),
            last: frame.last(),
            first_at: frame.timestamp(),
            last_at: frame.timestamp(),
        }
    }
}

impl Span {
    /// How many events it has; at least 1.
    pub fn count(&self) -> u64 {
        self.last.since(self.first.previous())
    }
}

impl History {
    /// When the first event of a log was appended; `None` for an empty one.
    pub async fn first_at(&self, log: LogId) -> Result<Option<Timestamp>, ReadError> {
        let hot = self.event_log.read(log, Sequence::FIRST, 0).await?;
        match hot.first() {
            Some(stored) if stored.frame.first() > Sequence::FIRST => {
                let found = self.blocks_from(log, Sequence::FIRST, 1).await?;
                Ok(Some(found[0].entry.first_at))
            }
            found => Ok(found.map(|stored| stored.frame.timestamp())),
        }
    }

    /// All events that were appended from `since` on and before `until`, and some before and after
    /// them, in order and without a gap.
    pub async fn spans(
        &self,
        log: LogId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Span>, ReadError> {
        let head = event_log::head(&*self.event_log, log).await?;
        if head.sequence == Sequence::ZERO || head.timestamp < since || since >= until {
            return Ok(Vec::new());
        }
        let ends = self.catalog.archived_ends(&[log]).await;
        let ends = ends.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let archived = ends.first().and_then(|end| end.head);
        let mut spans = Vec::new();
        let mut next = Sequence::FIRST;
        if let Some(end) = archived {
            next = end.sequence.next();
            if end.timestamp >= since {
                spans = self.archived_spans(log, since, until, end.sequence).await?;
            }
        }
        if let Some(last) = spans.last() {
            // More may have been archived since its end was looked up.
            next = next.max(last.last.next());
        } else if let Some(stored) = self.event_log.since(log, since).await? {
            next = next.max(stored.frame.first());
        }
        let goes_on = |last: &Span| last.last_at < until;
        if spans.last().is_none_or(goes_on) && next <= head.sequence {
            self.hot_spans(log, until, next, head.sequence, &mut spans)
                .await?;
        }
        Ok(joined(spans))
    }

    async fn archived_spans(
        &self,
        log: LogId,
        since: Timestamp,
        until: Timestamp,
        end: Sequence,
    ) -> Result<Vec<Span>, ReadError> {
        let first = self.block_since(log, since, end).await?;
        let found = self.blocks_from(log, first, BLOCKS_MAX).await?;
        let is_all = (found.len() as u64) < u64::from(BLOCKS_MAX);
        let mut spans: Vec<Span> = found.iter().map(|block| (&block.entry).into()).collect();
        let reaches = spans.last().is_some_and(|last| last.last_at >= until);
        if is_all || reaches {
            // One behind the end stays, so that it is known where the events before it end.
            let before = spans.partition_point(|span| span.first_at < until);
            spans.truncate(before + 1);
            return Ok(spans);
        }
        let last = self.block_since(log, until, end).await?;
        let mut sampled: Vec<Span> = Vec::new();
        for sequence in samples(first, last, BLOCK_SAMPLES) {
            if sampled.last().is_none_or(|span| span.last < sequence) {
                let found = self.blocks_from(log, sequence, 1).await?;
                sampled.push((&found[0].entry).into());
            }
        }
        Ok(sampled)
    }

    /// A sequence of the first archived block that ends at or after a time; `end` when none does.
    async fn block_since(
        &self,
        log: LogId,
        time: Timestamp,
        end: Sequence,
    ) -> Result<Sequence, ReadError> {
        let (mut low, mut high) = (Sequence::FIRST, end);
        while low < high {
            let found = self.blocks_from(log, low.middle(high), 1).await?;
            let entry = found[0].entry;
            if entry.last_at < time {
                low = entry.last.next().min(end);
            } else {
                high = entry.first;
            }
        }
        Ok(low)
    }

    /// Adds the frames from `next` on up to the head.
    async fn hot_spans(
        &self,
        log: LogId,
        until: Timestamp,
        mut next: Sequence,
        head: Sequence,
        spans: &mut Vec<Span>,
    ) -> Result<(), ReadError> {
        let frames = self.event_log.read(log, next, FRAME_BYTES_MAX).await?;
        for stored in &frames {
            // Its first events may be archived.
            let mut span = Span::from(&stored.frame);
            span.first = span.first.max(next);
            next = span.last.next();
            spans.push(span);
            if span.last_at >= until {
                return Ok(());
            }
        }
        if next > head {
            return Ok(());
        }
        for sequence in samples(next, head, FRAME_SAMPLES) {
            if spans.last().is_some_and(|span| span.last >= sequence) {
                continue;
            }
            let found = self.event_log.read(log, sequence, 0).await?;
            let Some(stored) = found.first() else {
                break;
            };
            spans.push(Span::from(&stored.frame));
            if stored.frame.timestamp() >= until {
                break;
            }
        }
        Ok(())
    }
}

/// Sequences from `first` through `last`, both among them, at equal distances.
fn samples(first: Sequence, last: Sequence, count: u64) -> impl Iterator<Item = Sequence> {
    let distance = last.since(first);
    (0..=count).map(move |index| {
        let step = u128::from(distance) * u128::from(index) / u128::from(count.max(1));
        first.saturating_add(u64::try_from(step).unwrap_or(distance))
    })
}

/// Fills what was not looked up with spans from one time to the next.
fn joined(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        if let Some(before) = joined.last().copied()
            && before.last.next() < span.first
        {
            joined.push(Span {
                first: before.last.next(),
                last: span.first.previous(),
                first_at: before.last_at,
                last_at: span.first_at,
            });
        }
        joined.push(span);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(number: u64) -> Sequence {
        Sequence::new(number).unwrap()
    }

    #[test]
    fn samples_begin_and_end_where_they_should() {
        let numbers = |first, last, count| {
            let samples = samples(sequence(first), sequence(last), count);
            samples.map(Sequence::get).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1, 9, 4), [1, 3, 5, 7, 9]);
        assert_eq!(numbers(5, 5, 2), [5, 5, 5]);
        assert_eq!(numbers(1, 2, 3), [1, 1, 1, 2]);
    }

    #[test]
    fn what_was_not_looked_up_is_a_span() {
        let span = |first, last, first_at, last_at| Span {
            first: sequence(first),
            last: sequence(last),
            first_at: Timestamp(first_at),
            last_at: Timestamp(last_at),
        };
        let spans = vec![span(1, 2, 10, 20), span(3, 3, 20, 20), span(9, 9, 50, 50)];
        let expected = [
            span(1, 2, 10, 20),
            span(3, 3, 20, 20),
            span(4, 8, 20, 50),
            span(9, 9, 50, 50),
        ];
        assert_eq!(joined(spans), expected);
        assert_eq!(expected[2].count(), 5);
    }
}
