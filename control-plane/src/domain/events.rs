//! Reading a log: pages in both directions, and the live tail.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use catalog::access::Access;
use protocol::Event;
use protocol::frame::Head;
use protocol::{LogId, Run, Sequence, TenantId, Timestamp};
use storage::history::tail::Tail;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
pub(crate) use super::page::Direction;
use super::page::{Budget, Filling, Found, Search, in_order, missing};
use crate::errors::{Failure, Result};
use crate::event_filter::EventFilter;
use crate::quotas::Permit;

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Sequence(Sequence),
    /// Between the last event before a time, and the first one that is not before it.
    Time(Timestamp),
}

/// Which events are asked for.
pub(crate) struct PageRequest {
    /// The first event of the page; the log's first or last one when it is not said.
    pub from: Option<Start>,
    pub limit: u32,
    pub direction: Direction,
    /// Only events that match it, if there is one.
    pub filter: Option<EventFilter>,
}

/// Events as they stand in their runs, so that they are copied once, into the answer.
pub(crate) struct EventPage {
    runs: Vec<Run>,
    range: RangeInclusive<Sequence>,
    direction: Direction,
    /// Where the next page begins; `None` at the end of the log as it is now.
    pub next: Option<Sequence>,
    pub head: Head,
    /// What a filter let through; `None` without a filter.
    pub found: Option<Found>,
}

impl EventPage {
    /// Calls `each` for every event of the page in its order.
    pub(crate) fn for_each(&self, mut each: impl FnMut(Event<'_>)) {
        let mut matching = self.found.as_ref().map(|it| it.matching.iter().peekable());
        for run in &self.runs {
            for event in in_order(run, self.direction) {
                let is_wanted = match &mut matching {
                    None => self.range.contains(&event.sequence),
                    Some(matching) => matching.next_if(|it| **it == event.sequence).is_some(),
                };
                if is_wanted {
                    each(event);
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
    pub filter: Option<TailFilter>,
}

/// What a tail lets through, and how far it looked.
pub(crate) struct TailFilter {
    tenant: TenantId,
    filter: Arc<EventFilter>,
    pub scanned: u64,
    pub matched: u64,
}

impl TailFilter {
    /// The events of a run from a sequence on that match.
    pub(crate) async fn matching(
        &mut self,
        app: &App,
        run: &Run,
        from: Sequence,
    ) -> Result<HashSet<Sequence>> {
        let (filter, run) = (Arc::clone(&self.filter), run.clone());
        let find = move || {
            let events = run.events().filter(|event| event.sequence >= from);
            let matching = events.filter(|event| filter.matches(event.bytes));
            let matching: HashSet<_> = matching.map(|event| event.sequence).collect();
            (matching, run.last().next().since(from.max(run.first())))
        };
        let searches = &app.limits.quotas.searches;
        let (matching, scanned) = searches.run(self.tenant, find).await?;
        self.scanned += scanned;
        self.matched += matching.len() as u64;
        Ok(matching)
    }
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
        let direction = request.direction;
        let from = self.start(log.id, request.from, direction).await?;
        let head = self.stores.appender.head(log.id).await?;
        let begin = match direction {
            Direction::Forward => from.unwrap_or_default().max(Sequence::FIRST),
            Direction::Backward => from.unwrap_or(head.sequence).min(head.sequence),
        };
        let budget = Budget {
            events: request.limit.min(self.options.page_events_max),
            bytes: self.options.page_bytes_max,
        };
        let search = request.filter.map(|filter| self.search(filter));
        let page = Filling::new(direction, begin, head.sequence, budget, search);
        let page = self.fill(access.tenant, log.id, page).await?;
        let range = match direction {
            Direction::Forward => begin..=page.wanted.previous(),
            Direction::Backward => page.wanted.next()..=begin,
        };
        Ok(EventPage {
            range,
            direction,
            next: page.next(),
            head,
            runs: page.runs,
            found: page.search.map(|search| search.found),
        })
    }

    fn search(&self, filter: EventFilter) -> Search {
        Search {
            filter,
            events: self.options.search_events_max,
            bytes: self.options.search_bytes_max,
            time: self.options.search_time,
            found: Found::default(),
        }
    }

    /// Reads until a page is full or the log ends.
    async fn fill(&self, tenant: TenantId, log: LogId, mut page: Filling) -> Result<Filling> {
        let searches = &self.limits.quotas.searches;
        let is_search = page.search.is_some();
        let _permit = is_search.then(|| searches.begin_page(tenant)).transpose()?;
        while page.wants_more() {
            let (history, bytes, wanted) = (&self.stores.history, page.bytes_wanted(), page.wanted);
            let began = Instant::now();
            let found = match page.direction {
                Direction::Forward => history.read(log, wanted, bytes).await?,
                Direction::Backward => history.read_back(log, wanted.next(), bytes).await?,
            };
            if found.is_empty() {
                match page.direction {
                    Direction::Forward => break,
                    Direction::Backward => return Err(missing(wanted)),
                }
            }
            if !is_search {
                page.take(found)?;
                continue;
            }
            let reading = began.elapsed();
            let take = move || page.take(found).map(|()| page);
            page = searches.run(tenant, take).await??;
            // However long it took to read: what was read is looked at, or a search gets nowhere.
            page.spend(reading);
        }
        Ok(page)
    }

    /// The sequence of the event to begin with.
    async fn start(
        &self,
        log: LogId,
        from: Option<Start>,
        direction: Direction,
    ) -> Result<Option<Sequence>> {
        let time = match from {
            None => return Ok(None),
            Some(Start::Sequence(sequence)) => return Ok(Some(sequence)),
            Some(Start::Time(time)) => time,
        };
        let since = self.stores.history.since(log, time).await?;
        Ok(Some(match direction {
            Direction::Forward => since,
            Direction::Backward => since.previous(),
        }))
    }

    /// Follows a log from `from`, or from its next event when it is not said; only events that match
    /// the filter, if there is one.
    ///
    /// # Errors
    /// When there is no such log, or too many tails are open.
    pub(crate) async fn tail(
        &self,
        access: &Access,
        log: &str,
        from: Option<Start>,
        filter: Option<EventFilter>,
    ) -> Result<LogTail> {
        let log = self.log(access, log).await?;
        let own = self.limits.quotas.open_stream(access.tenant)?;
        let permit = Arc::clone(&self.limits.streams)
            .try_acquire_owned()
            .map_err(|_| {
                Failure::overloaded("too many tails are open on this server; try again in a moment")
            })?;
        let from = self.start(log.id, from, Direction::Forward).await?;
        let head = self.stores.appender.head(log.id).await?;
        let from = from.unwrap_or_else(|| head.sequence.next());
        Ok(LogTail {
            tail: Tail::new(&self.stores.history, log.id, from),
            head,
            permits: (permit, own),
            filter: filter.map(|filter| TailFilter {
                tenant: access.tenant,
                filter: Arc::new(filter),
                scanned: 0,
                matched: 0,
            }),
        })
    }
}
