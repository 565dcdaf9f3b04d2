//! Compaction: small blocks of a log are merged, so that reading it takes few requests.
//!
//! Blocks have levels. Sixteen of one level become one of the next, so an event is written again as
//! often as its log grows sixteenfold, and never once its block is large.

use std::collections::HashMap;

use bytes::Bytes;
use catalog::archive::{ArchivedBlock, Merge, ShardLease};
use protocol::frame::Head;
use protocol::segment::{Block, BlockBuilder, Encoded, SegmentBuilder, block};
use protocol::{ChainHash, LogId, SegmentId, Timestamp};
use storage::event_log::ReadError;
use storage::objects::ObjectKey;

use crate::crash::{Point, reached};
use crate::cut::{level, push};
use crate::metrics;
use crate::parts::{ArchiverParts, StepError, compute};

/// Logs that are looked at in one pass.
const LOGS: u32 = 4_096;
/// A segment is fetched whole when so many of its blocks are wanted.
const WHOLE_FROM: usize = 3;
/// Blocks of one log in one pass.
const BLOCKS: u32 = 256;
/// Bytes of blocks, before compression, that one pass writes at most.
const BODY_BYTES_MAX: u64 = 64 << 20;

/// Consecutive blocks that are to become one.
type Group = Vec<ArchivedBlock>;

/// Merges what there is to merge in a shard, up to the bounds of one pass.
pub(crate) async fn merge(parts: &ArchiverParts, lease: ShardLease) -> Result<(), StepError> {
    let fan_in = parts.options.merged_blocks.max(2);
    let logs = parts.catalog.mergeable_logs(lease.shard, fan_in, LOGS);
    let logs = logs.await?;
    let mut groups: Vec<Group> = Vec::new();
    let mut body_bytes = 0;
    for (log, level) in logs {
        let blocks = parts.catalog.blocks_on_level(log, level, BLOCKS).await?;
        for group in grouped(blocks) {
            if group.len() < 2 {
                for block in &group {
                    parts.catalog.mark_block_full(lease.shard, block).await?;
                }
                continue;
            }
            body_bytes += bytes_of(&group);
            groups.push(group);
        }
        if body_bytes >= BODY_BYTES_MAX {
            break;
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    write(parts, lease, groups).await
}

fn bytes_of(group: &[ArchivedBlock]) -> u64 {
    let bytes = group.iter().map(|block| u64::from(block.entry.body_bytes));
    bytes.sum()
}

/// Runs of blocks that follow each other, each as large as a block may get.
fn grouped(blocks: Vec<ArchivedBlock>) -> Vec<Group> {
    let target = protocol::limits::BLOCK_BYTES_TARGET as u64;
    let mut groups: Vec<Group> = Vec::new();
    for block in blocks {
        match groups.last_mut() {
            Some(group) if bytes_of(group) < target && is_next(group, &block) => group.push(block),
            _ => groups.push(vec![block]),
        }
    }
    groups
}

fn is_next(group: &Group, block: &ArchivedBlock) -> bool {
    let last = group.last().map(|last| last.entry.last);
    last.is_some_and(|last| last.next() == block.entry.first)
}

async fn write(
    parts: &ArchiverParts,
    lease: ShardLease,
    groups: Vec<Group>,
) -> Result<(), StepError> {
    let mut sources = Sources::new(parts, &groups);
    let mut contents = Vec::with_capacity(groups.len());
    for group in &groups {
        let mut blocks = Vec::with_capacity(group.len());
        for block in group {
            blocks.push(sources.fetch(block).await?);
        }
        contents.push(blocks);
    }
    // Keys matter as long as the hot log is kept for them.
    let keys_since = parts.ago(parts.options.hot);
    let (groups, Encoded { bytes, index }) = compute(move || {
        let segment = encode(&groups, contents, keys_since)?;
        Ok((groups, segment))
    })
    .await?;
    let length = bytes.len() as u64;
    let id = parts.upload(bytes).await?;
    reached(Point::MergeUploaded);
    let merged = groups.iter().map(Vec::len).sum();
    let merges = groups.into_iter().zip(index).map(|(from, entry)| {
        let made_on = from.first().map_or(0, |block| block.level + 1);
        let into = ArchivedBlock {
            segment: id,
            entry,
            level: level(made_on, entry.body_bytes),
            trim_pending: false,
        };
        Merge { from, into }
    });
    parts
        .catalog
        .record_merges(lease, id, length, merges.collect())
        .await?;
    reached(Point::MergeRecorded);
    metrics::merged(merged);
    Ok(())
}

/// The segments that blocks are read from. Logs that grow together lie in the same segments, so one
/// of which many blocks are wanted is fetched whole: requests cost more than bytes.
struct Sources<'a> {
    parts: &'a ArchiverParts,
    /// How many blocks of a segment are wanted.
    wanted: HashMap<SegmentId, usize>,
    whole: HashMap<SegmentId, Bytes>,
}

impl<'a> Sources<'a> {
    fn new(parts: &'a ArchiverParts, groups: &[Group]) -> Self {
        let mut wanted = HashMap::new();
        for block in groups.iter().flatten() {
            *wanted.entry(block.segment).or_default() += 1;
        }
        Self {
            parts,
            wanted,
            whole: HashMap::new(),
        }
    }

    async fn fetch(&mut self, block: &ArchivedBlock) -> Result<Block, StepError> {
        let bytes = self.bytes(block).await?;
        let (entry, segment) = (block.entry, block.segment);
        compute(move || {
            block::decode(&entry, &bytes).map_err(|error| {
                ReadError::damaged(entry.log, format!("segment {segment}: {error}")).into()
            })
        })
        .await
    }

    async fn bytes(&mut self, block: &ArchivedBlock) -> Result<Bytes, StepError> {
        let key = ObjectKey::segment(block.segment);
        if self.wanted.get(&block.segment).copied().unwrap_or_default() < WHOLE_FROM {
            let range = block.entry.range();
            return Ok(self.parts.objects.get_range(&key, range).await?);
        }
        let whole = match self.whole.get(&block.segment) {
            Some(whole) => whole.clone(),
            None => {
                let whole = self.parts.objects.get(&key).await?;
                self.whole.insert(block.segment, whole.clone());
                whole
            }
        };
        // Without its bytes a block is found to be damaged, too.
        let bytes = block.entry.slice(&whole).unwrap_or_default();
        Ok(whole.slice_ref(bytes))
    }
}

fn encode(
    groups: &[Group],
    contents: Vec<Vec<Block>>,
    keys_since: Timestamp,
) -> Result<Encoded, StepError> {
    let mut segment = SegmentBuilder::default();
    for (group, blocks) in groups.iter().zip(contents) {
        let Some(first) = group.first() else { continue };
        let log = first.entry.log;
        let mut builder = BlockBuilder::new(log, before(log, first));
        for (row, block) in group.iter().zip(&blocks) {
            let pushed = builder.push_block(block, row.entry.head());
            pushed.map_err(|error| ReadError::damaged(log, error))?;
        }
        builder.drop_keys_before(keys_since);
        push(&mut segment, builder)?;
    }
    Ok(segment.finish())
}

/// The state of the log before a block, as far as merging needs it: the chain stays what it was.
fn before(log: LogId, block: &ArchivedBlock) -> Head {
    Head {
        sequence: block.entry.first.previous(),
        timestamp: block.entry.first_at,
        payload_bytes: 0,
        chain: ChainHash::origin(log),
    }
}
