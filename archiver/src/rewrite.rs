//! Rewriting: segments that still hold bytes of deleted logs are written again without them.

use catalog::archive::{ArchiveError, ArchivedBlock, NewSegment, ShardLease};
use protocol::SegmentId;
use protocol::segment::{Encoded, EncodedBlock, SegmentBuilder};
use storage::event_log::ReadError;
use storage::objects::ObjectKey;

use crate::crash::{Point, reached};
use crate::parts::{ArchiverParts, StepError, compute};

/// Segments of one pass.
const SEGMENTS: u32 = 16;

/// Writes the segments of a shard again that hold bytes of logs which were deleted a while ago.
pub(crate) async fn rewrite_due(parts: &ArchiverParts, lease: ShardLease) -> Result<(), StepError> {
    let before = parts.ago(parts.options.erase_delay());
    let due = parts
        .catalog
        .segments_to_erase(lease.shard, before, SEGMENTS);
    for segment in due.await? {
        match rewrite(parts, lease, segment).await {
            // Its blocks were merged or deleted meanwhile; the next pass looks again.
            Err(StepError::Archive(ArchiveError::Changed)) => {}
            rewritten => rewritten?,
        }
    }
    Ok(())
}

async fn rewrite(
    parts: &ArchiverParts,
    lease: ShardLease,
    old: SegmentId,
) -> Result<(), StepError> {
    let blocks = parts.catalog.blocks_in(old).await?;
    if blocks.is_empty() {
        return Ok(());
    }
    let bytes = parts.objects.get(&ObjectKey::segment(old)).await?;
    let kept = blocks.clone();
    let Encoded { bytes, index } = compute(move || {
        let mut segment = SegmentBuilder::default();
        for block in &kept {
            let (entry, segment_id) = (block.entry, block.segment);
            let damaged = || format!("a block of segment {segment_id} is damaged");
            let slice = entry.slice(&bytes);
            let slice = slice.ok_or_else(|| ReadError::damaged(entry.log, damaged()))?;
            let bytes = bytes.slice_ref(slice);
            segment.push(&EncodedBlock { entry, bytes });
        }
        Ok(segment.finish())
    })
    .await?;
    let length = bytes.len() as u64;
    let id = parts.upload(bytes).await?;
    reached(Point::EraseUploaded);
    let moved = blocks.into_iter().zip(index);
    let moved = moved.map(|(block, entry)| ArchivedBlock {
        segment: id,
        entry,
        ..block
    });
    let new = NewSegment {
        id,
        bytes: length,
        blocks: moved.collect(),
    };
    parts.catalog.move_blocks(lease, old, new).await?;
    reached(Point::EraseRecorded);
    Ok(())
}
