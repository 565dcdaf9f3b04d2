//! Any bytes are refused as a segment or a block, or give blocks that hold what their entries say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::segment::{Footer, IndexEntry, block, verify};
use protocol::{ChainHash, LogId, Sequence, Timestamp};

fuzz_target!(|bytes: &[u8]| {
    let _ = verify(bytes);
    if let Ok(footer) = Footer::of(bytes, bytes.len() as u64)
        && let Ok(index) = footer.index(bytes)
    {
        assert!(index.iter().all(|entry| entry.range().end <= bytes.len() as u64));
    }
    // As a block: compressed by whoever made it, and as a body that is compressed here.
    let compressed = zstd::bulk::compress(bytes, 1).unwrap();
    for (bytes, body_bytes) in [(bytes, 1 << 16), (&compressed[..], bytes.len())] {
        let entry = entry(bytes, body_bytes);
        let Ok(found) = block::decode(&entry, bytes) else {
            continue;
        };
        assert_eq!(found.runs[0].first(), entry.first);
        assert_eq!(found.runs.last().unwrap().last(), entry.last);
        let events: u64 = found.runs.iter().map(|run| run.events().count() as u64).sum();
        assert_eq!(events, entry.events());
    }
});

fn entry(bytes: &[u8], body_bytes: usize) -> IndexEntry {
    let log = LogId::from_bytes([1; 16]);
    IndexEntry {
        log,
        first: Sequence::FIRST,
        last: Sequence::new(3).unwrap(),
        offset: 8,
        bytes: u32::try_from(bytes.len()).unwrap(),
        body_bytes: u32::try_from(body_bytes).unwrap(),
        payload_bytes: 0,
        first_at: Timestamp(0),
        last_at: Timestamp(0),
        chain: ChainHash::origin(log),
        checksum: crc32c::crc32c(bytes),
    }
}
