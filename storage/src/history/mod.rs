//! The whole history of a log: archived blocks and hot frames as one sequence of runs, which
//! callers can't tell apart.
//!
//! The hot log is asked first, because most logs keep everything there. What was trimmed is in the
//! archive: frames are trimmed only after their blocks are recorded, so where the hot log
//! begins too late the rest is in the catalog.

mod blocks;
mod reader;
mod since;
mod spans;
pub mod tail;

use protocol::{LogId, Run, Sequence};

pub use self::blocks::Blocks;
pub use self::reader::{Reader, ReaderOptions};
pub use self::spans::Span;
use crate::event_log::{ReadError, SharedEventLog, StoredFrame};
use crate::limit::Limit;
use crate::objects::SharedObjects;
use catalog::Catalog;
use catalog::archive::ArchivedBlock;

/// Everything that was ever appended. Cheap to clone.
#[derive(Clone)]
pub struct History {
    event_log: SharedEventLog,
    catalog: Catalog,
    blocks: Blocks,
}

impl History {
    pub fn new(event_log: SharedEventLog, catalog: Catalog, objects: SharedObjects) -> Self {
        Self {
            event_log,
            catalog,
            blocks: Blocks::new(objects),
        }
    }

    pub fn event_log(&self) -> &SharedEventLog {
        &self.event_log
    }

    /// Events in ascending order, beginning with the run that holds `from`: at least one run if
    /// there is any, and then as many as fit into `bytes_max`. None is missing.
    pub async fn read(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Vec<Run>, ReadError> {
        let from = from.max(Sequence::FIRST);
        if let Some(runs) = self.read_hot(log, from, bytes_max).await? {
            return Ok(runs);
        }
        let found = self.blocks_from(log, from, 1).await?;
        let content = self.blocks.cached(&found[0]).await?;
        let wanted = content.runs.iter().filter(|run| run.last() >= from);
        Ok(take(wanted, bytes_max))
    }

    /// Events in descending order of their runs, beginning with the newest run whose first sequence
    /// is below `before`: at least one if there is any, and then as many as fit into `bytes_max`.
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
        let found = self.catalog.archived_blocks_back(log, before, 1).await;
        let found = found.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let Some(block) = found.first() else {
            return Ok(runs(&frames));
        };
        let content = self.blocks.cached(block).await?;
        let below = content.runs.iter().rev().filter(|run| run.first() < before);
        Ok(take(below, bytes_max))
    }

    /// `None` when the hot log begins behind `from`.
    async fn read_hot(
        &self,
        log: LogId,
        from: Sequence,
        bytes_max: usize,
    ) -> Result<Option<Vec<Run>>, ReadError> {
        let frames = self.event_log.read(log, from, bytes_max).await?;
        let begins_late = |stored: &StoredFrame| stored.frame.first() > from;
        let is_trimmed = frames.first().is_some_and(begins_late);
        Ok((!is_trimmed).then(|| runs(&frames)))
    }

    /// Archived blocks, at least one: the first holds `from`, which was appended and is not in the
    /// hot log any more.
    async fn blocks_from(
        &self,
        log: LogId,
        from: Sequence,
        limit: u32,
    ) -> Result<Vec<ArchivedBlock>, ReadError> {
        let found = self.catalog.archived_blocks(log, from, limit).await;
        let found = found.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        if found.first().is_none_or(|block| block.entry.first > from) {
            let reason = format!("sequence {from} is neither in the event log nor in the archive");
            return Err(ReadError::damaged(log, reason));
        }
        Ok(found)
    }
}

fn runs(frames: &[StoredFrame]) -> Vec<Run> {
    frames
        .iter()
        .map(|stored| Run::from(&stored.frame))
        .collect()
}

/// At least one, and then as many as fit.
fn take<'a>(runs: impl Iterator<Item = &'a Run>, bytes_max: usize) -> Vec<Run> {
    let mut limit = Limit::new(bytes_max);
    let taken = runs.take_while(|run| limit.admits(run.packed_events().len()));
    taken.cloned().collect()
}
