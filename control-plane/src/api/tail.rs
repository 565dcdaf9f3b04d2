//! The live tail as server-sent events: history, then what is appended, without a gap.
//!
//! Nothing is buffered ahead of the client: the next frame is read when the one before was taken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::Authenticated;
use futures::Stream;
use poem::http::HeaderValue;
use poem::http::header::CACHE_CONTROL;
use poem::{Body, Response};
use protocol::{Event, Run, Sequence};
use storage::history::tail::{Tail, TailError};

use super::events_format::write_event;
use super::json::{set_sequence, with_type};
use crate::domain::App;
use crate::domain::events::{LogTail, StreamPermits, TailFilter};

pub(super) const MEDIA_TYPE: &str = "text/event-stream";

/// Bytes that are written at a time, give or take an event.
const CHUNK_BYTES: usize = 64 << 10;

/// How long to wait before a failed read is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How often is said how far a filter has looked.
const SAY_PERIOD: Duration = Duration::from_secs(1);

/// Sent when nothing else is, so that both sides notice a dead connection.
const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");

pub(super) fn response(app: Arc<App>, session: Arc<Authenticated>, tail: LogTail) -> Response {
    let head = tail.head.sequence;
    let stream = Events {
        app,
        session,
        wanted: tail.tail.wanted().max(Sequence::FIRST),
        tail: tail.tail,
        search: tail.filter.map(Search::new),
        pending: VecDeque::new(),
        checked: Instant::now(),
        _permits: tail.permits,
    };
    let body = Body::from_bytes_stream(stream.into_stream());
    let mut response = with_type(HeaderValue::from_static(MEDIA_TYPE), body);
    set_sequence(&mut response, head);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies that buffer would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A filter, and what was last said of it.
struct Search {
    filter: TailFilter,
    /// Events that were looked at when it was said.
    said: u64,
    said_at: Instant,
}

impl Search {
    fn new(filter: TailFilter) -> Self {
        Self {
            filter,
            said: 0,
            said_at: Instant::now(),
        }
    }

    /// How long it takes until there is something to say; `None` when nothing was looked at since.
    fn due_in(&self) -> Option<Duration> {
        let is_due = self.filter.scanned > self.said;
        is_due.then(|| SAY_PERIOD.saturating_sub(self.said_at.elapsed()))
    }

    /// Says how far the log was looked at. A client that is cut off goes on behind it.
    fn say(&mut self, through: Sequence) -> Bytes {
        let TailFilter {
            scanned, matched, ..
        } = self.filter;
        (self.said, self.said_at) = (scanned, Instant::now());
        let data = format!(r#"{{"sequence":{through},"scanned":{scanned},"matched":{matched}}}"#);
        format!("event: scanned\nid: {through}\ndata: {data}\n\n").into()
    }
}

struct Events {
    app: Arc<App>,
    session: Arc<Authenticated>,
    tail: Tail,
    /// The next event to be sent.
    wanted: Sequence,
    /// `None` when all events are sent.
    search: Option<Search>,
    /// Parts of a run that were written and not taken yet.
    pending: VecDeque<Bytes>,
    /// When the caller's right to read was looked at.
    checked: Instant,
    _permits: StreamPermits,
}

impl Events {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
        // The first bytes go out at once, so that the client sees that it is connected.
        let connected = futures::stream::iter([Ok(Bytes::from_static(b": connected\n\n"))]);
        let events = futures::stream::unfold(self, |mut events| async move {
            let chunk = events.next().await?;
            Some((Ok(chunk), events))
        });
        futures::StreamExt::chain(connected, events)
    }

    /// The next bytes; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(chunk) = self.pending.pop_front() {
                return Some(chunk);
            }
            if !self.is_allowed().await {
                return None;
            }
            let due = self.search.as_ref().and_then(Search::due_in);
            if due.is_some_and(|due| due.is_zero()) {
                return self.say();
            }
            let stopping = self.app.lifecycle.stopping.clone();
            let wait = self.app.options.heartbeat.min(due.unwrap_or(Duration::MAX));
            let next = tokio::select! {
                () = stopping.cancelled() => return None,
                next = tokio::time::timeout(wait, self.tail.next()) => next,
            };
            match next {
                Err(_) if due.is_some() => {}
                Err(_) => return self.is_allowed().await.then_some(HEARTBEAT),
                Ok(Ok(run)) => self.take(&run).await?,
                Ok(Err(TailError::Read(error))) => {
                    tracing::warn!(%error, "a tail reads again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                Ok(Err(TailError::Closed)) => return None,
            }
        }
    }

    fn say(&mut self) -> Option<Bytes> {
        let through = self.wanted.previous();
        self.search.as_mut().map(|search| search.say(through))
    }

    /// Writes the events of a run that are wanted. A failure ends the stream, as it may have left
    /// some out.
    async fn take(&mut self, run: &Run) -> Option<()> {
        let matching = match &mut self.search {
            None => None,
            Some(search) => {
                let found = search.filter.matching(&self.app, run, self.wanted);
                Some(found.await.ok()?)
            }
        };
        self.write(run, |sequence| {
            matching.as_ref().is_none_or(|it| it.contains(&sequence))
        });
        Some(())
    }

    /// Whether the caller may still read: a key may be revoked, or the tenant closed, while its tail
    /// is open. Looked at as often as there are heartbeats, however busy the log is.
    async fn is_allowed(&mut self) -> bool {
        if self.checked.elapsed() < self.app.options.heartbeat {
            return true;
        }
        self.checked = Instant::now();
        let session = self.app.session(self.session.token_sha256).await;
        matches!(session, Ok(Some(session)) if session.delete_at.is_none())
    }

    fn write(&mut self, run: &Run, matches: impl Fn(Sequence) -> bool) {
        let mut out = Vec::new();
        let from = self.wanted;
        let wanted = |event: &Event<'_>| event.sequence >= from && matches(event.sequence);
        for event in run.events().filter(wanted) {
            out.extend_from_slice(format!("id: {}\ndata: ", event.sequence).as_bytes());
            // JSON holds no line feed outside of its strings, and escapes those within.
            write_event(&event, &mut out);
            out.extend_from_slice(b"\n\n");
            if out.len() >= CHUNK_BYTES {
                self.pending.push_back(std::mem::take(&mut out).into());
            }
        }
        if !out.is_empty() {
            self.pending.push_back(out.into());
        }
        self.wanted = self.wanted.max(run.last().next());
    }
}
