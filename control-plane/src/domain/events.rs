//! Reading a log: pages in both directions, and the live tail.

use std::ops::RangeInclusive;
use std::sync::Arc;

use catalog::access::Access;
use protocol::Event;
use protocol::frame::Head;
use protocol::{Run, Sequence};
use storage::history::tail::Tail;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use crate::errors::{Failure, Result};
use crate::quotas::Permit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// Which events are asked for.
pub(crate) struct PageRequest {
    /// The first event of the page; the log's first or last one when it is not said.
    pub from: Option<Sequence>,
    pub limit: u32,
    pub direction: Direction,
}

/// Events as they stand in their runs, so that they are copied once, into the answer.
pub(crate) struct EventPage {
    runs: Vec<Run>,
    range: RangeInclusive<Sequence>,
    direction: Direction,
    /// Where the next page begins; `None` at the end of the log as it is now.
    pub next: Option<Sequence>,
    pub head: Head,
}

impl EventPage {
    /// Calls `each` for every event of the page in its order.
    pub(crate) fn for_each(&self, mut each: impl FnMut(Event<'_>)) {
        let within = |event: &Event<'_>| self.range.contains(&event.sequence);
        for run in &self.runs {
            in_order(run, self.direction)
                .filter(within)
                .for_each(&mut each);
        }
    }
}

fn in_order(run: &Run, direction: Direction) -> Box<dyn Iterator<Item = Event<'_>> + Send + '_> {
    match direction {
        Direction::Forward => Box::new(run.events()),
        Direction::Backward => {
            let events: Vec<_> = run.events().collect();
            Box::new(events.into_iter().rev())
        }
    }
}

/// A live tail, and the permits to have it open.
pub(crate) struct LogTail {
    pub tail: Tail,
    pub head: Head,
    pub permits: StreamPermits,
}

/// Permits among the streams of the server, and among those of the tenant.
pub(crate) type StreamPermits = (OwnedSemaphorePermit, Permit);

impl App {
    /// A page of a log's events.
    ///
    /// # Errors
    /// When there is no such log or it can't be read.
    pub(crate) async fn events(
        &self,
        access: &Access,
        log: &str,
        request: PageRequest,
    ) -> Result<EventPage> {
        let log = self.log(access, log).await?;
        let head = self.stores.appender.head(log.id).await?;
        let direction = request.direction;
        let begin = match direction {
            Direction::Forward => request.from.unwrap_or_default().max(Sequence::FIRST),
            Direction::Backward => request.from.unwrap_or(head.sequence).min(head.sequence),
        };
        let stored = Sequence::FIRST..=head.sequence;
        let mut page = Budget {
            events: request.limit.min(self.options.page_events_max),
            bytes: self.options.page_bytes_max,
            empty: true,
        };
        let mut runs = Vec::new();
        // The event that comes next; 0 or beyond the head once there is none.
        let mut wanted = begin;
        'reading: while stored.contains(&wanted) {
            let (history, bytes) = (&self.stores.history, page.bytes.max(1));
            let found = match direction {
                Direction::Forward => history.read(log.id, wanted, bytes).await?,
                Direction::Backward => history.read_back(log.id, wanted.next(), bytes).await?,
            };
            if found.is_empty() {
                match direction {
                    Direction::Forward => break,
                    Direction::Backward => return Err(missing(wanted)),
                }
            }
            for run in found {
                let more = page.take_run(&run, direction, &mut wanted, &stored)?;
                runs.push(run);
                if !more {
                    break 'reading;
                }
            }
        }
        let range = match direction {
            Direction::Forward => begin..=wanted.previous(),
            Direction::Backward => wanted.next()..=begin,
        };
        Ok(EventPage {
            runs,
            range,
            direction,
            next: stored.contains(&wanted).then_some(wanted),
            head,
        })
    }

    /// Follows a log from `from`, or from its next event when it is not said.
    ///
    /// # Errors
    /// When there is no such log, or too many tails are open.
    pub(crate) async fn tail(
        &self,
        access: &Access,
        log: &str,
        from: Option<Sequence>,
    ) -> Result<LogTail> {
        let log = self.log(access, log).await?;
        let own = self.limits.quotas.open_stream(access.tenant)?;
        let permit = Arc::clone(&self.limits.streams)
            .try_acquire_owned()
            .map_err(|_| {
                Failure::overloaded("too many tails are open on this server; try again in a moment")
            })?;
        let head = self.stores.appender.head(log.id).await?;
        let from = from.unwrap_or_else(|| head.sequence.next());
        Ok(LogTail {
            tail: Tail::new(&self.stores.history, log.id, from),
            head,
            permits: (permit, own),
        })
    }
}

/// What still fits into a page; the first event always does.
struct Budget {
    events: u32,
    bytes: usize,
    empty: bool,
}

impl Budget {
    /// Takes the events of a run from `wanted` on; false when the page is full.
    fn take_run(
        &mut self,
        run: &Run,
        direction: Direction,
        wanted: &mut Sequence,
        stored: &RangeInclusive<Sequence>,
    ) -> Result<bool> {
        for event in in_order(run, direction) {
            let (is_before, following) = match direction {
                Direction::Forward => (event.sequence < *wanted, wanted.next()),
                Direction::Backward => (event.sequence > *wanted, wanted.previous()),
            };
            if is_before {
                continue;
            }
            if event.sequence != *wanted {
                return Err(missing(*wanted));
            }
            let bytes = event.bytes.len();
            let is_full = self.events == 0 || (bytes > self.bytes && !self.empty);
            if is_full || !stored.contains(wanted) {
                return Ok(false);
            }
            self.events -= 1;
            self.bytes = self.bytes.saturating_sub(bytes);
            self.empty = false;
            *wanted = following;
        }
        Ok(true)
    }
}

fn missing(wanted: Sequence) -> Failure {
    Failure::internal(
        "a log has a gap",
        &format_args!("sequence {wanted} is below the head and not stored"),
    )
}
