//! Any text is refused as an API key, or is exactly the key that it was read as.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::api_key::ApiKey;

fuzz_target!(|text: &str| {
    if let Ok(key) = ApiKey::parse(text) {
        assert_eq!(key.expose(), text);
    }
});
