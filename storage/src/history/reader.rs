//! Reading a log in one go: the blocks that come next are fetched while the one before is used.

use std::collections::VecDeque;

use protocol::segment::Block;
use protocol::{LogId, Run, Sequence};
use tokio::task::JoinError;
use tokio_util::task::JoinQueue;

use super::{History, take};
use crate::event_log::ReadError;
use catalog::archive::ArchivedBlock;

/// Blocks that are looked up at a time.
const ROWS: u32 = 64;

/// How a [`Reader`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Bytes of events that are given out at a time.
    pub chunk_bytes: usize,
    /// Archived blocks that are fetched ahead of the one in use; each takes a few megabytes.
    pub blocks_ahead: usize,
}

/// Reads a log from a sequence on. Dropping it ends what is being fetched.
pub struct Reader {
    history: History,
    log: LogId,
    options: ReaderOptions,
    /// The sequence that comes next.
    wanted: Sequence,
    /// Blocks that are known and not fetched yet.
    rows: VecDeque<ArchivedBlock>,
    /// Blocks that are fetched, in their order.
    fetching: JoinQueue<Result<Block, ReadError>>,
    /// Runs of a block that were read and not given out.
    read: VecDeque<Run>,
}

impl History {
    /// Reads a log from `from` on in one go.
    #[must_use]
    pub fn reader(&self, log: LogId, from: Sequence, options: ReaderOptions) -> Reader {
        Reader {
            history: self.clone(),
            log,
            options,
            wanted: from.max(Sequence::FIRST),
            rows: VecDeque::new(),
            fetching: JoinQueue::new(),
            read: VecDeque::new(),
        }
    }
}

impl Reader {
    /// Goes on at a later sequence, because the caller has the events before it.
    pub fn skip_to(&mut self, wanted: Sequence) {
        self.wanted = self.wanted.max(wanted);
    }

    /// The next events, as many as fit into a chunk and at least one run; nothing at the end of the
    /// log as it is now. The first run may begin before the sequence that is wanted. Safe to
    /// cancel, and may be called again after an error.
    pub async fn next(&mut self) -> Result<Vec<Run>, ReadError> {
        while self.read.is_empty() {
            if let Some(fetched) = self.fetching.join_next().await {
                self.take_block(fetched)?;
                continue;
            }
            let (wanted, bytes) = (self.wanted, self.options.chunk_bytes);
            if let Some(runs) = self.history.read_hot(self.log, wanted, bytes).await? {
                return Ok(self.give(runs));
            }
            let rows = self.history.blocks_from(self.log, wanted, ROWS).await?;
            self.rows = rows.into();
            self.fetch_ahead();
        }
        self.read.retain(|run| run.last() >= self.wanted);
        let chunk = take(self.read.iter(), self.options.chunk_bytes);
        self.read.drain(..chunk.len());
        Ok(self.give(chunk))
    }

    fn give(&mut self, runs: Vec<Run>) -> Vec<Run> {
        if let Some(last) = runs.last() {
            self.wanted = last.last().next();
        }
        runs
    }

    fn fetch_ahead(&mut self) {
        while self.fetching.len() <= self.options.blocks_ahead
            && let Some(row) = self.rows.pop_front()
        {
            let blocks = self.history.blocks.clone();
            self.fetching.spawn(async move { blocks.read(&row).await });
        }
    }

    /// Takes the runs of a block that was fetched.
    fn take_block(
        &mut self,
        fetched: Result<Result<Block, ReadError>, JoinError>,
    ) -> Result<(), ReadError> {
        let failed = |error: JoinError| ReadError::Unavailable(error.to_string());
        match fetched.map_err(failed).flatten() {
            Ok(block) => {
                self.read = block.runs.into();
                self.fetch_ahead();
                Ok(())
            }
            Err(error) => {
                // Its segment may have been written anew: the next call looks it up again.
                self.rows.clear();
                self.fetching = JoinQueue::new();
                Err(error)
            }
        }
    }
}
