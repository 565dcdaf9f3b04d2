//! Stores in a directory, a log to write to, and a way to read all of it back.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use archiver::{Archiver, ArchiverOptions, ArchiverParts};
use async_trait::async_trait;
use bytes::Bytes;
use catalog::access::{Access, Actor, Role};
use catalog::clock::{SharedClock, SystemClock};
use catalog::{Catalog, Context, NewLog, NewTenant, Retention};
use protocol::frame::KeyDigest;
use protocol::{LogId, RequestId, Run, Sequence, Timestamp};
use storage::event_log::SharedEventLog;
use storage::event_log::appender::{AppendRequest, Appender, AppenderOptions, Payload};
use storage::event_log::sqlite::SqliteEventLog;
use storage::history::{History, ReaderOptions, Span};
use storage::objects::dir::DirObjects;
use storage::objects::{ObjectError, ObjectKey, ObjectMeta, ObjectStore, Put};
use tempfile::TempDir;

/// How long a test waits for what the archiver does by itself.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Objects in a directory that can be away.
pub(crate) struct Objects {
    inner: DirObjects,
    away: AtomicBool,
}

impl Objects {
    pub(crate) fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn there(&self) -> Result<&DirObjects, ObjectError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(ObjectError::Unavailable("it is away".to_owned()));
        }
        Ok(&self.inner)
    }
}

