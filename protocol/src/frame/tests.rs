//! Round trips, damage and the golden file of frames.

use proptest::prelude::*;

use super::*;

const LOG: LogId = LogId(uuid::Uuid::from_u128(
    0x0192_0000_0000_7000_8000_0000_0000_0001,
));

fn sample() -> Frame {
    let mut builder = FrameBuilder::new(
        LOG,
        Head::origin(LOG),
        Timestamp(1_700_000_000_000_000),
        [9; 16],
    );
    let key = KeyDigest::of("order-1");
    let payload = PayloadDigest::of_event(br#"{"inc":10}"#);
    builder
        .push([br#"{"inc":10}"#.as_slice()], Some((key, payload)))
        .unwrap();
    builder.push([b"".as_slice(), b"\x00\xff"], None).unwrap();
    builder.finish().unwrap()
}

/// The bytes of version 1 as they were first written. They must be readable for ever, so this file
/// is never regenerated: a change that fails here breaks every stored log.
#[test]
fn the_golden_frame_of_version_1_is_readable() {
    let golden = include_str!("../../golden/frame-v1.hex");
    let golden = Bytes::from(hex::decode(golden.replace(['\n', ' '], "")).unwrap());
    assert_eq!(
        hex::encode(sample().encoded()),
        hex::encode(&golden),
        "the encoder has changed"
    );
    let frame = Frame::decode(golden).unwrap();
    assert_eq!(frame.log(), LOG);
    assert_eq!(
        (frame.first().get(), frame.last().get(), frame.count()),
        (1, 3, 3)
    );
    assert_eq!(frame.head().payload_bytes, 12);
    assert!(frame.chain_holds(ChainHash::origin(LOG)));
    let events: Vec<_> = frame.events().map(|event| event.bytes).collect();
    assert_eq!(events, [br#"{"inc":10}"#.as_slice(), b"", b"\x00\xff"]);
    assert_eq!(frame.keys().next().unwrap().key, KeyDigest::of("order-1"));
}

#[test]
fn every_damaged_byte_is_noticed() {
    let encoded = sample().encoded().to_vec();
    for position in 0..encoded.len() {
        let mut damaged = encoded.clone();
        damaged[position] ^= 1;
        assert!(Frame::decode(damaged.into()).is_err(), "byte {position}");
    }
    for length in 0..encoded.len() {
        assert!(
            Frame::decode(encoded[..length].to_vec().into()).is_err(),
            "length {length}"
        );
    }
}

#[test]
fn a_frame_with_a_right_checksum_but_a_wrong_count_is_refused() {
    let mut encoded = sample().encoded().to_vec();
    encoded[4] = 4;
    let end = encoded.len() - 4;
    let checksum = crc32c::crc32c(&encoded[..end]);
    encoded[end..].copy_from_slice(&checksum.to_le_bytes());
    assert_eq!(
        Frame::decode(encoded.into()).unwrap_err(),
        FrameError::Count
    );
}

#[test]
fn a_key_without_events_leaves_no_trace() {
    let mut builder = FrameBuilder::new(LOG, Head::origin(LOG), Timestamp(1), [0; 16]);
    let key = (KeyDigest::of("empty"), PayloadDigest([0; 16]));
    builder.push([], Some(key)).unwrap();
    builder.push([b"a".as_slice()], None).unwrap();
    let frame = builder.finish().unwrap();
    let decoded = Frame::decode(frame.encoded().clone()).unwrap();
    assert_eq!((decoded.count(), decoded.keys().count()), (1, 0));
}

#[test]
fn timestamps_never_go_backwards() {
    let head = sample().head();
    let mut builder = FrameBuilder::new(LOG, head, Timestamp(1), [0; 16]);
    builder.push([b"late".as_slice()], None).unwrap();
    assert_eq!(builder.finish().unwrap().timestamp(), head.timestamp);
}

#[test]
fn a_log_ends_at_the_largest_sequence() {
    let almost = Sequence::new(Sequence::MAX.get() - 1).unwrap();
    let head = Head {
        sequence: almost,
        ..Head::origin(LOG)
    };
    let mut builder = FrameBuilder::new(LOG, head, Timestamp(1), [0; 16]);
    assert_eq!(builder.push([b"a".as_slice(), b"b"], None), Err(FrameFull));
    assert_eq!(builder.push([b"a".as_slice()], None), Ok(Sequence::MAX));
    assert_eq!(builder.push([b"b".as_slice()], None), Err(FrameFull));
    let frame = builder.finish().unwrap();
    assert_eq!(
        Frame::decode(frame.encoded().clone()).unwrap().last(),
        Sequence::MAX
    );
}

proptest! {
    #[test]
    fn frames_survive_encoding(
        groups in prop::collection::vec((prop::collection::vec(any::<Vec<u8>>(), 1..5), any::<bool>()), 1..8),
        start in 0u64..1 << 40,
        time in any::<u32>(),
    ) {
        let head = Head { sequence: Sequence::new(start).unwrap(), ..Head::origin(LOG) };
        let mut builder = FrameBuilder::new(LOG, head, Timestamp(time.into()), [3; 16]);
        let mut keys = 0;
        for (index, (events, keyed)) in groups.iter().enumerate() {
            let key = keyed.then(|| (KeyDigest::of(&index.to_string()), PayloadDigest([1; 16])));
            keys += usize::from(*keyed);
            builder.push(events.iter().map(Vec::as_slice), key).unwrap();
        }
        let frame = builder.finish().unwrap();
        let decoded = Frame::decode(frame.encoded().clone()).unwrap();
        let sent: Vec<&[u8]> = groups.iter().flat_map(|(events, _)| events).map(Vec::as_slice).collect();
        prop_assert_eq!(decoded.events().map(|event| event.bytes).collect::<Vec<_>>(), sent);
        prop_assert_eq!(decoded.head(), frame.head());
        prop_assert_eq!(decoded.keys().count(), keys);
        prop_assert_eq!(decoded.first().get(), start + 1);
        prop_assert!(decoded.chain_holds(head.chain));
        prop_assert!(!decoded.chain_holds(ChainHash([0; 32])));
    }

    #[test]
    fn any_bytes_decode_or_fail_without_a_panic(bytes: Vec<u8>) {
        let _ = Frame::decode(bytes.into());
    }
}
