//! Reading a log in one go: the blocks that come next are fetched while the one before is used.

use std::collections::VecDeque;

use protocol::segment::Block;
use protocol::{LogId, Run, Sequence};
use tokio::task::JoinSet;

use super::{Archive, Found, History, missing, take};
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
    /// Blocks that are known and not asked for yet.
    rows: VecDeque<ArchivedBlock>,
    /// Blocks that were asked for, in their order.
    fetched: VecDeque<Fetched>,
    fetching: JoinSet<(Sequence, Result<Block, ReadError>)>,
    /// Runs of a block that were read and not given out.
    read: VecDeque<Run>,
}

/// A block on its way.
struct Fetched {
    first: Sequence,
    block: Option<Result<Block, ReadError>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("log", &self.log)
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(
        history: History,
        log: LogId,
        wanted: Sequence,
        options: ReaderOptions,
    ) -> Self {
        Self {
            history,
            log,
            options,
            wanted,
            rows: VecDeque::new(),
            fetched: VecDeque::new(),
            fetching: JoinSet::new(),
            read: VecDeque::new(),
        }
    }

    /// The sequence that comes next.
    #[must_use]
    pub fn wanted(&self) -> Sequence {
        self.wanted
    }

    /// Goes on at a later sequence, because the caller has the events before it.
    pub fn skip_to(&mut self, wanted: Sequence) {
        self.wanted = self.wanted.max(wanted);
    }

    /// The next events, as many as fit into a chunk and at least one run; nothing at the end of the
    /// log as it is now. The first run may begin before the sequence that is wanted. Safe to
    /// cancel, and may be called again after an error.
    ///
    /// # Errors
    /// When a store that holds them can't be read.
    pub async fn next(&mut self) -> Result<Vec<Run>, ReadError> {
        while self.read.is_empty() {
            if !self.fetched.is_empty() {
                self.take_block().await?;
                continue;
            }
            let (wanted, bytes) = (self.wanted, self.options.chunk_bytes);
            match self.history.read_hot(self.log, wanted, bytes).await? {
                Found::Hot(runs) => return Ok(self.give(runs)),
                Found::Trimmed => self.look_up().await?,
            }
        }
        let wanted = self.wanted;
        let runs = self.read.drain(..).filter(|run| run.last() >= wanted);
        let all: Vec<Run> = runs.collect();
        let chunk = take(all.iter().cloned(), self.options.chunk_bytes);
        self.read.extend(all.into_iter().skip(chunk.len()));
        Ok(self.give(chunk))
    }

    fn give(&mut self, runs: Vec<Run>) -> Vec<Run> {
        if let Some(last) = runs.last() {
            self.wanted = last.last().next();
        }
        runs
    }

    async fn look_up(&mut self) -> Result<(), ReadError> {
        let Some(archive) = self.history.archive.clone() else {
            return Err(missing(self.log, self.wanted));
        };
        let rows = archive.blocks_from(self.log, self.wanted, ROWS).await?;
        if rows.is_empty() {
            return Err(missing(self.log, self.wanted));
        }
        self.rows = rows.into();
        self.fetch_ahead(&archive);
        Ok(())
    }

    fn fetch_ahead(&mut self, archive: &Archive) {
        while self.fetched.len() <= self.options.blocks_ahead
            && let Some(row) = self.rows.pop_front()
        {
            let first = row.entry.first;
            let blocks = archive.blocks.clone();
            self.fetching
                .spawn(async move { (first, blocks.read(&row).await) });
            self.fetched.push_back(Fetched { first, block: None });
        }
    }

    /// Waits for the block that comes next.
    async fn take_block(&mut self) -> Result<(), ReadError> {
        while let Some(Fetched { block: None, .. }) = self.fetched.front() {
            let (first, block) = match self.fetching.join_next().await {
                Some(Ok(done)) => done,
                Some(Err(error)) => return Err(self.start_again(error.to_string())),
                None => return Err(self.start_again("a block was not fetched".to_owned())),
            };
            if let Some(place) = self.fetched.iter_mut().find(|it| it.first == first) {
                place.block = Some(block);
            }
        }
        let block = self.fetched.pop_front().and_then(|fetched| fetched.block);
        match block {
            Some(Ok(block)) => {
                self.read = block.runs.into();
                if let Some(archive) = self.history.archive.clone() {
                    self.fetch_ahead(&archive);
                }
                Ok(())
            }
            Some(Err(error)) => {
                // Its segment may have been written anew: the next call looks it up again.
                self.forget();
                Err(error)
            }
            None => Ok(()),
        }
    }

    fn start_again(&mut self, reason: String) -> ReadError {
        self.forget();
        ReadError::Unavailable(reason)
    }

    fn forget(&mut self) {
        self.rows.clear();
        self.fetched.clear();
        self.fetching.abort_all();
        self.fetching = JoinSet::new();
    }
}
