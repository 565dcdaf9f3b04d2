//! What the catalog knows of the archive: the blocks of each log, the segments that hold them, and
//! how far each shard is archived.
//!
//! Operational rows: no control event speaks of them, and a restore fills them from the segments.
//!
//! Architecture Invariant: a block's row is written only after its segment was uploaded, and frames
//! are trimmed only after the rows of their blocks were committed. Whoever holds a shard proves it
//! in the transaction that relies on it ([`ShardLease`]).

mod align;
mod erase;
mod lease;
mod merge;
mod read;
mod record;
mod restore;
mod status;
mod trim;

use protocol::segment::IndexEntry;
use protocol::{ChainHash, LogId, SegmentId, Sequence};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait};

pub use self::align::Aligned;
pub(super) use self::erase::forget_log;
pub use self::lease::ShardLease;
pub use self::merge::Merge;
pub use self::read::ArchivedEnd;
pub use self::record::{ArchiveError, NewSegment};
pub use self::status::{ArchiveStatus, ShardStatus};
pub(super) use self::trim::set_retention;

use super::CatalogError;
use super::column::{from_time, from_u64, to_digest, to_sequence, to_time, to_u64};
use super::entity::{archive_block, archive_segment, delete, insert, set};
use super::record::Change;

/// The level of blocks that are never merged again.
pub const LEVEL_FULL: u8 = 9;

/// Rows of one statement: databases bound how many values it may have.
const ROWS_PER_STATEMENT: usize = 1_000;

/// A block, and the segment that it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchivedBlock {
    pub segment: SegmentId,
    pub entry: IndexEntry,
    /// How often it was merged.
    pub level: u8,
    /// The hot log may still hold its frames and is to drop them.
    pub trim_pending: bool,
}

fn to_block(row: archive_block::Model) -> Result<ArchivedBlock, CatalogError> {
    let small = |number: i64| u32::try_from(number).map_err(super::column::corrupt);
    Ok(ArchivedBlock {
        segment: SegmentId(row.segment_id),
        entry: IndexEntry {
            log: LogId(row.log_id),
            first: to_sequence(row.first)?,
            last: to_sequence(row.last)?,
            offset: to_u64(row.byte_offset),
            bytes: small(row.bytes)?,
            body_bytes: small(row.body_bytes)?,
            payload_bytes: to_u64(row.payload_bytes),
            first_at: to_time(row.first_at),
            last_at: to_time(row.last_at),
            chain: ChainHash(to_digest(row.chain)?),
            checksum: small(row.checksum)?,
        },
        level: u8::try_from(row.level).unwrap_or(LEVEL_FULL),
        trim_pending: row.trim_pending,
    })
}

fn from_block(shard: u16, block: &ArchivedBlock) -> archive_block::ActiveModel {
    let entry = &block.entry;
    archive_block::ActiveModel {
        log_id: Set(entry.log.0),
        first: Set(from_u64(entry.first.get())),
        last: Set(from_u64(entry.last.get())),
        segment_id: Set(block.segment.0),
        byte_offset: Set(from_u64(entry.offset)),
        bytes: Set(entry.bytes.into()),
        body_bytes: Set(entry.body_bytes.into()),
        payload_bytes: Set(from_u64(entry.payload_bytes)),
        first_at: Set(from_time(entry.first_at)),
        last_at: Set(from_time(entry.last_at)),
        chain: Set(entry.chain.0.to_vec()),
        checksum: Set(entry.checksum.into()),
        shard: Set(shard.into()),
        level: Set(block.level.into()),
        trim_pending: Set(block.trim_pending),
    }
}

async fn insert_blocks(
    sql: &impl ConnectionTrait,
    shard: u16,
    blocks: &[ArchivedBlock],
) -> Result<(), CatalogError> {
    for blocks in blocks.chunks(ROWS_PER_STATEMENT) {
        let rows = blocks.iter().map(|block| from_block(shard, block));
        archive_block::Entity::insert_many(rows)
            .exec_without_returning(sql)
            .await?;
    }
    Ok(())
}

/// Records a segment with those of its blocks whose logs exist. One that holds others, too, of logs
/// that were deleted while it was on its way, is to be written again.
async fn insert_segment(
    change: &Change,
    shard: u16,
    segment: &NewSegment,
    live: &[ArchivedBlock],
) -> Result<(), CatalogError> {
    let deleted = live.len() < segment.blocks.len();
    let (id, bytes) = (segment.id, segment.bytes);
    insert_segment_row(change, shard, id, bytes, live.len(), deleted).await?;
    insert_blocks(change.sql(), shard, live).await
}

async fn insert_segment_row(
    change: &Change,
    shard: u16,
    id: SegmentId,
    bytes: u64,
    live_blocks: usize,
    deleted: bool,
) -> Result<(), CatalogError> {
    let now = from_time(change.at());
    let row = archive_segment::ActiveModel {
        id: Set(id.0),
        shard: Set(shard.into()),
        bytes: Set(from_u64(bytes)),
        live_blocks: Set(from_u64(live_blocks as u64)),
        created_at: Set(now),
        erase_since: Set(deleted.then_some(now)),
        // One whose blocks were all deleted meanwhile is waste from the beginning.
        retired_at: Set((live_blocks == 0).then_some(now)),
    };
    Ok(insert(change.sql(), row).await?)
}

/// Takes blocks off a segment's account, and retires it when none is left.
async fn release_blocks(
    change: &Change,
    segment: SegmentId,
    blocks: usize,
) -> Result<(), CatalogError> {
    let sql = change.sql();
    let live = archive_segment::Column::LiveBlocks;
    let left = Expr::col(live).sub(from_u64(blocks as u64));
    let row = archive_segment::Column::Id.eq(segment.0);
    set::<archive_segment::Entity>(sql, live, left, row.clone()).await?;
    let retired_at = archive_segment::Column::RetiredAt;
    let waste = row.and(live.lte(0)).and(retired_at.is_null());
    set::<archive_segment::Entity>(sql, retired_at, from_time(change.at()), waste).await
}

/// The rows of some blocks of a log, by their first sequences.
async fn delete_blocks(
    sql: &impl ConnectionTrait,
    segment: SegmentId,
    log: LogId,
    firsts: &[Sequence],
) -> Result<u64, CatalogError> {
    let mut deleted = 0;
    for firsts in firsts.chunks(ROWS_PER_STATEMENT) {
        let firsts = firsts.iter().map(|first| from_u64(first.get()));
        let rows = Condition::all()
            .add(archive_block::Column::LogId.eq(log.0))
            .add(archive_block::Column::SegmentId.eq(segment.0))
            .add(archive_block::Column::First.is_in(firsts));
        deleted += delete::<archive_block::Entity>(sql, rows).await?;
    }
    Ok(deleted)
}
