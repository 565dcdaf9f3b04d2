//! Any upload is refused or accepted as a component, without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|upload: &[u8]| {
    let _ = worker::loader::inspect(upload);
});
