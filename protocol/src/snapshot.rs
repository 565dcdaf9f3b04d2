//! Snapshot objects: a view's serialized state at a sequence.
//!
//! Version 1, all numbers little-endian:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `PSNP` |
//! | 4 | 1 | version = 1 |
//! | 5 | 1 | codec = 1, zstd |
//! | 6 | 2 | reserved, 0 |
//! | 8 | 16 | version id of the view version |
//! | 24 | 8 | sequence that the state reflects |
//! | 32 | 8 | bytes of the state |
//! | 40 | 32 | BLAKE3 of the 40 bytes before, then the state |
//! | 72 | … | the state, compressed |

use std::io::Read as _;

use bytes::{Buf as _, Bytes};

use crate::packed::array;
use crate::{Sequence, VersionId};

const MAGIC: [u8; 4] = *b"PSNP";
const VERSION: u8 = 1;
const CODEC_ZSTD: u8 = 1;
const HEADER_BYTES: usize = 72;

/// Fast enough that writing a snapshot never dominates, and about as small as higher levels make
/// typical states.
const ZSTD_LEVEL: i32 = 1;

/// A state read back from a snapshot object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub version: VersionId,
    pub sequence: Sequence,
    pub state: Vec<u8>,
}

/// Why an object is not a usable snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("not a snapshot, or one of a format that this program does not know")]
    Format,
    #[error("the state has {bytes} bytes, more than the limit of {limit}")]
    TooLarge { bytes: u64, limit: usize },
    #[error("the state does not match its checksum")]
    Checksum,
    #[error("the state can't be decompressed: {0}")]
    Compression(#[from] std::io::Error),
}

/// Encodes a state into a snapshot object.
pub fn encode(
    version: VersionId,
    sequence: Sequence,
    state: &[u8],
) -> Result<Bytes, std::io::Error> {
    let mut out = Vec::with_capacity(HEADER_BYTES + state.len() / 3);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, CODEC_ZSTD, 0, 0]);
    out.extend_from_slice(version.as_bytes());
    out.extend_from_slice(&sequence.get().to_le_bytes());
    out.extend_from_slice(&(state.len() as u64).to_le_bytes());
    let digest = digest(&out, state);
    out.extend_from_slice(&digest);
    zstd::stream::copy_encode(state, &mut out, ZSTD_LEVEL)?;
    Ok(out.into())
}

/// Reads a snapshot object back and verifies it.
///
/// # Errors
/// When the object is damaged, of an unknown format, or its state larger than `state_bytes_max`.
pub fn decode(object: &[u8], state_bytes_max: usize) -> Result<Snapshot, SnapshotError> {
    let (header, body) = object
        .split_at_checked(HEADER_BYTES)
        .ok_or(SnapshotError::Format)?;
    if header[..4] != MAGIC || header[4..8] != [VERSION, CODEC_ZSTD, 0, 0] {
        return Err(SnapshotError::Format);
    }
    let mut fields = &header[8..];
    let version = VersionId::from_bytes(array(&mut fields));
    let sequence = Sequence::new(fields.get_u64_le()).map_err(|_| SnapshotError::Format)?;
    let (bytes, limit) = (fields.get_u64_le(), state_bytes_max);
    let length = usize::try_from(bytes).ok();
    let length = length.filter(|length| *length <= limit);
    let length = length.ok_or(SnapshotError::TooLarge { bytes, limit })?;
    // Allocates what the header promises only as far as the data can possibly bear it out.
    let mut state = Vec::with_capacity(length.min(body.len().saturating_mul(64)));
    let decoder = zstd::stream::Decoder::with_buffer(body)?;
    decoder
        .take(bytes.saturating_add(1))
        .read_to_end(&mut state)?;
    if state.len() != length || digest(&header[..40], &state) != header[40..] {
        return Err(SnapshotError::Checksum);
    }
    Ok(Snapshot {
        version,
        sequence,
        state,
    })
}

fn digest(header: &[u8], state: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new()
        .update(header)
        .update(state)
        .finalize()
        .as_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: VersionId = VersionId(uuid::Uuid::from_u128(2));

    /// Readable for ever; never regenerated.
    #[test]
    fn the_golden_snapshot_of_version_1_is_readable() {
        let golden = include_str!("../golden/snapshot-v1.hex").replace('\n', "");
        let snapshot = decode(&hex::decode(golden).unwrap(), 1 << 20).unwrap();
        assert_eq!(snapshot.version, ID);
        assert_eq!(snapshot.sequence.get(), 42);
        assert_eq!(snapshot.state, br#"{"value":5}"#);
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let object = encode(ID, Sequence::FIRST, b"state of the view").unwrap();
        for position in 0..object.len() {
            let mut damaged = object.to_vec();
            damaged[position] ^= 0x40;
            // A flipped bit in the compressed stream's own header may leave the content as it was.
            let sound = decode(&damaged, 1 << 20).ok();
            assert!(
                sound.is_none_or(|it| it.state == b"state of the view"),
                "byte {position}"
            );
        }
    }

    #[test]
    fn a_state_above_the_limit_is_refused_before_it_is_unpacked() {
        let object = encode(ID, Sequence::FIRST, &vec![0; 1 << 20]).unwrap();
        assert!(object.len() < 1_000);
        let error = decode(&object, 1_000).unwrap_err();
        assert!(matches!(
            error,
            SnapshotError::TooLarge {
                bytes: 1_048_576,
                limit: 1_000
            }
        ));
    }

    proptest! {
        #[test]
        fn states_survive_a_snapshot(state: Vec<u8>, sequence in 0u64..1 << 53) {
            let sequence = Sequence::new(sequence).unwrap();
            let object = encode(ID, sequence, &state).unwrap();
            let expected = Snapshot { version: ID, sequence, state };
            prop_assert_eq!(decode(&object, 1 << 30).unwrap(), expected);
        }

        #[test]
        fn any_bytes_decode_or_fail_without_a_panic(mut bytes: Vec<u8>, mask in any::<bool>()) {
            if mask && bytes.len() > 8 {
                bytes[..8].copy_from_slice(b"PSNP\x01\x01\0\0");
            }
            let _ = decode(&bytes, 1 << 16);
        }
    }
}
