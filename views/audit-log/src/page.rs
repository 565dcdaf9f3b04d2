//! Queries, and the pages that answer them.

use std::ops::Bound;

use primatomic_view::{Request, Timestamp, ViewError};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Key, KeyRange};

/// Events on a page, unless the query asks for another number.
const LIMIT_DEFAULT: usize = 100;

/// The most events that a query may ask for.
const LIMIT_MAX: usize = 1_000;

/// A page ends early when its events reach this many bytes, so that large events can't exceed the
/// largest answer that a view may give.
const PAGE_BYTES: usize = 4 << 20;

/// Which events a query wants.
pub(crate) struct Filter<'a> {
    pub(crate) actor: Option<&'a str>,
    pub(crate) resource: Option<&'a str>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    before: Option<Key>,
    limit: usize,
}

impl<'a> Filter<'a> {
    pub(crate) fn of(request: &'a Request) -> Result<Self, ViewError> {
        let time = |name| request.parameter(name).map(|text| time(name, text));
        Ok(Self {
            actor: request.parameter("actor"),
            resource: request.parameter("resource"),
            from: time("from").transpose()?,
            to: time("to").transpose()?,
            before: request.parameter("cursor").map(key_of).transpose()?,
            limit: request
                .parameter("limit")
                .map_or(Ok(LIMIT_DEFAULT), limit)?,
        })
    }

    /// The keys that lie in the filter's time and before its cursor; `None` when none can.
    pub(crate) fn range(&self) -> Option<KeyRange> {
        let from = (self.from.unwrap_or_default(), 0);
        let to = self.to.map(|to| (to, 0));
        match to.into_iter().chain(self.before).min() {
            None => Some((Bound::Included(from), Bound::Unbounded)),
            Some(end) if from < end => Some((Bound::Included(from), Bound::Excluded(end))),
            Some(_) => None,
        }
    }
}

fn time(name: &str, text: &str) -> Result<Timestamp, ViewError> {
    // A day stands for its first moment.
    let day = text.len() == 10;
    let parsed = if day {
        format!("{text}T00:00:00Z").parse()
    } else {
        text.parse()
    };
    parsed
        .map_err(|error| ViewError::new("invalid_time", format!("\"{name}\" is no time: {error}")))
}

fn limit(text: &str) -> Result<usize, ViewError> {
    match text.parse() {
        Ok(limit @ 1..=LIMIT_MAX) => Ok(limit),
        _ => Err(ViewError::new(
            "invalid_limit",
            format!("\"limit\" is a whole number from 1 to {LIMIT_MAX}"),
        )),
    }
}

fn key_of(cursor: &str) -> Result<Key, ViewError> {
    let key = cursor.split_once('.').and_then(|(micros, sequence)| {
        let micros = Timestamp::from_micros(micros.parse().ok()?);
        Some((micros, sequence.parse().ok()?))
    });
    key.ok_or_else(|| {
        ViewError::new(
            "invalid_cursor",
            "\"cursor\" is the next_cursor of an earlier page, unchanged",
        )
    })
}

/// A part of the matching events, newest first, and where the next part begins.
#[derive(Serialize)]
pub(crate) struct Page<'a> {
    events: Vec<Entry<'a>>,
    next_cursor: Option<String>,
    #[serde(skip)]
    limit: usize,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    last: Option<Key>,
}

#[derive(Serialize)]
struct Entry<'a> {
    sequence: u64,
    timestamp: String,
    event: &'a RawValue,
}

impl<'a> Page<'a> {
    pub(crate) fn new(filter: &Filter<'_>) -> Self {
        Self {
            events: Vec::new(),
            next_cursor: None,
            limit: filter.limit,
            bytes: 0,
            last: None,
        }
    }

    /// Adds the next event and returns `true`, or notes that the page was full and returns `false`.
    /// A page holds one event at least.
    pub(crate) fn add(&mut self, key: Key, event: &'a str) -> Result<bool, ViewError> {
        if let Some((time, sequence)) = self.last
            && (self.events.len() >= self.limit || self.bytes + event.len() > PAGE_BYTES)
        {
            self.next_cursor = Some(format!("{}.{sequence}", time.as_micros()));
            return Ok(false);
        }
        let (time, sequence) = key;
        self.events.push(Entry {
            sequence,
            timestamp: time.to_string(),
            event: serde_json::from_str(event)?,
        });
        self.bytes += event.len();
        self.last = Some(key);
        Ok(true)
    }
}
