//! The whole history of a log: archived blocks and hot frames as one sequence of runs, which
//! callers can't tell apart.
//!
//! The hot log is asked first, because most logs keep everything there. What was trimmed is in the
//! archive: frames are trimmed only after their blocks are recorded, so whoever finds that the hot
//! log begins too late finds the rest in the catalog.

mod blocks;
mod reader;
pub mod tail;

use protocol::{LogId, Run, Sequence};

pub use self::blocks::Blocks;
pub use self::reader::{Reader, ReaderOptions};
use crate::event_log::{ReadError, SharedEventLog, StoredFrame, Subscription};
use crate::objects::SharedObjects;
use catalog::Catalog;
use catalog::archive::ArchivedBlock;

/// Everything that was ever appended. Cheap to clone.
#[derive(Clone)]
pub struct History {
    event_log: SharedEventLog,
    archive: Option<Archive>,
}

#[derive(Clone)]
struct Archive {
    catalog: Catalog,
    blocks: Blocks,
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}

/// Where a log's next events are.
enum Found {
    Hot(Vec<Run>),
    /// The hot log begins behind them, if it holds anything.
    Trimmed,
}

impl History {
    #[must_use]
    pub fn new(event_log: SharedEventLog, catalog: Catalog, objects: SharedObjects) -> Self {
        Self {
            event_log,
            archive: Some(Archive {
                catalog,
                blocks: Blocks::new(objects),
            }),
        }
    }

    /// What an event log holds by itself, where nothing is archived.
    #[must_use]
    pub fn hot_only(event_log: SharedEventLog) -> Self {
        Self {
            event_log,
            archive: None,
        }
    }

    #[must_use]
    pub fn event_log(&self) -> &SharedEventLog {
        &self.event_log
    }

    /// Live frames of a log, see [`crate::event_log::EventLog::subscribe`].
    #[must_use]
    pub fn subscribe(&self, log: LogId) -> Subscription {
        self.event_log.subscribe(log)
    }

    /// Events in ascending order, beginning with the run that holds `from`: at least one run if
    /// there is any, and then as many as fit into `bytes_max`. None is missing.
    ///
    /// # Errors
    /// When a store that holds them can't be read.
    pub async fn read(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<Run>, ReadError> {
        let from = from.max(Sequence::FIRST);
        match self.read_hot(log, from, bytes_max).await? {
            Found::Hot(runs) => Ok(runs),
            Found::Trimmed => self.read_archived(log, from, bytes_max).await,
        }
    }

    /// Events in descending order of their runs, beginning with the newest run whose first sequence
    /// is below `before`: at least one if there is any, and then as many as fit into `bytes_max`.
    ///
    /// # Errors
    /// When a store that holds them can't be read.
    pub async fn read_back(
        &self,
        log: LogId,
        before: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<Run>, ReadError> {
        if before <= Sequence::FIRST {
            return Ok(Vec::new());
        }
        let frames = self.event_log.read_back(log, before, bytes_max).await?;
        let holds = |stored: &StoredFrame| stored.frame.last() >= before.previous();
        if frames.first().is_some_and(holds) {
            return Ok(runs(&frames));
        }
        let Some(archive) = &self.archive else {
            return Ok(runs(&frames));
        };
        let Some(block) = archive.block_below(log, before).await? else {
            return Ok(runs(&frames));
        };
        let content = archive.blocks.cached(&block).await?;
        let below = content.runs.iter().rev().filter(|run| run.first() < before);
        Ok(take(below.cloned(), bytes_max))
    }

    /// Reads a log from `from` on in one go.
    #[must_use]
    pub fn reader(&self, log: LogId, from: Sequence, options: ReaderOptions) -> Reader {
        Reader::new(self.clone(), log, from.max(Sequence::FIRST), options)
    }

    async fn read_hot(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Found, ReadError> {
        let frames = self.event_log.read(log, from, bytes_max).await?;
        let begins_late = |stored: &StoredFrame| stored.frame.first() > from;
        if frames.first().is_some_and(begins_late) {
            return Ok(Found::Trimmed);
        }
        Ok(Found::Hot(runs(&frames)))
    }

    async fn read_archived(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<Run>, ReadError> {
        let Some(archive) = &self.archive else {
            return Err(missing(log, from));
        };
        let rows = archive.blocks_from(log, from, 1).await?;
        let Some(block) = rows.first() else {
            return Err(missing(log, from));
        };
        let content = archive.blocks.cached(block).await?;
        let wanted = content.runs.iter().filter(|run| run.last() >= from);
        Ok(take(wanted.cloned(), bytes_max))
    }
}

impl Archive {
    /// The blocks from the one on that holds `from`. None when it is not archived.
    async fn blocks_from(
        &self,
        log: LogId,
        from: Sequence,
        limit: u32,
    ) -> Result<Vec<ArchivedBlock>, ReadError> {
        let rows = self.catalog.archived_blocks(log, from, limit).await;
        let rows = rows.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let holds = |block: &ArchivedBlock| block.entry.first <= from;
        Ok(if rows.first().is_some_and(holds) {
            rows
        } else {
            Vec::new()
        })
    }

    /// The newest block that begins below a sequence.
    async fn block_below(
        &self,
        log: LogId,
        before: Sequence,
    ) -> Result<Option<ArchivedBlock>, ReadError> {
        let rows = self.catalog.archived_blocks_back(log, before, 1).await;
        let rows = rows.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        Ok(rows.first().copied())
    }
}

/// Neither the hot log nor the archive has an event below a log's head.
fn missing(log: LogId, wanted: Sequence) -> ReadError {
    ReadError::Damaged {
        log,
        reason: format!("sequence {wanted} is neither in the event log nor in the archive"),
    }
}

fn runs(frames: &[StoredFrame]) -> Vec<Run> {
    frames
        .iter()
        .map(|stored| Run::from(&stored.frame))
        .collect()
}

/// At least one, and then as many as fit.
fn take(runs: impl Iterator<Item = Run>, bytes_max: usize) -> Vec<Run> {
    let mut taken = Vec::new();
    let mut left = bytes_max;
    for run in runs {
        let bytes = run.packed_events().len();
        if !taken.is_empty() && bytes > left {
            break;
        }
        left = left.saturating_sub(bytes);
        taken.push(run);
    }
    taken
}
