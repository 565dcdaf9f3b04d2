//! The index of a segment: what its blocks hold and where they are.

use bytes::{Buf as _, BufMut as _, BytesMut};

use super::{BLOCKS_MAX, HEADER, MAGIC, SegmentError, TRAILER_BYTES};
use crate::frame::Head;
use crate::packed::array;
use crate::{ChainHash, LogId, Sequence, Timestamp};

/// Bytes of an entry.
pub const ENTRY_BYTES: usize = 112;

/// One block, as the index knows it.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 16 | log id |
/// | 16 | 8 | first sequence |
/// | 24 | 8 | last sequence |
/// | 32 | 8 | offset of the block in the segment |
/// | 40 | 4 | bytes of the block |
/// | 44 | 4 | bytes of its body before it was compressed |
/// | 48 | 8 | payload bytes of the log after its last event |
/// | 56 | 8 | timestamp of its first event |
/// | 64 | 8 | timestamp of its last event |
/// | 72 | 32 | chain hash after its last event |
/// | 104 | 4 | CRC32C of the block |
/// | 108 | 4 | reserved, 0 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    pub log: LogId,
    pub first: Sequence,
    pub last: Sequence,
    pub offset: u64,
    pub bytes: u32,
    pub body_bytes: u32,
    /// Payload bytes of all events of the log up to `last`.
    pub payload_bytes: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub chain: ChainHash,
    pub checksum: u32,
}

impl IndexEntry {
    /// Where the block lies in its segment.
    pub fn range(&self) -> std::ops::Range<u64> {
        self.offset..self.offset + u64::from(self.bytes)
    }

    /// The block's bytes in those of its segment, if they match their checksum.
    #[must_use]
    pub fn slice<'a>(&self, segment: &'a [u8]) -> Option<&'a [u8]> {
        let start = usize::try_from(self.offset).ok()?;
        let bytes = segment.get(start..)?.get(..self.bytes as usize)?;
        self.is_checksum_of(bytes).then_some(bytes)
    }

    /// Whether these are the block's bytes.
    #[must_use]
    pub fn is_checksum_of(&self, bytes: &[u8]) -> bool {
        bytes.len() == self.bytes as usize && crc32c::crc32c(bytes) == self.checksum
    }

    pub fn events(&self) -> u64 {
        self.last.since(self.first) + 1
    }

    /// The state of the log after the block.
    pub fn head(&self) -> Head {
        Head {
            sequence: self.last,
            timestamp: self.last_at,
            payload_bytes: self.payload_bytes,
            chain: self.chain,
        }
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        out.put_slice(self.log.as_bytes());
        out.put_u64_le(self.first.get());
        out.put_u64_le(self.last.get());
        out.put_u64_le(self.offset);
        out.put_u32_le(self.bytes);
        out.put_u32_le(self.body_bytes);
        out.put_u64_le(self.payload_bytes);
        out.put_u64_le(self.first_at.as_micros());
        out.put_u64_le(self.last_at.as_micros());
        out.put_slice(&self.chain.0);
        out.put_u32_le(self.checksum);
        out.put_u32_le(0);
    }

    /// `blocks_end` is where the index begins: no block reaches further.
    fn decode(entry: &[u8; ENTRY_BYTES], blocks_end: u64) -> Result<Self, SegmentError> {
        let mut fields = &entry[..];
        let length = |_| SegmentError::Length;
        let found = Self {
            log: LogId::from_bytes(array(&mut fields)),
            first: Sequence::new(fields.get_u64_le()).map_err(length)?,
            last: Sequence::new(fields.get_u64_le()).map_err(length)?,
            offset: fields.get_u64_le(),
            bytes: fields.get_u32_le(),
            body_bytes: fields.get_u32_le(),
            payload_bytes: fields.get_u64_le(),
            first_at: Timestamp(fields.get_u64_le()),
            last_at: Timestamp(fields.get_u64_le()),
            chain: ChainHash(array(&mut fields)),
            checksum: fields.get_u32_le(),
        };
        let end = found.offset.checked_add(found.bytes.into());
        let fits = end.is_some_and(|end| end <= blocks_end)
            && found.offset >= HEADER.len() as u64
            && found.first >= Sequence::FIRST
            && found.last >= found.first;
        if !fits {
            return Err(SegmentError::Length);
        }
        if fields != [0; 4] {
            return Err(SegmentError::Format);
        }
        Ok(found)
    }
}

/// Where the index of a segment lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer {
    count: usize,
    checksum: u32,
    start: u64,
}

impl Footer {
    /// Reads the end of a segment; `tail` is its last bytes, at least [`TRAILER_BYTES`], and
    /// `segment_bytes` the length of all of it.
    pub fn of(tail: &[u8], segment_bytes: u64) -> Result<Self, SegmentError> {
        let trailer: &[u8; TRAILER_BYTES] = tail.last_chunk().ok_or(SegmentError::Length)?;
        if trailer[40..] != MAGIC {
            return Err(SegmentError::Format);
        }
        let count = (&trailer[..4]).get_u32_le() as usize;
        if count > BLOCKS_MAX {
            return Err(SegmentError::Length);
        }
        let behind = (count * ENTRY_BYTES + TRAILER_BYTES) as u64;
        let start = segment_bytes.checked_sub(behind);
        let start = start.filter(|start| *start >= HEADER.len() as u64);
        Ok(Self {
            count,
            checksum: (&trailer[36..]).get_u32_le(),
            start: start.ok_or(SegmentError::Length)?,
        })
    }

    /// Bytes from the end of the segment that hold the index and the trailer.
    pub fn bytes(&self) -> usize {
        self.count * ENTRY_BYTES + TRAILER_BYTES
    }

    /// Reads the index; `tail` is the last bytes of the segment, at least [`Self::bytes`].
    pub fn index(&self, tail: &[u8]) -> Result<Vec<IndexEntry>, SegmentError> {
        let start = tail
            .len()
            .checked_sub(self.bytes())
            .ok_or(SegmentError::Length)?;
        let index = &tail[start..];
        let entries = &index[..self.count * ENTRY_BYTES];
        if crc32c::crc32c(&index[..entries.len() + 4]) != self.checksum {
            return Err(SegmentError::Checksum);
        }
        let (entries, _) = entries.as_chunks::<ENTRY_BYTES>();
        entries
            .iter()
            .map(|entry| IndexEntry::decode(entry, self.start))
            .collect()
    }
}
