//! What the tests of the event log share: directories, payloads, and reading whole logs.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use catalog::clock::{ManualClock, SharedClock};
use parking_lot::Mutex;
use protocol::frame::KeyDigest;
use protocol::{ChainHash, Frame, LogId, Position, Sequence, Timestamp, packed};
use storage::event_log::appender::{AppendRequest, Appended, Appender, AppenderOptions, Payload};
use storage::event_log::sqlite::SqliteEventLog;
use storage::event_log::{
    EventLog, PublishError, ReadError, SharedEventLog, StoredFrame, Subscription,
};

pub(crate) fn path_in(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("events.sqlite")
}

pub(crate) fn open(path: &Path) -> SqliteEventLog {
    SqliteEventLog::open(path, None).unwrap()
}

pub(crate) fn shared(event_log: &SqliteEventLog) -> SharedEventLog {
    Arc::new(event_log.clone())
}

pub(crate) fn manual_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp(1_700_000_000_000_000)))
}

/// An event log in a directory of its own, a clock that the test sets, and a log.
pub(crate) struct Setup {
    _directory: tempfile::TempDir,
    pub(crate) event_log: SqliteEventLog,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) log: LogId,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            event_log: open(&path_in(&directory)),
            _directory: directory,
            clock: manual_clock(),
            log: LogId::generate(),
        }
    }

    pub(crate) fn appender(&self) -> Appender {
        self.appender_with(shared(&self.event_log), AppenderOptions::default())
    }

    pub(crate) fn appender_with(
        &self,
        event_log: SharedEventLog,
        options: AppenderOptions,
    ) -> Appender {
        let clock: SharedClock = self.clock.clone();
        Appender::new(event_log, clock, options)
    }

    pub(crate) async fn events(&self) -> Vec<Vec<u8>> {
        events(&self.event_log, self.log).await
    }
}

/// First sequence, count, and whether it is a replay.
pub(crate) fn sequences(appended: Appended) -> (u64, u32, bool) {
    (appended.first.get(), appended.count, appended.replayed)
}

pub(crate) fn event(bytes: &[u8]) -> AppendRequest {
    AppendRequest {
        payload: Payload::Event(Bytes::copy_from_slice(bytes)),
        key: None,
        expected: None,
    }
}

pub(crate) fn batch<T: AsRef<[u8]>>(events: &[T]) -> AppendRequest {
    let mut bytes = Vec::new();
    for event in events {
        packed::push(&mut bytes, event.as_ref());
    }
    AppendRequest {
        payload: Payload::Batch {
            packed: bytes.into(),
            count: u32::try_from(events.len()).unwrap(),
        },
        key: None,
        expected: None,
    }
}

pub(crate) fn keyed(key: &str, request: AppendRequest) -> AppendRequest {
    AppendRequest {
        key: Some(KeyDigest::of(key)),
        ..request
    }
}

pub(crate) fn expecting(sequence: u64, request: AppendRequest) -> AppendRequest {
    AppendRequest {
        expected: Some(Sequence::new(sequence).unwrap()),
        ..request
    }
}

/// The frames of a log, after checking what must hold of any log: sequences 1, 2, 3, …, an
/// unbroken hash chain, and timestamps that never go backwards.
pub(crate) async fn checked_frames(event_log: &dyn EventLog, log: LogId) -> Vec<Frame> {
    let (mut next, mut chain) = (Sequence::FIRST, ChainHash::origin(log));
    let mut time = Timestamp::default();
    let mut frames = Vec::new();
    loop {
        let read = event_log.read(log, next, 1 << 20).await.unwrap();
        if read.is_empty() {
            return frames;
        }
        for StoredFrame { frame, .. } in read {
            assert_eq!(frame.first(), next, "invariant 2: a gap or an overlap");
            assert!(frame.chain_holds(chain), "the chain breaks at {next}");
            assert!(frame.timestamp() >= time, "time goes backwards at {next}");
            (next, chain, time) = (frame.last().next(), frame.head().chain, frame.timestamp());
            frames.push(frame);
        }
    }
}

/// The events of a log, checked like [`checked_frames`].
pub(crate) async fn events(event_log: &dyn EventLog, log: LogId) -> Vec<Vec<u8>> {
    let frames = checked_frames(event_log, log).await;
    let events = frames.iter().flat_map(Frame::events);
    events.map(|event| event.bytes.to_vec()).collect()
}

/// What happens to a publish on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It is lost before it is stored.
    RequestLost,
    /// It is stored, and the answer is lost.
    AnswerLost,
}

/// A real event log behind a connection that loses publishes and answers, as a network does.
pub(crate) struct Lossy {
    pub(crate) event_log: SharedEventLog,
    pub(crate) faults: Mutex<VecDeque<Fault>>,
}

impl Lossy {
    pub(crate) fn new(event_log: SharedEventLog, faults: impl Into<VecDeque<Fault>>) -> Arc<Self> {
        Arc::new(Self {
            event_log,
            faults: Mutex::new(faults.into()),
        })
    }
}

#[async_trait]
impl EventLog for Lossy {
    async fn publish(&self, frame: Frame, expected: Position) -> Result<Position, PublishError> {
        let fault = self.faults.lock().pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::None => self.event_log.publish(frame, expected).await,
            Fault::RequestLost => Err(PublishError::Unknown),
            Fault::AnswerLost => {
                let _ = self.event_log.publish(frame, expected).await;
                Err(PublishError::Unknown)
            }
        }
    }

    async fn newest(&self, log: LogId) -> Result<Option<StoredFrame>, ReadError> {
        self.event_log.newest(log).await
    }

    async fn read(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        self.event_log.read(log, from, bytes_max).await
    }

    async fn read_back(
        &self,
        log: LogId,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        self.event_log.read_back(log, before, bytes_max).await
    }

    async fn since(&self, log: LogId, time: Timestamp) -> Result<Option<StoredFrame>, ReadError> {
        self.event_log.since(log, time).await
    }

    fn subscribe(&self, log: LogId) -> Subscription {
        self.event_log.subscribe(log)
    }

    async fn trim(&self, log: LogId, through: Sequence) -> Result<(), ReadError> {
        self.event_log.trim(log, through).await
    }

    async fn delete(&self, log: LogId) -> Result<(), ReadError> {
        self.event_log.delete(log).await
    }

    async fn scrub(&self) -> Result<(), ReadError> {
        self.event_log.scrub().await
    }

    fn shards(&self) -> u16 {
        self.event_log.shards()
    }

    async fn read_shard(
        &self,
        shard: u16,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        self.event_log.read_shard(shard, after, bytes_max).await
    }

    async fn shard_end(&self, shard: u16) -> Result<Position, ReadError> {
        self.event_log.shard_end(shard).await
    }

    async fn health(&self) -> Result<(), String> {
        self.event_log.health().await
    }
}
