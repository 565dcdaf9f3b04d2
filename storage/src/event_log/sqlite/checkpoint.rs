//! Moving the WAL into the file without holding up commits.
//!
//! A checkpoint writes and syncs many pages. Done by the writer, as SQLite does by itself, it would
//! stop all appends meanwhile. So a thread with its own connection does the bulk of it beside the
//! writer, which SQLite allows, and the writer then does the small rest: only a checkpoint that
//! has reached the end of the WAL lets the next commit begin it from the front again, and only
//! that keeps it from growing for ever.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::super::ReadError;
use super::file::{BUSY_TIMEOUT, PAGE_BYTES};

/// Pages of the WAL at which a checkpoint begins: 16 MiB.
const BEGIN_PAGES: u64 = 4_096;

/// What the writer does itself at the end: 2 MiB.
const REST_PAGES: u64 = 512;

/// Rounds after which the writer does the rest however much it is, because appends come faster
/// than the thread catches up.
const ROUNDS_MAX: u32 = 4;

/// The largest file that is written again while appends wait: 1 GiB, some seconds.
const REWRITTEN_PAGES_MAX: u64 = (1 << 30) / PAGE_BYTES;

/// How long appends wait for readers when the WAL is emptied. It is tried again.
const EMPTYING_WAIT: Duration = Duration::from_millis(250);

/// The thread is at work on what the WAL held at this count of pages.
#[derive(Clone, Copy, Debug)]
struct Running {
    round: u32,
    pages: u64,
}

/// The checkpoints of one file, driven by the writer after its commits.
pub(super) struct Checkpoints {
    /// Pages that were written to the WAL since it was last begun from the front; an estimate that
    /// each full checkpoint corrects.
    wal_pages: u64,
    running: Option<Running>,
    begin: SyncSender<()>,
    finished: Receiver<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    pub(super) fn start(connection: Connection) -> io::Result<Self> {
        let (begin, orders) = sync_channel::<()>(1);
        let (done, finished) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("event-log-checkpoint".to_owned())
            .spawn(move || {
                while orders.recv().is_ok() {
                    checkpoint(&connection);
                    if done.send(()).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            wal_pages: 0,
            running: None,
            begin,
            finished,
            thread,
        })
    }

    /// Accounts for a commit, and does what is due.
    pub(super) fn after_commit(&mut self, writer: &Connection, pages: u64) {
        self.wal_pages += pages;
        match self.running {
            None if self.wal_pages >= BEGIN_PAGES => self.begin_round(1),
            Some(Running { round, pages }) if self.finished.try_recv().is_ok() => {
                let rest = self.wal_pages.saturating_sub(pages);
                if rest > REST_PAGES && round < ROUNDS_MAX {
                    self.begin_round(round + 1);
                } else {
                    self.wal_pages = checkpoint(writer);
                    self.running = None;
                }
            }
            _ => {}
        }
    }

    /// Writes the file again, and empties the WAL. Pages that were put in balance keep copies of rows
    /// that moved, which no deletion overwrites; a new file has none. A large file is left as it is,
    /// because nothing is appended meanwhile.
    pub(super) fn empty(&mut self, writer: &Connection) -> Result<(), ReadError> {
        let rewrite = || -> rusqlite::Result<bool> {
            let pages: i64 = writer.pragma_query_value(None, "page_count", |row| row.get(0))?;
            if pages.cast_unsigned() <= REWRITTEN_PAGES_MAX {
                writer.execute_batch("VACUUM")?;
            } else {
                tracing::warn!("the event log is too large to be written again while it is used");
            }
            writer.busy_timeout(EMPTYING_WAIT)?;
            let busy = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get::<_, bool>(0)
            });
            writer.busy_timeout(BUSY_TIMEOUT)?;
            busy
        };
        if rewrite()? {
            let busy = "the write-ahead log is being read".to_owned();
            return Err(ReadError::Unavailable(busy));
        }
        self.wal_pages = 0;
        Ok(())
    }

    fn begin_round(&mut self, round: u32) {
        if self.begin.try_send(()).is_ok() {
            let pages = self.wal_pages;
            self.running = Some(Running { round, pages });
        }
    }

    /// Waits for the thread; the writer's connection checkpoints once more when it is closed.
    pub(super) fn stop(self) {
        drop((self.begin, self.finished));
        if self.thread.join().is_err() {
            tracing::error!("the checkpoint thread of the event log panicked");
        }
    }
}

/// Moves what can be moved without waiting for anyone; returns the pages that are left, as far as
/// is known. A checkpoint that fails, as on a full disk, leaves all data in the WAL, which is as
/// durable; the next one tries again.
fn checkpoint(connection: &Connection) -> u64 {
    let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    match moved {
        Ok((pages, moved)) => pages.saturating_sub(moved).max(0).cast_unsigned(),
        Err(error) => {
            tracing::warn!(%error, "a checkpoint of the event log failed; it is tried again");
            0
        }
    }
}
