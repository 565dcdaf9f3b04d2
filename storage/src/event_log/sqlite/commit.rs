//! One transaction: many frames of many logs, each with its own expectation.

use std::collections::HashMap;

use protocol::{LogId, Position, Sequence};
use rusqlite::{CachedStatement, Connection, ErrorCode, OptionalExtension as _, params};

use super::super::PublishError;
use super::file::PAGE_BYTES;
use super::queue::{Change, Job, Publish, Queued};

/// Logs of one generation of [`Recent`]; two generations are kept.
const RECENT_LOGS: usize = 32 << 10;

/// Frames and bytes that a trim, or the removal of a deleted log, takes out in one transaction.
const REMOVED_FRAMES_MAX: usize = 64;
const REMOVED_BYTES_MAX: i64 = 4 << 20;

const INSERT: &str = "INSERT INTO frames (log, first, count, frame) VALUES (?1, ?2, ?3, ?4)";
const NEWEST: &str = "
SELECT position, first + count - 1 FROM frames WHERE log = ?1 ORDER BY first DESC LIMIT 1";
const IS_DELETED: &str = "SELECT 1 FROM deleted_logs WHERE log = ?1";
const REMOVABLE: &str = "
SELECT first, length(frame) FROM frames
WHERE log = ?1 AND first + count - 1 <= ?2
  AND (?3 OR first < (SELECT max(first) FROM frames WHERE log = ?1))
ORDER BY first LIMIT ?4";

/// What the end of a log looks like.
#[derive(Clone, Copy, Debug)]
enum Newest {
    Deleted,
    At { position: Position, last: Sequence },
}

/// The ends of the logs that were written lately, in bounded memory: when one generation is full,
/// the one before it is dropped. This process is the file's only writer, so it is never stale.
#[derive(Default)]
struct Recent {
    young: HashMap<LogId, Newest>,
    old: HashMap<LogId, Newest>,
}

impl Recent {
    fn get(&self, log: LogId) -> Option<Newest> {
        self.young.get(&log).or_else(|| self.old.get(&log)).copied()
    }

    fn insert(&mut self, log: LogId, newest: Newest) {
        if self.young.len() >= RECENT_LOGS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(log, newest);
    }
}

/// The result of a job, once its transaction is durable.
#[derive(Debug)]
pub(super) enum Committed {
    Published(Result<Position, PublishError>),
    /// Whether the change is done.
    Changed(bool),
}

/// Why a transaction was not committed. When the last step failed it is
/// [`PublishError::Unknown`]: the transaction may come back after a crash.
pub(super) type Failure = PublishError;

impl From<rusqlite::Error> for PublishError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// The connection that writes, and what it caches.
pub(super) struct Committer {
    pub(super) connection: Connection,
    recent: Recent,
    /// What [`Recent`] learns when the transaction is committed.
    staged: HashMap<LogId, Newest>,
    /// The last commit failed; a probe then writes, to see whether it would again.
    failing: bool,
    /// Deleted logs may have frames that are still to be removed.
    pub(super) clearing: bool,
}

