use proptest::prelude::*;
use uuid::Uuid;

use super::block::{PushError, chain_holds, decode};
use super::*;
use crate::frame::{FrameBuilder, Head, KeyDigest, PayloadDigest};
use crate::{Frame, LogId, Timestamp};

/// An event and the key that it was appended under.
type Event = (Vec<u8>, Option<String>);

fn frame(log: LogId, head: Head, at: u64, events: &[Event]) -> Frame {
    let mut builder = FrameBuilder::new(log, head, Timestamp(at), [7; 16]);
    for (event, key) in events {
        let key = key.as_ref();
        let key = key.map(|key| (KeyDigest::of(key), PayloadDigest::of_event(event)));
        builder.push([event.as_slice()], key).unwrap();
    }
    builder.finish().unwrap()
}

fn frames(log: LogId, batches: &[(u64, Vec<Event>)]) -> Vec<Frame> {
    let mut head = Head::origin(log);
    let mut frames = Vec::new();
    for (at, events) in batches {
        let frame = frame(log, head, *at, events);
        head = frame.head();
        frames.push(frame);
    }
    frames
}

fn block(log: LogId, frames: &[Frame]) -> EncodedBlock {
    let mut builder = BlockBuilder::new(log, Head::origin(log));
    for frame in frames {
        builder.push_frame(frame).unwrap();
    }
    assert_eq!(builder.head(), frames.last().unwrap().head());
    builder.finish().unwrap().unwrap()
}

/// Sequence, time and bytes of every event.
fn events_of<'a>(runs: impl Iterator<Item = &'a crate::Run>) -> Vec<(u64, u64, Vec<u8>)> {
    runs.flat_map(crate::Run::events)
        .map(|event| {
            let time = event.timestamp.as_micros();
            (event.sequence.get(), time, event.bytes.to_vec())
        })
        .collect()
}

fn golden() -> Vec<u8> {
    let golden = include_str!("../../golden/segment-v1.hex").replace('\n', "");
    hex::decode(golden).unwrap()
}

fn golden_log() -> LogId {
    LogId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001))
}

