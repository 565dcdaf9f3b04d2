//! Any body of a batch is refused, or splits into as many packed events as it says.
//!
//! The first byte chooses the form.

#![no_main]

use batch::{Delimiter, Form, split};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use protocol::packed::PackedEvents;

// Included by its path: it is pure, and building all of the control plane for it takes minutes.
#[path = "../../control-plane/src/batch/mod.rs"]
#[allow(
    dead_code,
    reason = "its error codes and query strings have tests of their own"
)]
mod batch;

fuzz_target!(|input: &[u8]| {
    let Some((form, body)) = input.split_first() else {
        return;
    };
    let form = match form % 4 {
        0 => Form::Ndjson,
        1 => Form::JsonArray,
        2 => Form::Packed,
        _ => Form::Delimited(Delimiter::new(b"\r\n".to_vec()).unwrap()),
    };
    if let Ok(batch) = split(&Bytes::copy_from_slice(body), &form) {
        let events = PackedEvents::parse(&batch.packed).unwrap();
        assert_eq!(events.count(), batch.count as usize);
    }
});
