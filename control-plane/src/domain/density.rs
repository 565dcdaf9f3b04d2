//! How many events were appended when: counts for drawing, from the indexes of a log.

use std::time::Duration;

use catalog::access::Access;
use catalog::{Log, Page, Paged};
use protocol::Timestamp;
use storage::history::Span;

use super::App;
use super::logs::LogState;
use crate::errors::{Failure, Result};

const HOUR: Duration = Duration::from_secs(3_600);
const HOURS_OF_A_DAY: u32 = 24;

/// Which time, in how many buckets.
pub(crate) struct DensityQuestion {
    /// The log's first event, if nothing is said.
    pub since: Option<Timestamp>,
    /// Now, if nothing is said.
    pub until: Option<Timestamp>,
    pub buckets: u32,
}

/// Counts of events in buckets of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Density {
    pub since: Timestamp,
    pub until: Timestamp,
    /// Whole milliseconds.
    pub bucket: Duration,
    pub counts: Vec<u64>,
    /// No count was estimated.
    pub exact: bool,
}

impl Density {
    /// No events, in as many buckets as asked for or fewer: they have whole milliseconds.
    fn new(since: Timestamp, until: Timestamp, buckets: u32) -> Self {
        let micros = until.duration_since(since).as_micros();
        let bucket_ms = micros.div_ceil(u128::from(buckets.max(1)) * 1_000).max(1);
        let bucket_ms = u64::try_from(bucket_ms).unwrap_or(u64::MAX);
        let count = micros.div_ceil(u128::from(bucket_ms) * 1_000);
        Self {
            since,
            until,
            bucket: Duration::from_millis(bucket_ms),
            counts: vec![0; usize::try_from(count).unwrap_or(0)],
            exact: true,
        }
    }

    /// Counts the events of a span. One that lies in several buckets is spread evenly over its time.
    fn add(&mut self, span: &Span) {
        if span.last_at < self.since || span.first_at >= self.until {
            return;
        }
        let first = self.bucket_of(span.first_at);
        if let Some(index) = first
            && self.bucket_of(span.last_at) == first
        {
            self.counts[index] += span.count();
            return;
        }
        self.exact = false;
        // How many of the events are before each end of a bucket, so that none is lost to rounding.
        let time = u128::from(span.last_at.as_micros() - span.first_at.as_micros());
        let before = |end: Timestamp| {
            let passed = end.min(span.last_at).duration_since(span.first_at);
            let share = u128::from(span.count()) * passed.as_micros() / time;
            match end > span.last_at {
                true => span.count(),
                false => u64::try_from(share).unwrap_or(span.count()),
            }
        };
        let begin = first.unwrap_or(0);
        let mut counted = before(self.begin_of(begin));
        for index in begin..self.counts.len() {
            let end = self.begin_of(index + 1).min(self.until);
            let counted_now = before(end);
            self.counts[index] += counted_now - counted;
            counted = counted_now;
            if end > span.last_at {
                break;
            }
        }
    }

    /// The bucket of a time; `None` outside of all.
    fn bucket_of(&self, time: Timestamp) -> Option<usize> {
        if time < self.since || time >= self.until {
            return None;
        }
        let passed = time.duration_since(self.since).as_micros();
        usize::try_from(passed / self.bucket.as_micros()).ok()
    }

    fn begin_of(&self, index: usize) -> Timestamp {
        let passed = u32::try_from(index).map(|index| self.bucket.saturating_mul(index));
        self.since.saturating_add(passed.unwrap_or(Duration::MAX))
    }
}

impl App {
    /// Counts the events of a log by the time at which they were appended.
    ///
    /// # Errors
    /// When there is no such log, the time ends before it begins, or an index can't be read.
    pub(crate) async fn density(
        &self,
        access: &Access,
        log: &str,
        question: DensityQuestion,
    ) -> Result<Density> {
        let log = self.log(access, log).await?;
        let head = self.stores.appender.head(log.id).await?;
        // The newest event may have the time that it is now.
        let behind_newest = head.timestamp.saturating_add(Duration::from_micros(1));
        let until = question
            .until
            .unwrap_or(self.clock.now().max(behind_newest));
        let since = match question.since {
            Some(since) if since >= until => {
                return Err(Failure::invalid_request("`since` lies before `until`"));
            }
            Some(since) => since,
            None => {
                let first = self.stores.history.first_at(log.id).await?;
                first.unwrap_or(until).min(until)
            }
        };
        let density = Density::new(since, until, question.buckets);
        self.count(&log, density).await
    }

