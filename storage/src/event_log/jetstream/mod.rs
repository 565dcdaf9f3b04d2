//! The event log on a cluster: frames in JetStream.
//!
//! Logs are spread over a fixed number of streams, the shards. A log is a subject of its shard's
//! stream, and a frame is a message on it, published with the stream sequence of the frame before it
//! as its expectation. So any number of processes may append to a log: the servers keep them apart.
//!
//! Architecture Invariant: nothing is concluded from what a replica does not have, and a frame that
//! got no answer is reported as [`PublishError::Unknown`], never as refused.

mod ack;
mod checks;
mod commit;
mod follow;
mod get;
mod options;
mod read;
mod remove;
mod shard;
mod since;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use protocol::{Frame, LogId, Position, Sequence, Timestamp, subject};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::ack::NotStored;
use self::commit::{Committer, Submission};
use self::get::Which;
pub use self::options::{JetStreamOptions, OpenError};
use self::read::{Address, is_tombstone};
use super::live::Live;
use super::{EventLog, PublishError, ReadError, StoredFrame, Subscription};
use crate::nats::{Link, OwnThread};

/// Logs of which it is cached where their last read ended.
const READ_ENDS_MAX: u64 = 100_000;
/// How long closing waits for frames that are being stored.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// The event log in JetStream. Cheap to clone.
#[derive(Clone)]
pub struct JetStreamEventLog(Arc<Inner>);

struct Inner {
    options: JetStreamOptions,
    /// Where the connection, the committers and the leaders of logs run.
    thread: OwnThread,
    link: Link,
    /// By shard.
    committers: Vec<Committer>,
    live: Arc<Live>,
    /// Where a read of a log ended: the next sequence, and the stream sequence to look from.
    read_ends: Cache<LogId, (Sequence, u64)>,
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl JetStreamEventLog {
    /// Connects, checks the servers, and makes the streams where they are missing.
    ///
    /// # Errors
    /// When the servers can't be reached, or don't promise what events need.
    pub async fn open(options: JetStreamOptions) -> Result<Self, OpenError> {
        checks::settings(&options)?;
        let live = Arc::new(Live::default());
        let followed = Arc::clone(&live);
        let thread = OwnThread::start("event-log").map_err(OpenError::Thread)?;
        let missed = move || followed.skip_all();
        let link = Link::connect_on(&thread.handle, options.nats.clone(), missed).await?;
        checks::server(&link)?;
        checks::durability(&options).await?;
        streams::prepare(&link.jetstream(), &options).await?;
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        let process: u64 = rand::random();
        let committers = (0..options.shards)
            .map(|shard| {
                let id = format!("{process:016x}-{shard}");
                let (committer, task) = Committer::new(link.clone(), id, closing.clone());
                tasks.spawn_on(task, &thread.handle);
                committer
            })
            .collect();
        Ok(Self(Arc::new(Inner {
            options,
            thread,
            link,
            committers,
            live,
            read_ends: Cache::new(READ_ENDS_MAX),
            tasks,
            closing,
        })))
    }

    /// Answers what is being stored, takes nothing more, and ends all followers.
    pub async fn close(&self) {
        self.0.closing.cancel();
        self.0.live.end_all();
        self.0.tasks.close();
        let ended = tokio::time::timeout(CLOSE_MAX, self.0.tasks.wait()).await;
        if ended.is_err() {
            tracing::warn!("some frames have no answer yet; their appenders look for them later");
        }
    }
}

impl Inner {
    fn address(&self, log: LogId) -> Address {
        let shard = subject::shard_of(log, self.options.shards);
        Address {
            log,
            stream: subject::stream(&self.options.nats.prefix, shard),
            subject: subject::frames(&self.options.nats.prefix, shard, log),
        }
    }

    /// Why a frame was refused: another one came first, or the log is no more.
    async fn conflict(&self, at: &Address) -> PublishError {
        match self.leader(at, Which::Newest).await {
            Ok(Some(newest)) if is_tombstone(&newest) => PublishError::Deleted,
            // Unless the leader says that the log is deleted, it is not.
            Ok(_) | Err(_) => PublishError::Conflict,
        }
    }
}

/// Repeated attempts until a time-out, with growing pauses between them.
struct Retries {
    end: Instant,
    pause: Duration,
}

impl Retries {
    /// How long an operation is tried again while the servers elect a leader or are away.
    const TIMEOUT: Duration = Duration::from_secs(10);
    const PAUSE_MIN: Duration = Duration::from_millis(20);
    const PAUSE_MAX: Duration = Duration::from_millis(500);

