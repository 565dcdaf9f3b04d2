//! `docs/formats.md` shows bytes: each of them is what the code reads and writes.

use bytes::Bytes;
use protocol::api_key::ApiKey;
use protocol::limits::FRAME_BYTES_MAX;
use protocol::packed::PackedEvents;
use protocol::{ChainHash, Frame, Timestamp, segment, snapshot};

const FORMATS: &str = include_str!("../../../docs/formats.md");

/// The code blocks of a section.
fn blocks(section: &str) -> Vec<String> {
    let (_, text) = FORMATS.split_once(&format!("\n## {section}\n")).unwrap();
    let (text, _) = text.split_once("\n## ").unwrap_or((text, ""));
    let blocks = text.split("```").skip(1).step_by(2);
    blocks
        .map(|block| block.strip_prefix("text\n").unwrap().to_owned())
        .collect()
}

/// The bytes of a block that explains each line behind two blanks.
fn explained(block: &str) -> Vec<u8> {
    let lines = block.lines();
    let hex = lines.map(|line| line.split_once("  ").map_or(line, |(hex, _)| hex));
    hex::decode(hex.collect::<String>().replace(' ', "")).unwrap()
}

fn golden(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace('\n', "")).unwrap()
}

#[test]
fn the_packed_events_are_those_of_the_golden_frame() {
    let packed = explained(&blocks("Packed events")[0]);
    let events = PackedEvents::parse(&packed).unwrap();
    let expected = [br#"{"inc":10}"#.as_slice(), b"", b"\x00\xff"];
    assert_eq!(events.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_frame_is_the_golden_one() {
    let frame = explained(&blocks("Frame")[0]);
    assert_eq!(frame, golden(include_str!("../../golden/frame-v1.hex")));
    assert_eq!(FRAME_BYTES_MAX, 10_951_296);
}

#[test]
fn the_hash_chain_is_that_of_the_golden_frame() {
    let golden = golden(include_str!("../../golden/frame-v1.hex"));
    let frame = Frame::decode(Bytes::from(golden)).unwrap();
    assert!(FORMATS.contains(&format!("has the id `{}`", frame.log())));
    assert_eq!(frame.timestamp(), Timestamp(1_700_000_000_000_000));
    let mut chain = ChainHash::origin(frame.log());
    let row = |n: u64, chain: ChainHash| {
        let rows = FORMATS
            .lines()
            .filter(|line| line.starts_with(&format!("| {n} |")));
        let ending = format!("| `{chain}` |");
        assert_eq!(
            rows.filter(|line| line.ends_with(&ending)).count(),
            1,
            "{n}"
        );
    };
    row(0, chain);
    let input = explained(&blocks("Hash chain")[1]);
    for event in frame.events() {
        chain = chain.extend(event.sequence, event.timestamp, event.bytes);
        row(event.sequence.get(), chain);
        if event.sequence.get() == 1 {
            assert_eq!(chain.0, *blake3::hash(&input).as_bytes());
        }
    }
    assert_eq!(chain, frame.head().chain);
}

#[test]
fn the_segment_is_the_golden_one() {
    let object = explained(&blocks("Segment")[0]);
    assert_eq!(object, golden(include_str!("../../golden/segment-v1.hex")));
    let index = segment::verify(&object).unwrap();
    assert_eq!(index.len(), 1);
    assert_eq!((index[0].bytes, index[0].body_bytes), (101, 96));
    assert_eq!((index[0].offset, index[0].payload_bytes), (8, 12));
}

#[test]
fn the_snapshot_is_the_golden_one() {
    let object = explained(&blocks("Snapshot")[0]);
    assert_eq!(object, golden(include_str!("../../golden/snapshot-v1.hex")));
    let found = snapshot::decode(&object, 1_000).unwrap();
    assert!(FORMATS.contains(&format!("of the version `{}`", found.version)));
    assert_eq!(found.sequence.get(), 42);
}

#[test]
fn the_api_key_is_one() {
    let key = blocks("API key")[1].trim().to_owned();
    assert_eq!(ApiKey::parse(&key).unwrap().expose(), key);
}
