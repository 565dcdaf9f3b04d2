//! Any text is refused as a name, or is one that stands in a URL as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::Name;

fuzz_target!(|text: &str| {
    if let Ok(name) = text.parse::<Name>() {
        assert_eq!(name.as_str(), text);
        assert!((1..=128).contains(&text.len()));
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"/?#%".contains(&byte))
        );
    }
});
