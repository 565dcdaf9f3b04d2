//! Reading a frame back. The input is treated as hostile: every length is checked before it is
//! used, and nothing is allocated in proportion to a number in the input.

use bytes::{Buf as _, Bytes};

use super::{Frame, HEADER_BYTES, TRAILER_BYTES, VERSION, keys};
use crate::limits::FRAME_BYTES_MAX;
use crate::packed::{PackedEvents, array};
use crate::{ChainHash, LogId, Run, Sequence, Timestamp};

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

impl Frame {
    /// Reads and verifies a frame, but for its chain hash, which takes the frame before it
    /// ([`Frame::chain_holds`]).
    pub fn decode(bytes: Bytes) -> Result<Self, FrameError> {
        if !(4..=FRAME_BYTES_MAX).contains(&bytes.len()) {
            return Err(FrameError::Length);
        }
        let mut fields = &bytes[..];
        let (version, flags) = (fields.get_u8(), fields.get_u8());
        let reserved = fields.get_u16_le();
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        if flags != 0 || reserved != 0 {
            return Err(FrameError::Flags(flags));
        }
        let body_end = bytes.len() - 4;
        if (&bytes[body_end..]).get_u32_le() != crc32c::crc32c(&bytes[..body_end]) {
            return Err(FrameError::Checksum);
        }
        if bytes.len() < HEADER_BYTES + TRAILER_BYTES {
            return Err(FrameError::Length);
        }
        let count = fields.get_u32_le();
        let log = LogId::from_bytes(array(&mut fields));
        let first = Sequence::new(fields.get_u64_le()).map_err(|_| FrameError::Sequence)?;
        let timestamp = Timestamp(fields.get_u64_le());
        let nonce = array(&mut fields);
        let payload_bytes_before = fields.get_u64_le();
        let keys_bytes = fields.get_u32_le() as usize;
        let events_bytes = fields.get_u32_le() as usize;
        let keys_end = HEADER_BYTES.checked_add(keys_bytes);
        let events_end = keys_end.and_then(|end| end.checked_add(events_bytes));
        let (Some(keys_end), Some(events_end)) = (keys_end, events_end) else {
            return Err(FrameError::Length);
        };
        if events_end.checked_add(TRAILER_BYTES) != Some(bytes.len()) {
            return Err(FrameError::Length);
        }
        let chain = ChainHash(array(&mut &bytes[events_end..]));
        check_sequences(first, count)?;
        check_keys(&bytes[HEADER_BYTES..keys_end], count)?;
        let events = bytes.slice(keys_end..events_end);
        let parsed = PackedEvents::parse(&events).map_err(|_| FrameError::Count)?;
        let payload_bytes = payload_bytes_before.checked_add(events_bytes as u64);
        if parsed.count() != count as usize || payload_bytes.is_none() {
            return Err(FrameError::Count);
        }
        Ok(Self {
            log,
            run: Run::new(first, count, timestamp, events),
            nonce,
            payload_bytes_before,
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
    let fits = keys::decode(section).all(|entry| entry.lies_within(count.into()));
    if fits { Ok(()) } else { Err(FrameError::Keys) }
}
