//! Segments: the archive's objects, each with blocks of many logs.
//!
//! Version 1, all numbers little-endian:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `PSEG` |
//! | 4 | 1 | version = 1 |
//! | 5 | 1 | codec = 1, zstd |
//! | 6 | 2 | reserved, 0 |
//! | 8 | … | the blocks, one behind the other, see [`block`] |
//! | … | 112 each | the index, an [`IndexEntry`] for each block |
//! | … | 4 | count of blocks |
//! | … | 32 | BLAKE3 of the header, the blocks, the index and the count |
//! | … | 4 | CRC32C of the index and the count |
//! | … | 4 | magic `PSEG` |
//!
//! The last 44 bytes and then the index can be read without the blocks, and each block by itself:
//! the index is protected by its CRC32C and each block by its own; the BLAKE3 hash is for whoever
//! reads the whole segment.

pub mod block;
mod index;

use bytes::{BufMut as _, Bytes, BytesMut};

pub use self::block::{Block, BlockBuilder, BlockError, EncodedBlock};
pub use self::index::{ENTRY_BYTES, Footer, IndexEntry};

const MAGIC: [u8; 4] = *b"PSEG";
const VERSION: u8 = 1;
const CODEC_ZSTD: u8 = 1;
const HEADER: [u8; 8] = [b'P', b'S', b'E', b'G', VERSION, CODEC_ZSTD, 0, 0];

/// Bytes at the end of a segment: count, hash, checksum and magic.
pub const TRAILER_BYTES: usize = 44;

/// The most blocks that one segment may hold; bounds what reading its index takes.
pub const BLOCKS_MAX: usize = 1 << 20;

/// Why bytes are not a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    #[error("not a segment, or one of a format that this program does not know")]
    Format,
    #[error("the segment is cut off, or its index does not fit its bytes")]
    Length,
    #[error("the segment does not match its checksum")]
    Checksum,
}

/// A segment and where its blocks are.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub bytes: Bytes,
    pub index: Vec<IndexEntry>,
}

/// Collects blocks into a segment.
#[derive(Debug)]
pub struct SegmentBuilder {
    bytes: BytesMut,
    index: Vec<IndexEntry>,
}

impl Default for SegmentBuilder {
    fn default() -> Self {
        Self {
            bytes: BytesMut::from(&HEADER[..]),
            index: Vec::new(),
        }
    }
}

impl SegmentBuilder {
    /// Adds a block. Its entry in the index is given the block's offset.
    pub fn push(&mut self, block: &EncodedBlock) {
        self.index.push(IndexEntry {
            offset: self.bytes.len() as u64,
            ..block.entry
        });
        self.bytes.put_slice(&block.bytes);
    }

    /// The whole object.
    #[must_use]
    pub fn finish(mut self) -> Encoded {
        let index_start = self.bytes.len();
        for entry in &self.index {
            entry.encode(&mut self.bytes);
        }
        // BLOCKS_MAX is far below what the field holds.
        self.bytes
            .put_u32_le(u32::try_from(self.index.len()).unwrap_or(u32::MAX));
        let hash = blake3::hash(&self.bytes);
        let checksum = crc32c::crc32c(&self.bytes[index_start..]);
        self.bytes.put_slice(hash.as_bytes());
        self.bytes.put_u32_le(checksum);
        self.bytes.put_slice(&MAGIC);
        Encoded {
            bytes: self.bytes.freeze(),
            index: self.index,
        }
    }
}

/// Reads a whole segment: verifies its hash and gives its index.
pub fn verify(bytes: &[u8]) -> Result<Vec<IndexEntry>, SegmentError> {
    if bytes.get(..HEADER.len()) != Some(&HEADER[..]) {
        return Err(SegmentError::Format);
    }
    let footer = Footer::of(bytes, bytes.len() as u64)?;
    let hashed = bytes.len() - (TRAILER_BYTES - 4);
    let hash = bytes.get(hashed..hashed + 32);
    if hash != Some(&blake3::hash(&bytes[..hashed]).as_bytes()[..]) {
        return Err(SegmentError::Checksum);
    }
    footer.index(bytes)
}

#[cfg(test)]
mod tests;
