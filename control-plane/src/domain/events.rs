//! Reading a log: pages in both directions, and the live tail.

use std::sync::Arc;

use catalog::access::Access;
use protocol::frame::{Event, Head};
use protocol::{ErrorCode, LogId, Run, Sequence};
use storage::history::tail::Tail;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use crate::errors::Failure;
use crate::quotas::Permit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// Which events are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageRequest {
    /// The first event of the page; the log's first or last one when it is not said.
    pub from: Option<Sequence>,
    pub limit: u32,
    pub direction: Direction,
}

/// Events as they stand in their runs, so that they are copied once, into the answer.
#[derive(Clone, Debug)]
pub(crate) struct EventPage {
    runs: Vec<Run>,
    first: Sequence,
    last: Sequence,
    direction: Direction,
    /// Where the next page begins; `None` at the end of the log as it is now.
    pub next: Option<Sequence>,
    pub head: Head,
}

impl EventPage {
    /// Calls `each` for every event of the page in its order.
    pub(crate) fn for_each(&self, mut each: impl FnMut(Event<'_>)) {
        let within = |event: &Event<'_>| (self.first..=self.last).contains(&event.sequence);
        for run in &self.runs {
            match self.direction {
                Direction::Forward => run.events().filter(within).for_each(&mut each),
                Direction::Backward => {
                    let events: Vec<_> = run.events().filter(within).collect();
                    events.into_iter().rev().for_each(&mut each);
                }
            }
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
    ) -> Result<EventPage, Failure> {
        let log = self.log(access, log).await?;
        let head = self.stores.appender.head(log.id).await?;
        match request.direction {
            Direction::Forward => self.events_forward(log.id, head, request).await,
            Direction::Backward => self.events_backward(log.id, head, request).await,
        }
    }

    async fn events_forward(
        &self,
        log: LogId,
        head: Head,
        request: PageRequest,
    ) -> Result<EventPage, Failure> {
        let first = request.from.unwrap_or_default().max(Sequence::FIRST);
        let mut page = Budget::new(&self.options, request.limit);
        let mut runs = Vec::new();
        let mut wanted = first;
        'reading: while wanted <= head.sequence {
            let found = self
                .stores
                .history
                .read(log, wanted, page.bytes_left())
                .await?;
            if found.is_empty() {
                break;
            }
            for run in found {
                let more = page.take_up(&run, &mut wanted, head.sequence)?;
                runs.push(run);
                if !more {
                    break 'reading;
                }
            }
        }
        Ok(EventPage {
            runs,
            first,
            last: wanted.previous(),
            direction: Direction::Forward,
            next: (wanted <= head.sequence).then_some(wanted),
            head,
        })
    }

    async fn events_backward(
        &self,
        log: LogId,
        head: Head,
        request: PageRequest,
    ) -> Result<EventPage, Failure> {
        let last = request.from.unwrap_or(head.sequence).min(head.sequence);
        let mut page = Budget::new(&self.options, request.limit);
        let mut runs = Vec::new();
        // The event that comes next on the way down; 0 once there is none.
        let mut wanted = last;
        'reading: while wanted > Sequence::ZERO {
            let before = wanted.next();
            let found = self
                .stores
                .history
                .read_back(log, before, page.bytes_left())
                .await?;
            if found.is_empty() {
                return Err(missing(wanted));
            }
            for run in found {
                let more = page.take_down(&run, &mut wanted)?;
                runs.push(run);
                if !more {
                    break 'reading;
                }
            }
        }
        Ok(EventPage {
            runs,
            first: wanted.next(),
            last,
            direction: Direction::Backward,
            next: (wanted > Sequence::ZERO).then_some(wanted),
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
    ) -> Result<LogTail, Failure> {
        let log = self.log(access, log).await?;
        let own = self.limits.quotas.open_stream(access.tenant)?;
        let permit = Arc::clone(&self.limits.streams)
            .try_acquire_owned()
            .map_err(|_| {
                Failure::new(
                    ErrorCode::Overloaded,
                    "too many tails are open on this server; try again in a moment",
                )
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
    fn new(options: &crate::options::Options, limit: u32) -> Self {
        Self {
            events: limit.min(options.page_events_max),
            bytes: options.page_bytes_max,
            empty: true,
        }
    }

    fn bytes_left(&self) -> usize {
        self.bytes.max(1)
    }

    /// Takes the events of a run from `wanted` on; false when the page is full.
    fn take_up(
        &mut self,
        run: &Run,
        wanted: &mut Sequence,
        last: Sequence,
    ) -> Result<bool, Failure> {
        for event in run.events() {
            if event.sequence < *wanted {
                continue;
            }
            if event.sequence != *wanted {
                return Err(missing(*wanted));
            }
            if *wanted > last || !self.take(event.bytes.len()) {
                return Ok(false);
            }
            *wanted = wanted.next();
        }
        Ok(true)
    }

    /// Takes the events of a run from `wanted` on downwards; false when the page is full.
    fn take_down(&mut self, run: &Run, wanted: &mut Sequence) -> Result<bool, Failure> {
        let events: Vec<_> = run
            .events()
            .map(|event| (event.sequence, event.bytes.len()))
            .collect();
        for (sequence, bytes) in events.into_iter().rev() {
            if sequence > *wanted {
                continue;
            }
            if sequence != *wanted {
                return Err(missing(*wanted));
            }
            if !self.take(bytes) {
                return Ok(false);
            }
            *wanted = wanted.previous();
        }
        Ok(true)
    }

    fn take(&mut self, bytes: usize) -> bool {
        if self.events == 0 || (bytes > self.bytes && !self.empty) {
            return false;
        }
        self.events -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        self.empty = false;
        true
    }
}

fn missing(wanted: Sequence) -> Failure {
    Failure::internal(
        "a log has a gap",
        &format_args!("sequence {wanted} is below the head and not stored"),
    )
}
