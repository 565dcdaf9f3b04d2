//! The event log on one machine: one SQLite file, written by one thread.
//!
//! [`writer`] owns the only connection that writes and commits the frames of many callers together;
//! [`readers`] are a fixed number of connections that read beside it; followers get what
//! was committed. Nothing here scans the file when it is opened, and nothing is kept in memory for a
//! log that is neither written nor followed.

mod checkpoint;
mod commit;
mod file;
mod queue;
mod readers;
mod rows;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use protocol::{Frame, LogId, Position, Sequence, Timestamp};
use rusqlite::Connection;
use tokio::sync::oneshot;

use self::queue::{Change, Job, Queue};
use self::readers::Readers;
use super::live::Live;
use super::{EventLog, PublishError, ReadError, StoredFrame, Subscription};

/// Why the event log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{path} is in use by another process; stop that process, or choose another data directory"
    )]
    InUse { path: String },
    #[error(
        "{path} was written by a newer version (format {found}, this one knows {known}); run that \
         version, or restore a backup"
    )]
    Newer {
        path: String,
        found: i64,
        known: i64,
    },
    #[error("{path} is a SQLite file, but not an event log; choose another path")]
    NotAnEventLog { path: String },
    #[error("the event log {path} can't be opened: {reason}")]
    Failed { path: String, reason: String },
}

/// The event log in one SQLite file. Cheap to clone; the file is closed by [`Self::close`], or when
/// the last clone is dropped.
#[derive(Clone)]
pub struct SqliteEventLog(Arc<Inner>);

struct Inner {
    queue: Arc<Queue>,
    readers: Readers,
    live: Arc<Live>,
    /// Resolves when the writer's thread is about to end.
    writer_ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl SqliteEventLog {
    /// Opens the file, or creates it. Blocks for a moment, however large the file is. It grows to
    /// `bytes_max` at most, or to what the disk holds; publishing then fails as on a full disk.
    ///
    /// # Errors
    /// When another process has it open, a newer version wrote it, or the file system refuses.
    pub fn open(path: &Path, bytes_max: Option<u64>) -> Result<Self, OpenError> {
        let lock = file::lock(path)?;
        let connection = file::open_writer(path, bytes_max)?;
        let readers = Readers::open(path)?;
        let checkpoints = file::open_checkpointer(path)?;
        let queue = Arc::new(Queue::new());
        let live = Arc::new(Live::default());
        let (ended, writer_ended) = oneshot::channel();
        let guard = writer::EndGuard {
            queue: Arc::clone(&queue),
            live: Arc::clone(&live),
            _lock: lock,
            _ended: ended,
        };
        let started = writer::start(connection, checkpoints, guard);
        started.map_err(|error| file::failed(path, &error))?;
        Ok(Self(Arc::new(Inner {
            queue,
            readers,
            live,
            writer_ended: Mutex::new(Some(writer_ended)),
        })))
    }

    /// Refuses new work, commits what was accepted, ends subscriptions and closes the file.
    pub async fn close(&self) {
        self.0.queue.close();
        let ended = self.0.writer_ended.lock().take();
        if let Some(ended) = ended {
            // The sender is never used, only dropped: an error is the news that is waited for.
            let _ = ended.await;
        }
        self.0.readers.close().await;
    }

    /// Whether the change is done.
    async fn change(&self, change: Change) -> Result<bool, ReadError> {
        let (reply, answer) = oneshot::channel();
        let pushed = self.0.queue.push(Job::Change(change, reply), 0).await;
        pushed.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    async fn frames(
        &self,
        sql: &'static str,
        log: LogId,
        sequence: Option<Sequence>,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let read = move |file: &Connection| rows::frames(file, sql, log, sequence, bytes_max);
        self.0.readers.run(read).await
    }
}

fn closed() -> ReadError {
    ReadError::Unavailable("it is closed".to_owned())
}

#[async_trait]
impl EventLog for SqliteEventLog {
    async fn publish(&self, frame: Frame, expected: Position) -> Result<Position, PublishError> {
        let (reply, answer) = oneshot::channel();
        let bytes = frame.encoded().len();
        let job = Job::Publish(queue::Publish {
            frame,
            expected,
            reply,
        });
        let closed = |_| PublishError::Unavailable("it is closed".to_owned());
        self.0.queue.push(job, bytes).await.map_err(closed)?;
        // Only a writer that died in the middle of a commit drops the reply.
        answer.await.unwrap_or(Err(PublishError::Unknown))
    }

    async fn newest(&self, log: LogId) -> Result<Option<StoredFrame>, ReadError> {
        let frames = self.frames(rows::NEWEST, log, None, 0).await?;
        Ok(frames.into_iter().next())
    }

    async fn read(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        self.frames(rows::FORWARD, log, Some(from), bytes_max).await
    }

    async fn read_back(
        &self,
        log: LogId,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        self.frames(rows::BACKWARD, log, Some(before), bytes_max)
            .await
    }

    async fn since(&self, log: LogId, time: Timestamp) -> Result<Option<StoredFrame>, ReadError> {
        let find = move |file: &Connection| rows::since(file, log, time);
        self.0.readers.run(find).await
    }

    fn subscribe(&self, log: LogId) -> Subscription {
        self.0.live.subscribe(log).0
    }

    async fn trim(&self, log: LogId, through: Sequence) -> Result<(), ReadError> {
        // A long run of frames goes in steps, so that it never holds up appends for long.
        while !self.change(Change::Trim { log, through }).await? {}
        Ok(())
    }

    async fn delete(&self, log: LogId) -> Result<(), ReadError> {
        self.change(Change::Delete { log }).await?;
        // Nobody finds the log any more. Its frames go in steps, which never hold up appends for
        // long.
        while !self.change(Change::Clear { log }).await? {}
        Ok(())
    }

    async fn scrub(&self) -> Result<(), ReadError> {
        self.change(Change::Scrub).await.map(|_| ())
    }

    fn shards(&self) -> u16 {
        1
    }

    async fn read_shard(
        &self,
        _shard: u16,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let read = move |file: &Connection| rows::read_shard(file, after, bytes_max);
        self.0.readers.run(read).await
    }

    async fn shard_end(&self, _shard: u16) -> Result<Position, ReadError> {
        self.0.readers.run(rows::end).await
    }

    async fn health(&self) -> Result<(), String> {
        let written = self.change(Change::Probe).await;
        written.map_err(|error| error.to_string())?;
        let read = self.0.readers.run(rows::probe).await;
        read.map_err(|error| error.to_string())
    }
}