fn golden_frames() -> Vec<Frame> {
    let keyed = (br#"{"inc":10}"#.to_vec(), Some("order-1".to_owned()));
    let first = vec![keyed, (Vec::new(), None)];
    let second = vec![(vec![0x00, 0xff], None)];
    let (one, two) = (1_700_000_000_000_000, 1_700_000_000_500_000);
    frames(golden_log(), &[(one, first), (two, second)])
}

/// Readable for ever; never regenerated.
#[test]
fn the_golden_segment_of_version_1_is_readable() {
    let golden = golden();
    let index = verify(&golden).unwrap();
    assert_eq!(index.len(), 1);
    let entry = &index[0];
    assert_eq!((entry.log, entry.events()), (golden_log(), 3));
    let range = entry.range();
    let bytes = &golden[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
    let block = decode(entry, bytes).unwrap();
    assert_eq!(
        events_of(block.runs.iter()),
        [
            (1, 1_700_000_000_000_000, br#"{"inc":10}"#.to_vec()),
            (2, 1_700_000_000_000_000, Vec::new()),
            (3, 1_700_000_000_500_000, vec![0x00, 0xff]),
        ]
    );
    assert_eq!(block.keys.len(), 1);
    assert_eq!(block.keys[0].key, KeyDigest::of("order-1"));
    assert!(chain_holds(
        entry,
        &block,
        crate::ChainHash::origin(golden_log())
    ));
    assert_eq!(entry.head(), golden_frames()[1].head());
}

#[test]
fn a_segment_is_written_as_specified_but_for_what_the_compressor_does() {
    let block = block(golden_log(), &golden_frames());
    let mut builder = SegmentBuilder::default();
    builder.push(&block);
    let written = builder.finish();
    let golden = golden();
    assert_eq!(written.bytes[..8], golden[..8]);
    let entry = verify(&written.bytes).unwrap()[0];
    assert_eq!(entry, written.index[0]);
    let same = verify(&golden).unwrap()[0];
    let comparable = |entry: IndexEntry| IndexEntry {
        bytes: 0,
        checksum: 0,
        ..entry
    };
    assert_eq!(comparable(entry), comparable(same));
}

#[test]
fn events_that_do_not_follow_are_refused() {
    let log = LogId::generate();
    let batches: Vec<_> = (0..3).map(|index| (index, vec![(vec![1], None)])).collect();
    let frames = frames(log, &batches);
    let mut builder = BlockBuilder::new(log, Head::origin(log));
    builder.push_frame(&frames[0]).unwrap();
    let gap = builder.push_frame(&frames[2]).unwrap_err();
    assert!(matches!(gap, PushError::Gap { .. }));
    let mut other = frames[0].head();
    other.chain = crate::ChainHash([0; 32]);
    let forged = frame(log, other, 1, &[(vec![1], None)]);
    let broken = builder.push_frame(&forged).unwrap_err();
    assert_eq!(broken, PushError::Chain(forged.first()));
}

#[test]
fn every_damaged_byte_is_noticed() {
    let mut builder = SegmentBuilder::default();
    builder.push(&block(golden_log(), &golden_frames()));
    let segment = builder.finish().bytes;
    for position in 0..segment.len() {
        let mut damaged = segment.to_vec();
        damaged[position] ^= 0x40;
        assert!(verify(&damaged).is_err(), "byte {position}");
    }
    for length in 0..segment.len() {
        assert!(verify(&segment[..length]).is_err(), "{length} bytes");
    }
}

fn batches() -> impl Strategy<Value = Vec<(u64, Vec<Event>)>> {
    let event = (
        prop::collection::vec(any::<u8>(), 0..40),
        prop::option::of("[a-z]{1,8}"),
    );
    prop::collection::vec((0u64..4, prop::collection::vec(event, 1..6)), 1..12)
}

proptest! {
    /// Whatever is archived comes back, and its index can be read from the segment's end alone.
    #[test]
    fn events_survive_a_segment(logs in prop::collection::vec(batches(), 1..5)) {
        let mut builder = SegmentBuilder::default();
        let mut expected = Vec::new();
        for batches in &logs {
            let log = LogId::generate();
            let frames = frames(log, batches);
            builder.push(&block(log, &frames));
            expected.push((log, frames));
        }
        let segment = builder.finish();
        let index = verify(&segment.bytes).unwrap();
        prop_assert_eq!(&index, &segment.index);
        let bytes = segment.bytes.len();
        let footer = Footer::of(&segment.bytes[bytes - TRAILER_BYTES..], bytes as u64).unwrap();
        let tail = &segment.bytes[bytes - footer.bytes()..];
        prop_assert_eq!(&footer.index(tail).unwrap(), &index);
        for (entry, (log, frames)) in index.iter().zip(expected) {
            let range = usize::try_from(entry.offset).unwrap()..;
            let block = decode(entry, &segment.bytes[range][..entry.bytes as usize]).unwrap();
            prop_assert_eq!(entry.log, log);
            let runs: Vec<_> = frames.iter().map(crate::Run::from).collect();
            prop_assert_eq!(events_of(block.runs.iter()), events_of(runs.iter()));
            prop_assert!(chain_holds(entry, &block, crate::ChainHash::origin(log)));
            let mut keys = Vec::new();
            for frame in &frames {
                let before = u32::try_from(frame.first().get() - 1).unwrap();
                keys.extend(frame.keys().map(|key| (before + key.index, key.key)));
            }
            let found: Vec<_> = block.keys.iter().map(|key| (key.index, key.key)).collect();
            prop_assert_eq!(found, keys);
        }
    }

    /// Merging blocks gives the block that all of their events would have given at once.
    #[test]
    fn merged_blocks_are_as_one(batches in batches(), cut in 1usize..11) {
        let log = LogId::generate();
        let frames = frames(log, &batches);
        let cut = cut.min(frames.len());
        let whole = block(log, &frames);
        let mut merged = BlockBuilder::new(log, Head::origin(log));
        let mut head = Head::origin(log);
        for part in [&frames[..cut], &frames[cut..]].into_iter().filter(|part| !part.is_empty()) {
            let mut builder = BlockBuilder::new(log, head);
            for frame in part {
                builder.push_frame(frame).unwrap();
            }
            let part = builder.finish().unwrap().unwrap();
            head = part.entry.head();
            merged.push_block(&decode(&part.entry, &part.bytes).unwrap(), head).unwrap();
        }
        let merged = merged.finish().unwrap().unwrap();
        prop_assert_eq!(merged.entry, whole.entry);
        prop_assert_eq!(merged.bytes, whole.bytes);
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(mut bytes: Vec<u8>, mask: bool) {
        if mask && bytes.len() > 60 {
            bytes[..8].copy_from_slice(&HEADER);
            let end = bytes.len();
            bytes[end - 4..].copy_from_slice(&MAGIC);
            bytes[end - 43..end - 40].copy_from_slice(&[0; 3]);
        }
        let _ = verify(&bytes);
        if let Ok(footer) = Footer::of(&bytes, bytes.len() as u64) {
            let _ = footer.index(&bytes);
        }
        let mut entry = block(golden_log(), &golden_frames()).entry;
        entry.bytes = u32::try_from(bytes.len()).unwrap();
        entry.checksum = crc32c::crc32c(&bytes);
        let _ = decode(&entry, &bytes);
        let body = zstd::bulk::compress(&bytes, 1).unwrap();
        entry.body_bytes = entry.bytes;
        entry.bytes = u32::try_from(body.len()).unwrap();
        entry.checksum = crc32c::crc32c(&body);
        let _ = decode(&entry, &body);
    }
}
