//! Any bytes are refused as a snapshot, or hold a state within its limit that encodes again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::snapshot;

const STATE_BYTES_MAX: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    // Random bytes hardly ever begin with the magic number, so it is tried in front of them, too.
    let prefixed = [b"PSNP\x01\x01\0\0".as_slice(), bytes].concat();
    for object in [bytes, &prefixed] {
        let Ok(found) = snapshot::decode(object, STATE_BYTES_MAX) else {
            continue;
        };
        assert!(found.state.len() <= STATE_BYTES_MAX);
        let again = snapshot::encode(found.version, found.sequence, &found.state).unwrap();
        assert_eq!(snapshot::decode(&again, STATE_BYTES_MAX).unwrap(), found);
    }
});
