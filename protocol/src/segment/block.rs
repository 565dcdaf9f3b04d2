//! Blocks: consecutive events of one log, compressed.
//!
//! A block is the zstd-compressed form of a body:
//!
//! | bytes | field |
//! |---|---|
//! | 4 | count of runs, at least 1 |
//! | 4 | count of keys |
//! | 12 each | runs: `u32` count of events, `u64` their timestamp |
//! | 40 each | keys, as in a frame, their index counted from the block's first event |
//! | … | all events in their packed form |
//!
//! Frames that share a timestamp become one run. The writer's nonce and the chain hash of each
//! frame are left behind: a nonce matters for seconds, and the chain is recomputed from the events.

use bytes::{Buf as _, BufMut as _, Bytes};

use super::index::IndexEntry;
use crate::frame::{Head, KeyEntry, keys};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_BYTES_TARGET};
use crate::packed::PackedEvents;
use crate::{ChainHash, Frame, LogId, Run, Sequence, Timestamp};

/// Between speed and size: JSON shrinks to about a tenth at hundreds of megabytes a second.
const ZSTD_LEVEL: i32 = 3;
const COUNTS_BYTES: usize = 8;
const RUN_BYTES: usize = 12;

/// Why bytes are not a block.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    #[error("the block does not match its checksum")]
    Checksum,
    #[error("the block does not match its entry in the index: {0}")]
    Content(&'static str),
    #[error("the block can't be decompressed: {0}")]
    Compression(#[from] std::io::Error),
}

/// Why events can't be added to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    #[error("sequence {found} can't follow {last}")]
    Gap { last: Sequence, found: Sequence },
    #[error("the hash chain breaks before sequence {0}")]
    Chain(Sequence),
}

/// A compressed block and its entry, whose offset is still 0.
#[derive(Clone, Debug)]
pub struct EncodedBlock {
    pub entry: IndexEntry,
    pub bytes: Bytes,
}

/// A block that was read.
#[derive(Clone, Debug)]
pub struct Block {
    pub runs: Vec<Run>,
    /// Idempotency keys of its events, counted from the block's first.
    pub keys: Vec<KeyEntry>,
}

impl Block {
    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        let events: usize = self.runs.iter().map(|run| run.packed_events().len()).sum();
        events + self.runs.len() * size_of::<Run>() + self.keys.len() * size_of::<KeyEntry>()
    }
}

/// Collects consecutive events of a log into one block.
#[derive(Debug)]
pub struct BlockBuilder {
    log: LogId,
    first: Sequence,
    first_at: Timestamp,
    head: Head,
    runs: Vec<(u32, Timestamp)>,
    keys: Vec<KeyEntry>,
    events: Vec<u8>,
}

