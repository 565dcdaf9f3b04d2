//! Any text is an expression or is refused at a column within it, and no event exhausts the stack.
//!
//! A zero byte divides the expression from the event.

#![no_main]

use event_filter::{EventFilter, Expression};
use libfuzzer_sys::fuzz_target;

// Included by its path, as the batch is.
#[path = "../../control-plane/src/event_filter/mod.rs"]
#[allow(dead_code, reason = "its limits are for the API")]
mod event_filter;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let Ok(text) = str::from_utf8(parts.next().unwrap_or_default()) else {
        return;
    };
    let event = parts.next().unwrap_or_default();
    match text.parse::<Expression>() {
        Ok(expression) => {
            EventFilter::new(None, Some(expression)).matches(event);
        }
        Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.column)),
    }
});
