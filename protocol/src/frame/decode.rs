//! Reading a frame back. The input is treated as hostile: every length is checked before it is
//! used, and nothing is allocated in proportion to a number in the input.

use bytes::Bytes;

use super::{Frame, HEADER_BYTES, TRAILER_BYTES, VERSION, keys};
use crate::limits::FRAME_BYTES_MAX;
use crate::packed::PackedEvents;
use crate::{ChainHash, LogId, Sequence, Timestamp};

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the frame is cut off or longer than it says")]
    Length,
    #[error("the frame's version {0} is not known to this program; a newer one may read it")]
    Version(u8),
    #[error("the frame's flags {0:#04x} are not known to this program; a newer one may read it")]
    Flags(u8),
    #[error("the frame's checksum does not match its bytes")]
    Checksum,
    #[error("the frame's count does not match its events")]
    Count,
    #[error("a sequence of the frame is 0 or above 2^53-1")]
    Sequence,
    #[error("an idempotency key of the frame covers events that it does not hold")]
    Keys,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(FrameError::Length)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u32(&mut self) -> Result<u32, FrameError> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, FrameError> {
        self.take().map(u64::from_le_bytes)
    }
}

impl Frame {
    /// Reads and verifies a frame, but for its chain hash, which takes the frame before it
    /// ([`Frame::chain_holds`]).
    ///
    /// # Errors
    /// When the bytes are not exactly one frame of a known version.
    pub fn decode(bytes: Bytes) -> Result<Self, FrameError> {
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameError::Length);
        }
        let mut reader = Reader(&bytes);
        let [version, flags, reserved @ ..] = reader.take::<4>()?;
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        if flags != 0 || reserved != [0, 0] {
            return Err(FrameError::Flags(flags));
        }
        let body_end = bytes.len().checked_sub(4).ok_or(FrameError::Length)?;
        let mut checksum = Reader(&bytes[body_end..]);
        if checksum.u32()? != crc32c::crc32c(&bytes[..body_end]) {
            return Err(FrameError::Checksum);
        }
        let count = reader.u32()?;
        let log = LogId::from_bytes(reader.take()?);
        let first = Sequence::new(reader.u64()?).map_err(|_| FrameError::Sequence)?;
        let timestamp = Timestamp(reader.u64()?);
        let nonce = reader.take()?;
        let payload_bytes_before = reader.u64()?;
        let keys_bytes = reader.u32()? as usize;
        let events_bytes = reader.u32()? as usize;
        let events_start = HEADER_BYTES
            .checked_add(keys_bytes)
            .ok_or(FrameError::Length)?;
        let events_end = events_start
            .checked_add(events_bytes)
            .ok_or(FrameError::Length)?;
        if events_end.checked_add(TRAILER_BYTES) != Some(bytes.len()) {
            return Err(FrameError::Length);
        }
        let chain = ChainHash(Reader(&bytes[events_end..]).take()?);
        check_sequences(first, count)?;
        check_keys(&bytes[HEADER_BYTES..events_start], count)?;
        let events = PackedEvents::parse(&bytes[events_start..events_end]);
        let events = events.map_err(|_| FrameError::Count)?;
        if events.count() != count as usize {
            return Err(FrameError::Count);
        }
        if payload_bytes_before
            .checked_add(events_bytes as u64)
            .is_none()
        {
            return Err(FrameError::Count);
        }
        Ok(Self {
            log,
            first,
            count,
            timestamp,
            nonce,
            payload_bytes_before,
            events_start,
            events_end,
            chain,
            bytes,
        })
    }
}

fn check_sequences(first: Sequence, count: u32) -> Result<(), FrameError> {
    let behind_first = u64::from(count).checked_sub(1).ok_or(FrameError::Count)?;
    if first == Sequence::ZERO || first.advance(behind_first).is_err() {
        return Err(FrameError::Sequence);
    }
    Ok(())
}

fn check_keys(section: &[u8], count: u32) -> Result<(), FrameError> {
    if !section.len().is_multiple_of(keys::ENTRY_BYTES) {
        return Err(FrameError::Keys);
    }
    let fits = keys::decode(section).all(|entry| {
        entry.count > 0
            && entry
                .index
                .checked_add(entry.count)
                .is_some_and(|end| end <= count)
    });
    if fits { Ok(()) } else { Err(FrameError::Keys) }
}
