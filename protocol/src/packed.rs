//! The packed form of a run of events: `u32` length in little-endian, then the bytes, repeated.
//!
//! It is what `application/vnd.primatomic.events` carries, what a frame stores and what a view's
//! packed export receives, so that an event is copied and never converted on its way.

use bytes::Buf as _;

/// The media type of packed events over HTTP.
pub const MEDIA_TYPE: &str = "application/vnd.primatomic.events";

/// Bytes in front of each event.
pub const LENGTH_BYTES: usize = 4;

/// Appends one event in its packed form. Events are limited far below 4 GiB before they get here;
/// a longer one would be cut and is a bug.
pub fn push(packed: &mut Vec<u8>, event: &[u8]) {
    let length = u32::try_from(event.len()).unwrap_or(u32::MAX);
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(&event[..length as usize]);
}

/// The next `N` bytes of fields, of which the caller knows that they are there.
pub(crate) fn array<const N: usize>(fields: &mut &[u8]) -> [u8; N] {
    let mut array = [0; N];
    fields.copy_to_slice(&mut array);
    array
}

/// A run of packed events whose lengths were checked.
#[derive(Clone, Copy, Debug)]
pub struct PackedEvents<'a> {
    bytes: &'a [u8],
    count: usize,
}

/// Why bytes are not packed events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the length at byte {offset} reaches past the end of the data")]
pub struct MalformedPackedEvents {
    pub offset: usize,
}

impl<'a> PackedEvents<'a> {
    /// Checks every length once.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedPackedEvents> {
        let mut rest = bytes;
        let mut count = 0;
        while !rest.is_empty() {
            let Some((_, tail)) = split_event(rest) else {
                return Err(MalformedPackedEvents {
                    offset: bytes.len() - rest.len(),
                });
            };
            rest = tail;
            count += 1;
        }
        Ok(Self { bytes, count })
    }

    /// The bytes of the first `count` events; `None` when there are fewer.
    pub(crate) fn take(bytes: &'a [u8], count: usize) -> Option<&'a [u8]> {
        let mut rest = bytes;
        for _ in 0..count {
            (_, rest) = split_event(rest)?;
        }
        bytes.get(..bytes.len() - rest.len())
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// The events in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        iter(self.bytes)
    }
}

/// The events of bytes whose lengths were checked before; stops at the first that does not fit.
pub(crate) fn iter(bytes: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (event, tail) = split_event(rest)?;
        rest = tail;
        Some(event)
    })
}

/// The first event and what is behind it; `None` where its length reaches past the end.
pub fn split_event(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_past_the_end_is_named_by_its_offset() {
        let mut packed = Vec::new();
        push(&mut packed, b"ok");
        packed.extend([9, 0, 0, 0, 1]);
        assert_eq!(
            PackedEvents::parse(&packed).unwrap_err(),
            MalformedPackedEvents { offset: 6 }
        );
        assert_eq!(PackedEvents::parse(&packed[..8]).unwrap_err().offset, 6);
    }

    proptest! {
        #[test]
        fn events_survive_packing(events: Vec<Vec<u8>>) {
            let mut packed = Vec::new();
            for event in &events {
                push(&mut packed, event);
            }
            let parsed = PackedEvents::parse(&packed).unwrap();
            prop_assert_eq!(parsed.count(), events.len());
            prop_assert_eq!(parsed.iter().collect::<Vec<_>>(), events);
        }

        #[test]
        fn any_bytes_parse_or_fail_without_a_panic(bytes: Vec<u8>) {
            if let Ok(parsed) = PackedEvents::parse(&bytes) {
                prop_assert_eq!(parsed.iter().count(), parsed.count());
            }
        }
    }
}