    fn new() -> Self {
        Self {
            end: Instant::now() + Self::TIMEOUT,
            pause: Self::PAUSE_MIN,
        }
    }

    /// Waits before the next attempt; `false` at once when there should be none.
    async fn pause(&mut self) -> bool {
        if Instant::now() + self.pause >= self.end {
            return false;
        }
        let share = 0.5 + rand::random::<f64>() / 2.0;
        tokio::time::sleep(self.pause.mul_f64(share)).await;
        self.pause = (self.pause * 2).min(Self::PAUSE_MAX);
        true
    }
}

#[async_trait]
impl EventLog for JetStreamEventLog {
    async fn publish(&self, frame: Frame, expected: Position) -> Result<Position, PublishError> {
        let inner = &self.0;
        let at = inner.address(frame.log());
        let shard = usize::from(subject::shard_of(frame.log(), inner.options.shards));
        let missing = || PublishError::Unavailable("there is no such shard".to_owned());
        let committer = inner.committers.get(shard).ok_or_else(missing)?;
        let mut retries = Retries::new();
        loop {
            let stored = committer.store(Submission {
                log: at.log,
                subject: at.subject.clone(),
                expected: expected.0,
                payload: frame.encoded().clone(),
            });
            return match stored.await {
                Ok(position) => Ok(Position(position)),
                // Nobody has seen it, so it may be sent again.
                Err(NotStored::NotSent(_)) if retries.pause().await => continue,
                Err(NotStored::Conflict) => Err(inner.conflict(&at).await),
                Err(NotStored::Full) => Err(PublishError::Full),
                Err(NotStored::Refused(reason) | NotStored::NotSent(reason)) => {
                    Err(PublishError::Unavailable(reason))
                }
                Err(NotStored::Unknown(reason)) => {
                    tracing::debug!(%reason, "a frame may be stored or not");
                    Err(PublishError::Unknown)
                }
            };
        }
    }

    async fn newest(&self, log: LogId) -> Result<Option<StoredFrame>, ReadError> {
        self.0.newest_frame(&self.0.address(log)).await
    }

    async fn read(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let at = self.0.address(log);
        self.0.read_forward(&at, from, bytes_max).await
    }

    async fn read_back(
        &self,
        log: LogId,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let at = self.0.address(log);
        self.0.read_backward(&at, before, bytes_max).await
    }

    async fn since(&self, log: LogId, time: Timestamp) -> Result<Option<StoredFrame>, ReadError> {
        self.0.frame_since(&self.0.address(log), time).await
    }

    fn subscribe(&self, log: LogId) -> Subscription {
        let (subscription, is_first) = self.0.live.subscribe(log);
        if is_first {
            self.0.tasks.spawn(follow::follow(Arc::clone(&self.0), log));
        }
        subscription
    }

    async fn trim(&self, log: LogId, through: Sequence) -> Result<(), ReadError> {
        self.0.trim_frames(&self.0.address(log), through).await
    }

    async fn delete(&self, log: LogId) -> Result<(), ReadError> {
        self.0.delete_frames(&self.0.address(log)).await
    }

    fn runtime(&self) -> Handle {
        self.0.thread.handle.clone()
    }

    async fn scrub(&self) -> Result<(), ReadError> {
        // Frames of deleted logs were overwritten where they are.
        Ok(())
    }

    fn shards(&self) -> u16 {
        self.0.options.shards
    }

    async fn read_shard(
        &self,
        shard: u16,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        self.0.read_shard(shard, after, bytes_max).await
    }

    async fn shard_end(&self, shard: u16) -> Result<Position, ReadError> {
        self.0.shard_end(shard).await
    }

    async fn health(&self) -> Result<(), String> {
        let subject = "$JS.API.INFO".to_owned();
        let answer = self.0.link.request(subject, None, bytes::Bytes::new());
        let answered = answer.await.map(|_| ());
        answered.map_err(|reason| reason.to_string())
    }
}
