//! Cutting a segment: what is pending of a shard becomes blocks, an object, and rows.

use std::collections::HashSet;

use bytes::Bytes;
use catalog::archive::{ArchivedBlock, LEVEL_FULL, NewSegment, ShardLease};
use catalog::{Retention, Stored};
use protocol::frame::Head;
use protocol::segment::{BlockBuilder, Encoded, IndexEntry, SegmentBuilder};
use protocol::{Frame, LogId};
use storage::event_log::{ReadError, StoredFrame};
use tokio::time::Instant;

use crate::crash::{Point, reached};
use crate::metrics;
use crate::options::ArchiverOptions;
use crate::parts::{ArchiverParts, StepError, compute};
use crate::pending::Pending;

/// Bytes of frames that are read at a time where some are missing.
const GAP_BYTES: usize = 8 << 20;

/// The new frames of a log, and what they follow.
struct Part {
    log: LogId,
    retention: Retention,
    after: Head,
    frames: Vec<Frame>,
}

/// Whether a segment is to be cut: at 10,000 events, 16 MiB or 30 seconds, unless the options say
/// otherwise.
pub(crate) fn is_due(pending: &Pending, options: &ArchiverOptions) -> bool {
    !pending.is_empty()
        && (pending.events >= options.segment_events
            || pending.bytes >= options.segment_bytes
            || pending.age() >= options.segment_age)
}

/// Archives what is pending: uploads it and records it. Frames that are archived already, and those
/// of deleted logs, are left out.
pub(crate) async fn cut(
    parts: &ArchiverParts,
    lease: ShardLease,
    pending: &mut Pending,
) -> Result<ShardLease, StepError> {
    let started = Instant::now();
    let new = gather(parts, pending).await?;
    let stored: Vec<_> = new
        .iter()
        .flat_map(|part| Stored::of_frames(&part.frames))
        .collect();
    let segment = upload(parts, new).await?;
    if started.elapsed() > parts.options.record_within {
        return Err(StepError::Failed(
            "the segment took too long on its way; it is cut again".to_owned(),
        ));
    }
    let lease = parts
        .catalog
        .record_segment(lease, segment, &stored, pending.through)
        .await?;
    reached(Point::Recorded);
    *pending = Pending::behind(lease.position);
    Ok(lease)
}

/// What is pending and not archived, as the bytes of a segment that is recorded nowhere.
pub(crate) async fn encode_pending(
    parts: &ArchiverParts,
    pending: &Pending,
) -> Result<Option<Bytes>, StepError> {
    let new = gather(parts, pending).await?;
    let encoded = compute(move || encode(new)).await?;
    Ok((!encoded.index.is_empty()).then_some(encoded.bytes))
}

/// The frames of existing logs that are not archived yet, without a gap.
async fn gather(parts: &ArchiverParts, pending: &Pending) -> Result<Vec<Part>, StepError> {
    let logs: Vec<_> = pending.logs.keys().copied().collect();
    let ends = parts.catalog.archived_ends(&logs).await?;
    let mut new = Vec::with_capacity(ends.len());
    for end in ends {
        let log = end.log;
        let part = Part {
            log,
            retention: end.retention,
            after: end.head.unwrap_or_else(|| Head::origin(log)),
            frames: pending.logs.get(&log).cloned().unwrap_or_default(),
        };
        match complete(parts, part).await {
            Ok(part) => new.extend(part),
            Err(StepError::Read(error @ ReadError::Damaged { .. })) => leave_out(log, &error),
            Err(error) => return Err(error),
        }
    }
    Ok(new)
}

/// Leaves out what is archived, and reads what is missing between the archive's end and the frames.
async fn complete(parts: &ArchiverParts, mut part: Part) -> Result<Option<Part>, StepError> {
    let mut complete: Vec<Frame> = Vec::with_capacity(part.frames.len());
    let mut next = part.after.sequence.next();
    for frame in part.frames {
        while next < frame.first() {
            let read = parts.event_log.read(part.log, next, GAP_BYTES).await?;
            let before = next;
            for StoredFrame { frame: found, .. } in read {
                if found.first() == next && next < frame.first() {
                    next = found.last().next();
                    complete.push(found);
                }
            }
            if next == before {
                let reason = format!("sequence {next} is not in the hot log and not archived");
                return Err(ReadError::damaged(part.log, reason).into());
            }
        }
        if frame.first() == next {
            next = frame.last().next();
            complete.push(frame);
        }
    }
    part.frames = complete;
    Ok((!part.frames.is_empty()).then_some(part))
}

async fn upload(parts: &ArchiverParts, new: Vec<Part>) -> Result<Option<NewSegment>, StepError> {
    let trimmed = new
        .iter()
        .filter(|part| part.retention == Retention::Archive);
    let trimmed: HashSet<_> = trimmed.map(|part| part.log).collect();
    let Encoded { bytes, index } = compute(move || encode(new)).await?;
    if index.is_empty() {
        return Ok(None);
    }
    let length = bytes.len() as u64;
    let id = parts.upload(bytes).await?;
    reached(Point::Uploaded);
    let events = index.iter().map(IndexEntry::events).sum();
    let raw = index.iter().map(|entry| u64::from(entry.body_bytes)).sum();
    metrics::segment(events, raw, length);
    tracing::debug!(%id, events, blocks = index.len(), bytes = length, "a segment was cut");
    let blocks = index.into_iter().map(|entry| ArchivedBlock {
        segment: id,
        entry,
        level: level(0, entry.body_bytes),
        trim_pending: trimmed.contains(&entry.log),
    });
    Ok(Some(NewSegment {
        id,
        bytes: length,
        blocks: blocks.collect(),
    }))
}

/// The level of a block that was made on a level: large ones are never merged.
pub(crate) fn level(made_on: u8, body_bytes: u32) -> u8 {
    if body_bytes as usize >= protocol::limits::BLOCK_BYTES_TARGET {
        LEVEL_FULL
    } else {
        made_on.min(LEVEL_FULL)
    }
}

/// A log that can't be archived as it is keeps no other one from it. It stays in the hot log, because
/// nothing is trimmed that is not archived, and is tried again with its next frame.
fn leave_out(log: LogId, error: &ReadError) {
    tracing::error!(%log, %error, "a log is not archived any more, and not trimmed");
    metrics::damaged();
}

fn encode(parts: Vec<Part>) -> Result<Encoded, StepError> {
    let mut segment = SegmentBuilder::default();
    for part in parts {
        let log = part.log;
        match blocks(part) {
            Ok(blocks) => {
                for block in blocks {
                    push(&mut segment, block)?;
                }
            }
            Err(error) => leave_out(log, &error),
        }
    }
    Ok(segment.finish())
}

/// One block, or several for a log with much.
fn blocks(part: Part) -> Result<Vec<BlockBuilder>, ReadError> {
    let Part {
        log, after, frames, ..
    } = part;
    let mut full = Vec::new();
    let mut block = BlockBuilder::new(log, after);
    for frame in &frames {
        if block.is_full() {
            let next = BlockBuilder::new(log, block.head());
            full.push(std::mem::replace(&mut block, next));
        }
        let pushed = block.push_frame(frame);
        pushed.map_err(|error| ReadError::damaged(log, error))?;
    }
    full.push(block);
    Ok(full)
}

pub(crate) fn push(segment: &mut SegmentBuilder, block: BlockBuilder) -> Result<(), StepError> {
    if let Some(block) = block.finish()? {
        segment.push(&block);
    }
    Ok(())
}