#[async_trait]
impl ObjectStore for Objects {
    async fn put_if_absent(&self, key: &ObjectKey, bytes: Bytes) -> Result<Put, ObjectError> {
        self.there()?.put_if_absent(key, bytes).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, ObjectError> {
        self.there()?.get(key).await
    }

    async fn get_range(
        &self,
        key: &ObjectKey,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, ObjectError> {
        self.there()?.get_range(key, range).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        self.there()?.delete(key).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectMeta>, ObjectError> {
        self.there()?.list(prefix, after, limit).await
    }

    async fn health(&self) -> Result<(), String> {
        self.there().map_err(|error| error.to_string())?;
        self.inner.health().await
    }
}

pub(crate) struct Setup {
    pub(crate) event_log: SharedEventLog,
    pub(crate) objects: Arc<Objects>,
    pub(crate) catalog: Catalog,
    pub(crate) appender: Appender,
    pub(crate) access: Access,
    _directory: TempDir,
    _objects: Option<TempDir>,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let objects = Objects {
            inner: DirObjects::open(&directory.path().join("objects")).unwrap(),
            away: AtomicBool::new(false),
        };
        let setup = Self::on(Arc::new(objects)).await;
        Self {
            _objects: Some(directory),
            ..setup
        }
    }

    /// Another catalog and event log on the same objects.
    pub(crate) async fn on(objects: Arc<Objects>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let clock: SharedClock = Arc::new(SystemClock);
        let event_log = open(&path("events.db"));
        let catalog = Catalog::open_sqlite(&path("catalog.db"), Arc::clone(&clock))
            .await
            .unwrap();
        let new = NewTenant {
            short_name: "tenant".to_owned(),
            owner_email: "owner@tenant.example".to_owned(),
            owner_password_hash: "$argon2id$hash".to_owned(),
            email_verified: true,
        };
        let (tenant, user) = catalog
            .create_tenant(RequestId::generate(), new)
            .await
            .unwrap();
        let options = AppenderOptions::default();
        Self {
            appender: Appender::new(Arc::clone(&event_log), clock, options),
            event_log,
            objects,
            catalog,
            access: Access {
                tenant,
                actor: Actor::User(user),
                role: Role::Owner,
                logs: None,
                secret: None,
            },
            _directory: directory,
            _objects: None,
        }
    }

    pub(crate) fn context(&self) -> Context {
        Context {
            actor: self.access.actor,
            request_id: RequestId::generate(),
        }
    }

    pub(crate) async fn log(&self, name: &str, retention: Retention) -> LogId {
        let new = NewLog {
            name: name.parse().unwrap(),
            description: None,
            retention,
        };
        let log = self
            .catalog
            .create_log(&self.access, self.context(), new)
            .await;
        log.unwrap().id
    }

    /// An archiver that does everything at once.
    pub(crate) fn archiver(&self) -> Archiver {
        self.archiver_with(eager())
    }

    pub(crate) fn archiver_with(&self, options: ArchiverOptions) -> Archiver {
        Archiver::start(ArchiverParts {
            id: uuid::Uuid::now_v7(),
            event_log: Arc::clone(&self.event_log),
            objects: Arc::clone(&self.objects) as _,
            catalog: self.catalog.clone(),
            clock: Arc::new(SystemClock),
            options,
        })
    }

    pub(crate) fn history(&self) -> History {
        let objects = Arc::clone(&self.objects) as _;
        History::new(Arc::clone(&self.event_log), self.catalog.clone(), objects)
    }

    /// Appends events that name their log and sequence, from `from` through `through`, one frame
    /// for each; every third one under a key.
    pub(crate) async fn append(&self, log: LogId, from: u64, through: u64) {
        for sequence in from..=through {
            let key = sequence
                .is_multiple_of(3)
                .then(|| KeyDigest::of(&format!("key-{sequence}")));
            let request = AppendRequest {
                payload: Payload::Event(event(log, sequence).into()),
                key,
                expected: None,
            };
            let appended = self.appender.append(log, request).await.unwrap();
            assert_eq!(appended.first.get(), sequence);
        }
    }

    /// Every event of a log is there, with its bytes, whichever way it is read.
    pub(crate) async fn check(&self, log: LogId, events: u64) {
        let expected: Vec<_> = (1..=events).map(|sequence| event(log, sequence)).collect();
        let history = self.history();
        let mut reader = history.reader(
            log,
            Sequence::FIRST,
            ReaderOptions {
                chunk_bytes: 1_000,
                blocks_ahead: 2,
            },
        );
        let mut found = Vec::new();
        loop {
            let runs = reader.next().await.unwrap();
            if runs.is_empty() {
                break;
            }
            collect(&runs, &mut found);
        }
        assert_eq!(found, expected);
        for from in [1, events / 2, events.saturating_sub(1), events] {
            let mut next = Sequence::new(from.max(1)).unwrap();
            let mut found = Vec::new();
            while next.get() <= events {
                let runs = history.read(log, next, 700).await.unwrap();
                assert!(runs[0].first() <= next && runs[0].last() >= next);
                for event in runs.iter().flat_map(Run::events) {
                    if event.sequence == next {
                        found.push(event.bytes.to_vec());
                        next = next.next();
                    }
                }
            }
            assert_eq!(found, expected[usize::try_from(from.max(1)).unwrap() - 1..]);
        }
        let mut before = Sequence::new(events + 1).unwrap();
        let mut found = Vec::new();
        while before > Sequence::FIRST {
            let runs = history.read_back(log, before, 700).await.unwrap();
            for run in runs {
                assert!(run.first() < before && run.last() >= before.previous());
                let events: Vec<_> = run.events().filter(|it| it.sequence < before).collect();
                found.extend(events.iter().rev().map(|event| event.bytes.to_vec()));
                before = run.first();
            }
        }
        found.reverse();
        assert_eq!(found, expected);
        self.check_times(log).await;
    }

    /// Every time leads to the first event that is not before it.
    async fn check_times(&self, log: LogId) {
        let history = self.history();
        let mut times: Vec<(u64, Sequence)> = Vec::new();
        let mut next = Sequence::FIRST;
        while let Some(run) = history.read(log, next, 1).await.unwrap().pop() {
            times.push((run.timestamp().as_micros(), run.first()));
            next = run.last().next();
        }
        let spans = history.spans(log, Timestamp(0), Timestamp(u64::MAX)).await;
        let spans = spans.unwrap();
        assert_eq!(spans.iter().map(Span::count).sum::<u64>(), next.get() - 1);
        for pair in spans.windows(2) {
            assert_eq!(pair[0].last.next(), pair[1].first);
            assert!(pair[0].last_at <= pair[1].first_at);
        }
        assert_eq!(
            history.first_at(log).await.unwrap(),
            spans.first().map(|it| it.first_at)
        );
        for (time, first) in times.iter().step_by(5) {
            let from_time = history.spans(log, Timestamp(*time), Timestamp(time + 1));
            let spans = from_time.await.unwrap();
            assert!(spans[0].first <= *first && spans[spans.len() - 1].last >= *first);
            for pair in spans.windows(2) {
                assert_eq!(pair[0].last.next(), pair[1].first);
            }
            for time in [time - 1, *time, time + 1] {
                let wanted = times.iter().find(|(it, _)| *it >= time);
                let wanted = wanted.map_or(next, |(_, first)| *first);
                let found = history.since(log, Timestamp(time)).await.unwrap();
                assert_eq!(found, wanted);
            }
        }
    }

    /// How many events of a log the hot log has, by its first frame.
    pub(crate) async fn hot_events(&self, log: LogId, events: u64) -> u64 {
        let frames = self.event_log.read(log, Sequence::FIRST, 1).await.unwrap();
        let first = frames.first().map(|stored| stored.frame.first().get());
        first.map_or(0, |first| events + 1 - first)
    }

    /// Through which sequence a log is archived.
    pub(crate) async fn archived(&self, log: LogId) -> u64 {
        let ends = self.catalog.archived_ends(&[log]).await.unwrap();
        let head = ends.first().and_then(|end| end.head);
        head.map_or(0, |head| head.sequence.get())
    }

    pub(crate) async fn segments(&self) -> Vec<ObjectMeta> {
        let listed = self.objects.inner.list(ObjectKey::SEGMENTS, None, 10_000);
        listed.await.unwrap()
    }
}

pub(crate) fn open(path: &Path) -> SharedEventLog {
    Arc::new(SqliteEventLog::open(path, None).unwrap())
}

pub(crate) fn eager() -> ArchiverOptions {
    ArchiverOptions {
        segment_events: 20,
        segment_age: Duration::from_millis(50),
        hot: Duration::ZERO,
        poll: Duration::from_millis(10),
        lease: Duration::from_secs(2),
        merged_blocks: 4,
        tidy: Duration::from_millis(50),
        erase: Duration::ZERO,
        grace: Duration::from_secs(1),
        ..ArchiverOptions::default()
    }
}

pub(crate) fn event(log: LogId, sequence: u64) -> Vec<u8> {
    format!("{{\"log\":\"{log}\",\"sequence\":{sequence}}}").into_bytes()
}

fn collect(runs: &[Run], found: &mut Vec<Vec<u8>>) {
    for event in runs.iter().flat_map(Run::events) {
        assert_eq!(event.sequence.get(), found.len() as u64 + 1);
        found.push(event.bytes.to_vec());
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
