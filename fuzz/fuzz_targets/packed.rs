//! Any bytes are refused as packed events, or pack again to the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::packed::{self, PackedEvents};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(events) = PackedEvents::parse(bytes) {
        let mut again = Vec::new();
        events
            .iter()
            .for_each(|event| packed::push(&mut again, event));
        assert_eq!(again, bytes);
        assert_eq!(events.iter().count(), events.count());
    }
});
