//! The appender: dense sequences, coalescing, idempotency and expectations, above any engine.
//!
//! Requests for one log wait in its queue ([`state`]) while one *leader* task publishes the frame
//! before them ([`lead`]); then it makes the next frame of all that waited ([`build`]). There is one
//! publish in flight per log, it carries the position that the leader believes to be the newest, and
//! the engine refuses it when that is wrong. So two nodes that append to one log are slow at worst,
//! and never wrong: nothing here is a lock.
//!
//! A caller that goes away changes nothing: its request is already the leader's. What is kept of a
//! log between appends (its head, its recent keys) is a cache that can be dropped at any moment and
//! is read from the log again ([`registry`], [`window`]).

mod build;
mod capacity;
mod lead;
mod options;
mod registry;
mod state;
mod window;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use protocol::frame::{Head, KeyDigest, PayloadDigest};
use protocol::limits::FRAME_BYTES_MAX;
use protocol::packed::{LENGTH_BYTES, PackedEvents};
use protocol::{LogId, Sequence, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::task::TaskTracker;

use self::capacity::Capacity;
pub use self::options::AppenderOptions;
use self::registry::Registry;
use self::state::Pending;
use self::window::Budget;
use super::SharedEventLog;
use catalog::clock::SharedClock;

/// Requests of all logs that wait or are being stored …
const REQUESTS_MAX: usize = 65_536;
/// … and their bytes.
const BYTES_MAX: usize = 256 << 20;
/// Windows that are read from the log at one time; the others wait.
const REBUILDS_MAX: usize = 4;

/// What a caller wants appended: one event, or a batch that is stored whole or not at all.
#[derive(Clone, Debug)]
pub enum Payload {
    Event(Bytes),
    /// Events in their packed form, already checked; `count` of them.
    Batch {
        packed: Bytes,
        count: u32,
    },
}

/// One request to append.
#[derive(Clone, Debug)]
pub struct AppendRequest {
    pub payload: Payload,
    /// The digest of the `Idempotency-Key`.
    pub key: Option<KeyDigest>,
    /// Append only if this is the log's head; 0 for an empty log.
    pub expected: Option<Sequence>,
}

/// Events that are durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    /// Sequence of the first event; the others follow it without a gap.
    pub first: Sequence,
    pub count: u32,
    /// When they were stored. For a replay, of the original.
    pub timestamp: Timestamp,
    /// The same key with the same payload was appended before; these are the original's sequences.
    pub replayed: bool,
}

/// Why nothing was appended.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    #[error("the log's head is {actual} and not {expected}")]
    SequenceMismatch {
        expected: Sequence,
        actual: Sequence,
    },
    #[error("the Idempotency-Key was used for sequence {first} with another payload")]
    KeyReused { first: Sequence },
    #[error("the batch holds no event")]
    EmptyBatch,
    /// The events don't fit into one frame, or a batch's lengths or count are wrong. Callers check
    /// both before they get here.
    #[error("the events can't be stored: {0}")]
    Invalid(&'static str),
    #[error("the log has reached the largest sequence")]
    LogFull,
    #[error("the log was deleted")]
    Deleted,
    #[error("the disk is full; nothing was stored")]
    StorageFull,
    #[error("too many appends wait already; nothing was stored")]
    Overloaded,
    #[error("this node is stopping; nothing was stored")]
    ShuttingDown,
    /// The events may be stored or not. Send the request again with its Idempotency-Key.
    #[error("the event log did not answer: {0}")]
    Unavailable(String),
}

/// Appends to logs. Cheap to clone; all clones share one state.
#[derive(Clone)]
pub struct Appender(Arc<Shared>);

struct Shared {
    event_log: SharedEventLog,
    clock: SharedClock,
    options: AppenderOptions,
    logs: Registry,
    /// For the requests of all logs.
    capacity: Arc<Capacity>,
    /// Keys of all windows.
    budget: Arc<Budget>,
    /// Windows that are rebuilt at one time.
    rebuilds: Semaphore,
    closing: AtomicBool,
    /// Leaders, and requests that are about to become one.
    tracker: TaskTracker,
}

impl Appender {
    pub fn new(event_log: SharedEventLog, clock: SharedClock, options: AppenderOptions) -> Self {
        Self(Arc::new(Shared {
            logs: Registry::new(&options),
            capacity: Capacity::new(REQUESTS_MAX, BYTES_MAX),
            budget: Arc::new(Budget::new(options.keys_max)),
            rebuilds: Semaphore::new(REBUILDS_MAX),
            closing: AtomicBool::new(false),
            tracker: TaskTracker::new(),
            event_log,
            clock,
            options,
        }))
    }

    /// Appends, and returns once the events are durable. A caller that goes away leaves the append
    /// going.
    pub async fn append(
        &self,
        log: LogId,
        request: AppendRequest,
    ) -> Result<Appended, AppendError> {
        // Taken before the flag is read, so that `close` waits for whoever saw it unset.
        let _token = self.0.tracker.token();
        if self.0.closing.load(Ordering::SeqCst) {
            return Err(AppendError::ShuttingDown);
        }
        let (count, bytes) = check(&request.payload)?;
        let key = request.key.map(|key| (key, digest(&request.payload)));
        let (reply, answer) = oneshot::channel();
        let overall = self.0.capacity.try_acquire(bytes);
        let overall = overall.ok_or(AppendError::Overloaded)?;
        let pending = Pending {
            payload: request.payload,
            count,
            bytes,
            key,
            expected: request.expected,
            reply,
            overall,
            in_log: None,
        };
        if let Some(state) = self.0.logs.push(log, pending)? {
            let leader = lead::lead(Arc::clone(&self.0), state);
            self.0.tracker.spawn_on(leader, &self.0.event_log.runtime());
        }
        let interrupted = || AppendError::Unavailable("the append was interrupted".to_owned());
        answer.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// How many shards the event log has.
    pub fn shards(&self) -> u16 {
        self.0.event_log.shards()
    }

    /// The head of a log, as the event log has it.
    pub async fn head(&self, log: LogId) -> Result<Head, AppendError> {
        Ok(super::head(self.0.event_log.as_ref(), log).await?)
    }

    /// Drops what is cached of a log, as after its deletion.
    pub fn evict(&self, log: LogId) {
        self.0.logs.evict(log);
    }

    /// Refuses new appends, and returns when those that were accepted are answered.
    pub async fn close(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }
}

/// The count and the bytes of a payload that can be stored.
fn check(payload: &Payload) -> Result<(u32, usize), AppendError> {
    let (count, bytes) = match payload {
        Payload::Event(event) => (1, event.len().saturating_add(LENGTH_BYTES)),
        Payload::Batch { packed, count } => {
            let events = PackedEvents::parse(packed)
                .map_err(|_| AppendError::Invalid("the batch is not in its packed form"))?;
            if events.count() != *count as usize {
                return Err(AppendError::Invalid("the batch holds another count"));
            }
            (*count, packed.len())
        }
    };
    if count == 0 {
        return Err(AppendError::EmptyBatch);
    }
    if bytes > FRAME_BYTES_MAX - build::OVERHEAD_BYTES {
        return Err(AppendError::Invalid("they are too large for one frame"));
    }
    Ok((count, bytes))
}

fn digest(payload: &Payload) -> PayloadDigest {
    match payload {
        Payload::Event(event) => PayloadDigest::of_event(event),
        Payload::Batch { packed, .. } => PayloadDigest::of_packed(packed),
    }
}

impl From<super::ReadError> for AppendError {
    fn from(error: super::ReadError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