impl BlockBuilder {
    /// A block whose events follow `head`.
    pub fn new(log: LogId, head: Head) -> Self {
        Self {
            log,
            first: head.sequence.next(),
            first_at: head.timestamp,
            head,
            runs: Vec::new(),
            keys: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The state of the log after the block as it is.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Whether it holds as much as a block should.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.body_bytes() >= BLOCK_BYTES_TARGET
    }

    fn body_bytes(&self) -> usize {
        COUNTS_BYTES
            + self.runs.len() * RUN_BYTES
            + self.keys.len() * keys::ENTRY_BYTES
            + self.events.len()
    }

    /// Adds a frame of the hot log, and verifies that the hash chain goes on with it.
    pub fn push_frame(&mut self, frame: &Frame) -> Result<(), PushError> {
        self.check_next(frame.first())?;
        if !frame.chain_holds(self.head.chain) {
            return Err(PushError::Chain(frame.first()));
        }
        let events_before = self.events_so_far();
        for entry in frame.keys() {
            self.push_key(events_before, entry);
        }
        self.push_events(frame.count(), frame.timestamp(), frame.packed_events());
        self.head = frame.head();
        Ok(())
    }

    /// Adds another block of the log; `after` is the state of the log behind it.
    pub fn push_block(&mut self, block: &Block, after: Head) -> Result<(), PushError> {
        let events_before = self.events_so_far();
        for run in &block.runs {
            self.check_next(run.first())?;
            self.push_events(run.count(), run.timestamp(), run.packed_events());
            self.head.sequence = run.last();
        }
        for entry in &block.keys {
            self.push_key(events_before, *entry);
        }
        self.head = after;
        Ok(())
    }

    fn check_next(&self, found: Sequence) -> Result<(), PushError> {
        let last = self.head.sequence;
        if found == last.next() {
            Ok(())
        } else {
            Err(PushError::Gap { last, found })
        }
    }

    fn events_so_far(&self) -> u64 {
        self.head.sequence.next().since(self.first)
    }

    /// A block never holds so many events that the index of a key does not fit; if it did, the key
    /// would be left out, long after it mattered.
    fn push_key(&mut self, events_before: u64, entry: KeyEntry) {
        if let Ok(index) = u32::try_from(events_before + u64::from(entry.index)) {
            self.keys.push(KeyEntry { index, ..entry });
        }
    }

    fn push_events(&mut self, count: u32, timestamp: Timestamp, packed: &[u8]) {
        if self.runs.is_empty() {
            self.first_at = timestamp;
        }
        match self.runs.last_mut() {
            Some((events, at)) if *at == timestamp && events.checked_add(count).is_some() => {
                *events += count;
            }
            _ => self.runs.push((count, timestamp)),
        }
        self.events.extend_from_slice(packed);
    }

    /// Drops the keys of events that are older than `since`.
    pub fn drop_keys_before(&mut self, since: Timestamp) {
        if self.head.timestamp < since {
            self.keys.clear();
        }
    }

    /// Compresses the block; `None` when it holds no event.
    pub fn finish(self) -> Result<Option<EncodedBlock>, std::io::Error> {
        if self.runs.is_empty() {
            return Ok(None);
        }
        let mut body = Vec::with_capacity(self.body_bytes());
        body.put_u32_le(length(self.runs.len()));
        body.put_u32_le(length(self.keys.len()));
        for (count, timestamp) in &self.runs {
            body.put_u32_le(*count);
            body.put_u64_le(timestamp.as_micros());
        }
        for entry in &self.keys {
            keys::encode(entry, &mut body);
        }
        body.extend_from_slice(&self.events);
        let bytes = Bytes::from(zstd::bulk::compress(&body, ZSTD_LEVEL)?);
        let entry = IndexEntry {
            log: self.log,
            first: self.first,
            last: self.head.sequence,
            offset: 0,
            bytes: length(bytes.len()),
            body_bytes: length(body.len()),
            payload_bytes: self.head.payload_bytes,
            first_at: self.first_at,
            last_at: self.head.timestamp,
            chain: self.head.chain,
            checksum: crc32c::crc32c(&bytes),
        };
        Ok(Some(EncodedBlock { entry, bytes }))
    }
}

/// Blocks are far below 4 GiB.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Reads a block and checks it against its entry.
pub fn decode(entry: &IndexEntry, bytes: &[u8]) -> Result<Block, BlockError> {
    if !entry.is_checksum_of(bytes) {
        return Err(BlockError::Checksum);
    }
    let body_bytes = entry.body_bytes as usize;
    if body_bytes > BLOCK_BYTES_MAX {
        return Err(BlockError::Content("it is too large"));
    }
    let body = Bytes::from(zstd::bulk::decompress(bytes, body_bytes)?);
    if body.len() != body_bytes {
        return Err(BlockError::Content("its length"));
    }
    let mut rest = &body[..];
    let mut count = || rest.try_get_u32_le().map(|count| count as usize);
    let (Ok(runs), Ok(keys)) = (count(), count()) else {
        return Err(BlockError::Content("its length"));
    };
    let runs = rest.split_off(..runs.saturating_mul(RUN_BYTES));
    let runs = runs.ok_or(BlockError::Content("its runs"))?;
    let keys = rest.split_off(..keys.saturating_mul(keys::ENTRY_BYTES));
    let keys = keys.ok_or(BlockError::Content("its keys"))?;
    let runs = split(entry, &body, runs, rest)?;
    let keys: Vec<_> = keys::decode(keys).collect();
    if !keys.iter().all(|key| key.lies_within(entry.events())) {
        return Err(BlockError::Content("its keys"));
    }
    Ok(Block { runs, keys })
}

/// Cuts the events into the runs that the body lists.
fn split(
    entry: &IndexEntry,
    body: &Bytes,
    runs: &[u8],
    events: &[u8],
) -> Result<Vec<Run>, BlockError> {
    let (runs, _) = runs.as_chunks::<RUN_BYTES>();
    let mut found = Vec::with_capacity(runs.len());
    let mut first = entry.first;
    let mut rest = events;
    for run in runs {
        let mut fields = &run[..];
        let count = fields.get_u32_le();
        let packed = PackedEvents::take(rest, count as usize)
            .filter(|_| count > 0)
            .ok_or(BlockError::Content("its events"))?;
        let last = first.advance(u64::from(count) - 1);
        let last = last.ok().filter(|last| *last <= entry.last);
        let last = last.ok_or(BlockError::Content("its sequences"))?;
        let timestamp = Timestamp(fields.get_u64_le());
        found.push(Run::new(first, count, timestamp, body.slice_ref(packed)));
        rest = &rest[packed.len()..];
        first = last.next();
    }
    if !rest.is_empty() || first != entry.last.next() || found.is_empty() {
        return Err(BlockError::Content("its events"));
    }
    Ok(found)
}

/// Whether the hash chain goes on with the events of a block from its value before them.
#[must_use]
pub fn chain_holds(entry: &IndexEntry, block: &Block, before: ChainHash) -> bool {
    before.extend_by(block.runs.iter().flat_map(Run::events)) == entry.chain
}
