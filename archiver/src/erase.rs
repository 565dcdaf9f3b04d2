//! Deleted logs: segments that still hold bytes of them are written again without.

use catalog::archive::{ArchiveError, ArchivedBlock, NewSegment, ShardLease};
use protocol::SegmentId;
use protocol::segment::{Encoded, SegmentBuilder};
use storage::event_log::ReadError;
use storage::objects::ObjectKey;

use crate::crash::{Point, reached};
use crate::parts::{Parts, StepError, compute};

/// Segments of one pass.
const SEGMENTS: u32 = 16;

/// Writes the segments of a shard again that hold bytes of logs which were deleted a while ago.
pub(crate) async fn erase(parts: &Parts, lease: ShardLease) -> Result<(), StepError> {
    let before = parts.ago(parts.options.erase_delay());
    let due = parts
        .catalog
        .segments_to_erase(lease.shard, before, SEGMENTS)
        .await?;
    for segment in due {
        match rewrite(parts, lease, segment).await {
            // Its blocks were merged or deleted meanwhile; the next pass looks again.
            Err(StepError::Archive(ArchiveError::Changed)) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

async fn rewrite(parts: &Parts, lease: ShardLease, old: SegmentId) -> Result<(), StepError> {
    let blocks = parts.catalog.blocks_in(old).await?;
    if blocks.is_empty() {
        return Ok(());
    }
    let bytes = parts.objects.get(&ObjectKey::segment(old)).await?;
    let kept = blocks.clone();
    let Encoded { bytes, index } = compute(move || {
        let mut segment = SegmentBuilder::default();
        for block in &kept {
            segment.push_bytes(&block.entry, slice(&bytes, block)?);
        }
        Ok(segment.finish())
    })
    .await?;
    let id = SegmentId::generate();
    let length = bytes.len() as u64;
    parts
        .objects
        .put_if_absent(&ObjectKey::segment(id), bytes)
        .await?;
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

/// The bytes of a block, which its checksum vouches for.
fn slice<'a>(segment: &'a [u8], block: &ArchivedBlock) -> Result<&'a [u8], StepError> {
    let range = block.entry.range();
    let start = usize::try_from(range.start).unwrap_or(usize::MAX);
    let end = usize::try_from(range.end).unwrap_or(usize::MAX);
    let bytes = segment.get(start..end);
    let sound = bytes.filter(|bytes| block.entry.is_checksum_of(bytes));
    sound.ok_or_else(|| {
        StepError::Read(ReadError::Damaged {
            log: block.entry.log,
            reason: format!("a block of segment {} is damaged", block.segment),
        })
    })
}