    async fn count(&self, log: &Log, mut density: Density) -> Result<Density> {
        let (since, until) = (density.since, density.until);
        for span in self.stores.history.spans(log.id, since, until).await? {
            density.add(&span);
        }
        Ok(density)
    }

    /// The events of each of the last 24 hours, the newest last.
    async fn last_day(&self, state: &LogState) -> Result<Vec<u64>> {
        let now = self.clock.now();
        let until = now.max(
            state
                .head
                .timestamp
                .saturating_add(Duration::from_micros(1)),
        );
        let since = until.saturating_sub(HOUR * HOURS_OF_A_DAY);
        let density = Density::new(since, until, HOURS_OF_A_DAY);
        if state.head.timestamp < since {
            return Ok(density.counts);
        }
        Ok(self.count(&state.log, density).await?.counts)
    }

    /// A page of logs with the events of their last days.
    ///
    /// # Errors
    /// As for [`App::logs`], and when an index can't be read.
    pub(crate) async fn logs_with_last_day(
        &self,
        access: &Access,
        prefix: &str,
        page: Page,
    ) -> Result<Paged<(LogState, Vec<u64>)>> {
        let logs = self.logs(access, prefix, page).await?;
        let mut items = Vec::with_capacity(logs.items.len());
        for state in logs.items {
            let last_day = self.last_day(&state).await?;
            items.push((state, last_day));
        }
        Ok(Paged {
            items,
            next_cursor: logs.next_cursor,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::Sequence;

    use super::*;

    fn span(count: u64, first_at: u64, last_at: u64) -> Span {
        Span {
            first: Sequence::FIRST,
            last: Sequence::new(count).unwrap(),
            first_at: Timestamp(first_at),
            last_at: Timestamp(last_at),
        }
    }

    #[test]
    fn buckets_have_whole_milliseconds() {
        let of = |micros: u64, buckets| {
            let density = Density::new(Timestamp(7), Timestamp(7 + micros), buckets);
            (density.bucket.as_millis(), density.counts.len())
        };
        assert_eq!(of(120_000, 120), (1, 120));
        assert_eq!(of(120_001, 120), (2, 61));
        assert_eq!(of(5, 120), (1, 1));
        assert_eq!(of(0, 120), (1, 0));
        assert_eq!(of(86_400_000_000, 24), (3_600_000, 24));
    }

    #[test]
    fn a_span_is_counted_where_it_lies() {
        let mut density = Density::new(Timestamp(10_000), Timestamp(14_000), 4);
        density.add(&span(5, 10_000, 10_999));
        density.add(&span(2, 13_999, 13_999));
        density.add(&span(9, 1, 9_999));
        density.add(&span(9, 14_000, 20_000));
        assert_eq!(
            (&density.counts[..], density.exact),
            (&[5, 0, 0, 2][..], true)
        );
        density.add(&span(4, 11_000, 13_000));
        assert_eq!(
            (&density.counts[..], density.exact),
            (&[5, 2, 2, 2][..], false)
        );
        // Half of it lies before the range.
        density.add(&span(10, 8_000, 12_000));
        assert_eq!(density.counts, [7, 5, 2, 2]);
        // It holds the whole range.
        density.add(&span(60, 9_000, 15_000));
        assert_eq!(density.counts, [17, 15, 12, 12]);
    }

    proptest! {
        #[test]
        fn no_event_is_lost(
            spans in prop::collection::vec((1u64..1_000, 0u64..50_000, 0u64..50_000), 0..20),
            buckets in 1u32..40,
        ) {
            let mut density = Density::new(Timestamp(0), Timestamp(100_001), buckets);
            for (count, first_at, time) in &spans {
                density.add(&span(*count, *first_at, first_at + time));
            }
            let expected: u64 = spans.iter().map(|(count, ..)| count).sum();
            prop_assert_eq!(density.counts.iter().sum::<u64>(), expected);
        }
    }
}
