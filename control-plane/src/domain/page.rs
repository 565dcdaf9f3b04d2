//! Filling a page of events, event by event, in either direction and through a filter.
//!
//! Pure: it is handed the runs that were read, and says what it wants next. With a filter it may take
//! long, so it is then run where that does no harm ([`crate::quotas::Searches`]).

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use protocol::{Event, Run, Sequence};

use crate::errors::{Failure, Result};
use crate::event_filter::EventFilter;

/// Bytes that a search reads at a time.
const CHUNK_BYTES: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// What still fits into a page; the first event always does.
pub(super) struct Budget {
    pub(super) events: u32,
    pub(super) bytes: usize,
}

/// Looking for the events that match a filter.
pub(super) struct Search {
    pub(super) filter: EventFilter,
    /// What may still be looked at for this page.
    pub(super) events: u64,
    pub(super) bytes: usize,
    pub(super) time: Duration,
    /// Those that match.
    pub(super) found: Found,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many events were looked at.
    pub scanned: u64,
    /// Those that match, in the order of the page.
    pub matching: Vec<Sequence>,
}

/// A page that is being filled.
pub(super) struct Filling {
    pub(super) direction: Direction,
    /// The event that comes next; 0 or beyond the head once there is none.
    pub(super) wanted: Sequence,
    /// All events that there are.
    pub(super) stored: RangeInclusive<Sequence>,
    pub(super) budget: Budget,
    pub(super) search: Option<Search>,
    /// The runs with the events of the page.
    pub(super) runs: Vec<Run>,
    is_empty: bool,
    is_full: bool,
}

impl Filling {
    pub(super) fn new(
        direction: Direction,
        wanted: Sequence,
        head: Sequence,
        budget: Budget,
        search: Option<Search>,
    ) -> Self {
        Self {
            direction,
            wanted,
            stored: Sequence::FIRST..=head,
            budget,
            search,
            runs: Vec::new(),
            is_empty: true,
            is_full: false,
        }
    }

    /// Whether the page may take more.
    pub(super) fn wants_more(&self) -> bool {
        !self.is_full && self.next().is_some()
    }

    /// Where the next page begins; `None` at the end of the log.
    pub(super) fn next(&self) -> Option<Sequence> {
        self.stored.contains(&self.wanted).then_some(self.wanted)
    }

    /// Bytes that are worth reading at a time.
    pub(super) fn bytes_wanted(&self) -> usize {
        let bytes = match &self.search {
            Some(search) => search.bytes.min(CHUNK_BYTES),
            None => self.budget.bytes,
        };
        bytes.max(1)
    }

    /// Takes runs in the order of the page.
    pub(super) fn take(&mut self, runs: Vec<Run>) -> Result<()> {
        let began = Instant::now();
        for run in runs {
            // What was appended since the head was asked for is not on the page.
            if !self.wants_more() {
                break;
            }
            let is_needed = self.take_run(&run, began)?;
            if is_needed {
                self.runs.push(run);
            }
        }
        self.spend(began.elapsed());
        Ok(())
    }

    /// Counts time that was spent on a search.
    pub(super) fn spend(&mut self, time: Duration) {
        if let Some(search) = &mut self.search {
            search.time = search.time.saturating_sub(time);
            self.is_full |= search.time.is_zero() && search.found.scanned > 0;
        }
    }

    /// Takes the events of a run from the wanted one on, and says whether any is on the page.
    fn take_run(&mut self, run: &Run, began: Instant) -> Result<bool> {
        let mut is_needed = false;
        for event in in_order(run, self.direction) {
            let (is_before, following) = match self.direction {
                Direction::Forward => (event.sequence < self.wanted, self.wanted.next()),
                Direction::Backward => (event.sequence > self.wanted, self.wanted.previous()),
            };
            if is_before {
                continue;
            }
            if event.sequence != self.wanted {
                return Err(missing(self.wanted));
            }
            if self.is_full || !self.stored.contains(&self.wanted) {
                break;
            }
            match self.look_at(&event, began) {
                Look::Stop => {
                    self.is_full = true;
                    break;
                }
                Look::Skip => {}
                Look::Take => is_needed = true,
            }
            self.wanted = following;
        }
        Ok(is_needed)
    }

    fn look_at(&mut self, event: &Event<'_>, began: Instant) -> Look {
        let bytes = event.bytes.len();
        if let Some(search) = &mut self.search {
            let is_spent =
                search.events == 0 || search.bytes == 0 || began.elapsed() >= search.time;
            if is_spent && search.found.scanned > 0 {
                return Look::Stop;
            }
            if !search.filter.matches(event.bytes) {
                search.count(bytes);
                return Look::Skip;
            }
        }
        if bytes > self.budget.bytes && !self.is_empty {
            return Look::Stop;
        }
        if let Some(search) = &mut self.search {
            search.count(bytes);
            search.found.matching.push(event.sequence);
        }
        self.budget.events = self.budget.events.saturating_sub(1);
        self.budget.bytes = self.budget.bytes.saturating_sub(bytes);
        self.is_empty = false;
        self.is_full = self.budget.events == 0;
        Look::Take
    }
}

/// What becomes of an event.
enum Look {
    Take,
    Skip,
    /// The page is full before it.
    Stop,
}

impl Search {
    fn count(&mut self, bytes: usize) {
        self.found.scanned += 1;
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// The events of a run in the order of a page.
pub(super) fn in_order(
    run: &Run,
    direction: Direction,
) -> Box<dyn Iterator<Item = Event<'_>> + Send + '_> {
    match direction {
        Direction::Forward => Box::new(run.events()),
        Direction::Backward => {
            let events: Vec<_> = run.events().collect();
            Box::new(events.into_iter().rev())
        }
    }
}

/// An event that was appended and can't be found.
pub(super) fn missing(wanted: Sequence) -> Failure {
    Failure::internal(
        "a log has a gap",
        &format_args!("sequence {wanted} is below the head and not stored"),
    )
}

#[cfg(test)]
mod tests {
    use protocol::frame::{FrameBuilder, Head};
    use protocol::{LogId, Timestamp};

    use super::*;

    /// Runs of so many events each, one behind the other.
    fn runs(counts: &[usize]) -> Vec<Run> {
        let log = LogId::generate();
        let mut head = Head::origin(log);
        let run = |count: &usize| {
            let mut builder = FrameBuilder::new(log, head, Timestamp(1), [0; 16]);
            let events = vec![b"x".as_slice(); *count];
            builder.push(events, None).unwrap();
            let frame = builder.finish().unwrap();
            head = frame.head();
            Run::from(&frame)
        };
        counts.iter().map(run).collect()
    }

    fn filling(direction: Direction, wanted: u64, head: u64) -> Filling {
        let sequence = |number| Sequence::new(number).unwrap();
        let budget = Budget {
            events: 10,
            bytes: 100,
        };
        Filling::new(direction, sequence(wanted), sequence(head), budget, None)
    }

    /// Another node may append between the moment the head is asked for and the reading.
    #[test]
    fn what_was_appended_meanwhile_is_not_on_the_page_and_no_gap() {
        let mut page = filling(Direction::Forward, 2, 3);
        page.take(runs(&[2, 1, 1, 3])).unwrap();
        assert_eq!((page.wanted.get(), page.next()), (4, None));
        assert_eq!(page.runs.len(), 2);
    }

    #[test]
    fn an_event_that_is_not_there_is_an_error() {
        let mut page = filling(Direction::Forward, 1, 5);
        let mut some = runs(&[1, 1, 1]);
        some.remove(1);
        assert!(page.take(some).is_err());
    }
}