impl Committer {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            recent: Recent::default(),
            staged: HashMap::new(),
            failing: false,
            clearing: true,
        }
    }

    /// Commits all jobs together, or none of them.
    pub(super) fn commit(&mut self, jobs: &[Queued]) -> Result<Vec<Committed>, Failure> {
        self.transaction(|committer| jobs.iter().map(|job| committer.apply(&job.job)).collect())
    }

    /// Removes some frames of deleted logs.
    pub(super) fn clear_some(&mut self) -> Result<(), Failure> {
        let log = self
            .statement("SELECT log FROM deleted_logs WHERE cleared = 0 LIMIT 1")?
            .query_row([], |row| row.get(0).map(LogId::from_bytes))
            .optional()?;
        let Some(log) = log else {
            self.clearing = false;
            return Ok(());
        };
        self.transaction(|committer| committer.clear(log).map(|_| ()))
    }

    /// Removes some frames of a deleted log; `true` when none are left.
    fn clear(&self, log: LogId) -> Result<bool, Failure> {
        let done = self.remove_some(log, Sequence::MAX, true)?;
        if done {
            self.statement("UPDATE deleted_logs SET cleared = 1 WHERE log = ?1")?
                .execute([log.as_bytes()])?;
        }
        Ok(done)
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let result = self.begin_and_commit(work);
        self.failing = result.is_err();
        if self.failing {
            self.staged.clear();
            if !self.connection.is_autocommit()
                && let Err(error) = self.connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "a failed transaction of the event log can't be rolled back");
            }
        }
        result
    }

    fn begin_and_commit<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.statement("BEGIN IMMEDIATE")?.execute([])?;
        let result = work(self)?;
        let commit = self.statement("COMMIT");
        let committed = commit.and_then(|mut commit| commit.execute([]));
        committed.map_err(|error| match Failure::from(error) {
            // On a full disk the WAL can't have taken the page that makes the transaction valid.
            Failure::Full => Failure::Full,
            failure => {
                tracing::error!(?failure, "a commit of the event log failed");
                Failure::Unknown
            }
        })?;
        for (log, newest) in self.staged.drain() {
            self.recent.insert(log, newest);
        }
        Ok(result)
    }

    fn apply(&mut self, job: &Job) -> Result<Committed, Failure> {
        Ok(match job {
            Job::Publish(publish) => Committed::Published(self.publish(publish)?),
            Job::Change(change, _) => Committed::Changed(self.change(*change)?),
        })
    }

    fn change(&mut self, change: Change) -> Result<bool, Failure> {
        match change {
            Change::Trim { log, through } => return self.remove_some(log, through, false),
            Change::Clear { log } => return self.clear(log),
            Change::Delete { log } => {
                self.statement("INSERT OR IGNORE INTO deleted_logs (log, cleared) VALUES (?1, 0)")?
                    .execute([log.as_bytes()])?;
                self.staged.insert(log, Newest::Deleted);
                self.clearing = true;
            }
            Change::Probe if self.failing => {
                let (connection, format) = (&self.connection, "user_version");
                let version: i64 = connection.pragma_query_value(None, format, |row| row.get(0))?;
                connection.pragma_update(None, format, version)?;
            }
            // A scrub is done once the transaction is committed.
            Change::Probe | Change::Scrub => {}
        }
        Ok(true)
    }

    fn publish(&mut self, publish: &Publish) -> Result<Result<Position, PublishError>, Failure> {
        let frame = &publish.frame;
        let log = frame.log();
        let (position, last) = match self.newest(log)? {
            Some(Newest::Deleted) => return Ok(Err(PublishError::Deleted)),
            Some(Newest::At { position, last }) => (position, last),
            None => (Position::START, Sequence::ZERO),
        };
        if position != publish.expected {
            return Ok(Err(PublishError::Conflict));
        }
        // The first frame of a log that was restored begins where its archive ends.
        if position != Position::START && frame.first() != last.next() {
            let reason = format!(
                "a frame that begins at {} can't follow sequence {last}",
                frame.first()
            );
            return Ok(Err(PublishError::Unavailable(reason)));
        }
        self.statement(INSERT)?.execute(params![
            log.as_bytes(),
            frame.first().get().cast_signed(),
            frame.count(),
            frame.encoded().as_ref(),
        ])?;
        let position = Position(self.connection.last_insert_rowid().cast_unsigned());
        let last = frame.last();
        self.staged.insert(log, Newest::At { position, last });
        Ok(Ok(position))
    }

    /// The end of a log; `None` for an empty one.
    fn newest(&self, log: LogId) -> Result<Option<Newest>, Failure> {
        let staged = self.staged.get(&log).copied();
        if let Some(newest) = staged.or_else(|| self.recent.get(log)) {
            return Ok(Some(newest));
        }
        if self.statement(IS_DELETED)?.exists([log.as_bytes()])? {
            return Ok(Some(Newest::Deleted));
        }
        let row = self
            .statement(NEWEST)?
            .query_row([log.as_bytes()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()?;
        let Some((position, last)) = row else {
            return Ok(None);
        };
        let last = Sequence::new(last.cast_unsigned())
            .map_err(|error| Failure::Unavailable(format!("log {log} is damaged: {error}")))?;
        let position = Position(position.cast_unsigned());
        Ok(Some(Newest::At { position, last }))
    }

    /// Removes frames from the front of a log, up to the bounds of one transaction; `true` when
    /// none are left to remove.
    fn remove_some(&self, log: LogId, through: Sequence, all: bool) -> Result<bool, Failure> {
        let mut statement = self.statement(REMOVABLE)?;
        let through = through.get().cast_signed();
        let limit = i64::try_from(REMOVED_FRAMES_MAX).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![log.as_bytes(), through, all, limit])?;
        let (mut frames, mut bytes, mut end) = (0, 0, None);
        while bytes < REMOVED_BYTES_MAX
            && let Some(row) = rows.next()?
        {
            frames += 1;
            bytes += row.get::<_, i64>(1)?;
            end = Some(row.get::<_, i64>(0)?);
        }
        drop(rows);
        if let Some(end) = end {
            self.statement("DELETE FROM frames WHERE log = ?1 AND first <= ?2")?
                .execute(params![log.as_bytes(), end])?;
        }
        Ok(frames < REMOVED_FRAMES_MAX && bytes < REMOVED_BYTES_MAX)
    }
}

/// About how many pages of the WAL a job takes: its frame, and a page of the index.
pub(super) fn wal_pages(job: &Job) -> u64 {
    match job {
        Job::Publish(publish) => publish.frame.encoded().len() as u64 / PAGE_BYTES + 1,
        Job::Change(Change::Trim { .. } | Change::Clear { .. }, _) => REMOVED_FRAMES_MAX as u64,
        Job::Change(..) => 1,
    }
}
