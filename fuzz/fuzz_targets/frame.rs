//! Any bytes are refused as a frame, or hold together.
//!
//! A checksum stands in the way of random bytes, so it is put right first.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::Frame;

fuzz_target!(|bytes: &[u8]| {
    let _ = Frame::decode(bytes.to_vec().into());
    let mut frame = bytes.to_vec();
    frame.extend_from_slice(&crc32c::crc32c(bytes).to_le_bytes());
    let Ok(frame) = Frame::decode(frame.into()) else {
        return;
    };
    assert_eq!(frame.events().count(), frame.count() as usize);
    let payload: u64 = frame.events().map(|event| event.bytes.len() as u64).sum();
    let before = frame.head().payload_bytes.checked_sub(payload);
    assert!(before.is_some());
    assert_eq!(
        frame.events().last().map(|event| event.sequence),
        Some(frame.last())
    );
    for key in frame.keys() {
        assert!(key.count > 0 && key.index + key.count <= frame.count());
    }
    let _ = frame.chain_holds(protocol::ChainHash::origin(frame.log()));
});
