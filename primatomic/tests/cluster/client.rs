//! A client of a cluster whose processes come and go.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use protocol::{ChainHash, LogId, Sequence, Timestamp};
use reqwest::StatusCode;
use reqwest::blocking::{Client as Http, RequestBuilder};
use serde_json::Value;

use crate::checker::StoredLog;
use crate::history::Append;

/// How long an answer is waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// The most events that are read at once.
const PAGE: u64 = 10_000;

/// Where a control plane is; nowhere while it is not there.
#[derive(Clone, Default)]
pub(crate) struct Address(Arc<RwLock<Option<String>>>);

impl Address {
    pub(crate) fn set(&self, url: Option<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = url;
    }

    fn get(&self) -> Option<String> {
        let url = self.0.read().unwrap_or_else(PoisonError::into_inner);
        url.clone()
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// Something is away; the request may have been carried out or not.
    Away,
    /// Nothing came within [`TIMEOUT`].
    TimedOut,
    /// An answer that nobody must get.
    Surprise(String),
}

/// Holds the key of a tenant and knows the control planes.
#[derive(Clone)]
pub(crate) struct Client {
    http: Http,
    key: String,
    planes: Vec<Address>,
}

impl Client {
    pub(crate) fn new(key: String, planes: Vec<Address>) -> Self {
        let http = Http::builder().timeout(TIMEOUT).build().unwrap();
        Self { http, key, planes }
    }

    pub(crate) fn planes(&self) -> usize {
        self.planes.len()
    }

    fn url(&self, plane: usize, path: &str) -> Result<String, NoAnswer> {
        let url = self.planes[plane % self.planes.len()].get();
        url.map(|url| format!("{url}{path}")).ok_or(NoAnswer::Away)
    }

    /// The headers' sequence and the body.
    fn send(&self, request: RequestBuilder) -> Result<(Option<u64>, Value), NoAnswer> {
        let answer = request.bearer_auth(&self.key).send();
        let answer = answer.map_err(|error| no_answer(&error))?;
        let (status, url) = (answer.status(), answer.url().clone());
        let sequence = answer.headers().get("primatomic-sequence");
        let sequence = sequence.and_then(|it| it.to_str().ok()?.parse().ok());
        let text = answer.text().map_err(|error| no_answer(&error))?;
        match serde_json::from_str::<Value>(&text) {
            Ok(body) if status.is_success() => Ok((sequence, body)),
            Ok(body) if may_come(status) && body["code"].is_string() => Err(NoAnswer::Away),
            _ => Err(NoAnswer::Surprise(format!("{url}: {status}: {text}"))),
        }
    }

    /// Sends an append once; the sequence of its first event.
    pub(crate) fn append(&self, plane: usize, append: &Append) -> Result<u64, NoAnswer> {
        let operation = match append.is_batch {
            true => "append_batch",
            false => "append",
        };
        let url = self.url(plane, &format!("/logs/{}/{operation}", append.log))?;
        let mut request = self.http.post(url).body(append.events.join("\n"));
        if append.is_batch {
            request = request.header("content-type", "application/x-ndjson");
        }
        if let Some(key) = &append.key {
            request = request.header("idempotency-key", key);
        }
        let (_, body) = self.send(request)?;
        let surprise = || NoAnswer::Surprise(format!("{append:?}: {body}"));
        if !append.is_batch {
            return body["sequence"].as_u64().ok_or_else(surprise);
        }
        let sequences = body["sequences"].as_array().into_iter().flatten();
        let sequences: Vec<_> = sequences.filter_map(Value::as_u64).collect();
        let first = *sequences.first().ok_or_else(surprise)?;
        match (first..).take(append.events.len()).eq(sequences) {
            true => Ok(first),
            false => Err(surprise()),
        }
    }

    /// The sequence that the answer reflects, and the counter's value.
    pub(crate) fn query(
        &self,
        plane: usize,
        log: &str,
        after: u64,
    ) -> Result<(u64, i64), NoAnswer> {
        let path = format!("/logs/{log}/views/counter/query?after={after}&timeout_ms=5000");
        let (sequence, body) = self.send(self.http.post(self.url(plane, &path)?))?;
        let surprise = || NoAnswer::Surprise(format!("{path}: {sequence:?}, {body}"));
        sequence.zip(body["value"].as_i64()).ok_or_else(surprise)
    }

    /// A page of events.
    pub(crate) fn read(
        &self,
        plane: usize,
        log: &str,
        from: u64,
        limit: u64,
    ) -> Result<Vec<(u64, String)>, NoAnswer> {
        let page = self.page(plane, log, from, limit)?;
        Ok(page
            .into_iter()
            .map(|event| (event.sequence, event.data))
            .collect())
    }

    fn page(&self, plane: usize, log: &str, from: u64, limit: u64) -> Result<Vec<Event>, NoAnswer> {
        let path = format!("/logs/{log}/events?from={from}&limit={limit}");
        let (_, body) = self.send(self.http.get(self.url(plane, &path)?))?;
        let events = body["events"].as_array().into_iter().flatten();
        let events = events.map(|event| {
            Event::read(event).ok_or_else(|| NoAnswer::Surprise(format!("{path}: {event}")))
        });
        events.collect()
    }

    /// How many events of a log are in the archive alone.
    pub(crate) fn archived(&self, plane: usize, log: &str) -> Result<u64, NoAnswer> {
        let url = self.url(plane, &format!("/logs/{log}"))?;
        let (_, about) = self.send(self.http.get(url))?;
        let surprise = || NoAnswer::Surprise(about.to_string());
        about["archived_events"].as_u64().ok_or_else(surprise)
    }

    /// Reads a log whole, when nobody appends to it any more.
    pub(crate) fn read_log(&self, plane: usize, log: &str) -> Result<StoredLog, NoAnswer> {
        let url = self.url(plane, &format!("/logs/{log}"))?;
        let (_, about) = self.send(self.http.get(url))?;
        let id: LogId = about["log_id"].as_str().unwrap().parse().unwrap();
        let mut chain = ChainHash::origin(id);
        let mut events = Vec::new();
        loop {
            let from = events.len() as u64 + 1;
            let page = self.page(plane, log, from, PAGE)?;
            if page.is_empty() {
                break;
            }
            for event in page {
                let sequence = Sequence::new(event.sequence).unwrap();
                chain = chain.extend(sequence, event.timestamp, event.data.as_bytes());
                events.push((event.sequence, event.data));
            }
        }
        Ok(StoredLog {
            name: log.to_owned(),
            events,
            head: about["head_sequence"].as_u64().unwrap(),
            chain_holds: about["chain_hash"].as_str() == Some(&chain.to_string()),
        })
    }
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    match error.is_timeout() {
        true => NoAnswer::TimedOut,
        false => NoAnswer::Away,
    }
}

/// Whether an answer is one of those that come while something is away.
fn may_come(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// An event as the API shows it.
struct Event {
    sequence: u64,
    timestamp: Timestamp,
    data: String,
}

impl Event {
    fn read(event: &Value) -> Option<Self> {
        let timestamp: jiff::Timestamp = event["timestamp"].as_str()?.parse().ok()?;
        Some(Self {
            sequence: event["sequence"].as_u64()?,
            timestamp: Timestamp(timestamp.as_microsecond().try_into().ok()?),
            data: event["data"].as_str()?.to_owned(),
        })
    }
}
