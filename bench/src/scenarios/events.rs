//! The events that scenarios append.

use std::fmt::Write;

/// The size of an event, unless a scenario says otherwise.
pub(super) const EVENT_BYTES: usize = 200;
/// The size of a document.
const DOCUMENT_BYTES: usize = 1_000;

/// An event of the counter.
pub(super) const INCREMENT: &[u8] = br#"{"inc":1}"#;

/// A JSON object of [`EVENT_BYTES`], such as a gateway would report; different for every `number`.
pub(super) fn call(number: u64) -> Vec<u8> {
    let event = format!(
        r#"{{"type":"api.call","endpoint":"/v1/generate","request":"{number:016x}","customer":"acme-{}","region":"us-east","status":200,"latency_ms":{},"note":""#,
        number % 97,
        number % 1_009,
    );
    padded(event, 'x')
}

/// An event of the usage-metering view, of about [`EVENT_BYTES`]; models alternate.
pub(super) fn usage(number: u64) -> Vec<u8> {
    const MODELS: [&str; 5] = [
        "gpt-4",
        "gpt-4o-mini",
        "claude-3-opus",
        "llama-3-70b",
        "mistral",
    ];
    let model = MODELS[usize::try_from(number % 5).unwrap_or_default()];
    let event = format!(
        r#"{{"type":"api.call","endpoint":"/v1/generate","tokens_in":{},"tokens_out":{},"model":"{model}","request_id":"{number:032x}","customer":"acme"#,
        100 + number % 900,
        200 + number % 1_800,
    );
    padded(event, '-')
}

/// Fills the last text of a JSON object up to [`EVENT_BYTES`], and closes both.
fn padded(mut event: String, filler: char) -> Vec<u8> {
    let closing = r#""}"#;
    let missing = EVENT_BYTES.saturating_sub(event.len() + closing.len());
    event.extend(std::iter::repeat_n(filler, missing));
    event.push_str(closing);
    event.into_bytes()
}

/// An event as an API that charges for its use would report it, of about [`EVENT_BYTES`] and with a
/// random id: no two are alike, and each `number` always gives the same.
pub(super) fn realistic(number: u64) -> Vec<u8> {
    const KINDS: [&str; 4] = [
        "api.request",
        "storage.write",
        "storage.read",
        "job.finished",
    ];
    const REGIONS: [&str; 3] = ["eu-central-1", "us-east-1", "ap-south-1"];
    let mut chance = number;
    let mut below = |limit: u64| {
        chance = mixed(chance);
        chance % limit
    };
    let (kind, region) = (below(4), below(3));
    let index = |number: u64| usize::try_from(number).unwrap_or_default();
    format!(
        r#"{{"type":"{}","id":"{:016x}","at":{},"user":"user-{:04}","region":"{}","units":{},"duration_ms":{}.{:02},"path":"/v1/projects/{}/documents","ok":{}}}"#,
        KINDS[index(kind)],
        below(u64::MAX),
        1_790_000_000_000 + number.wrapping_mul(10_000) % 1_000_000_000_000 + below(10_000),
        below(5_000),
        REGIONS[index(region)],
        1 + below(500),
        1 + below(60),
        below(100),
        below(300),
        below(50) != 0,
    )
    .into_bytes()
}

/// The finalizer of `SplitMix64`: neighbours become numbers that have nothing in common.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Lines for a batch: `count` times the event that `make` gives for each number.
pub(super) fn lines(count: u64, make: impl Fn(u64) -> Vec<u8>) -> Vec<u8> {
    let mut lines = Vec::new();
    for number in 0..count {
        lines.extend(make(number));
        lines.push(b'\n');
    }
    lines
}

/// A line of text that hardly repeats, of about [`DOCUMENT_BYTES`]: what a state is made of in practice is
/// neither random nor all the same.
pub(super) fn document(number: u64) -> Vec<u8> {
    let mut text = format!(r#"{{"id":{number},"entries":["#);
    let mut word = number;
    while text.len() + 12 < DOCUMENT_BYTES {
        // The constants of Knuth's MMIX generator; quality does not matter here.
        word = word
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // Writing to a string can't fail.
        let _ = write!(text, "{},", word >> 40);
    }
    text.push_str("0]}");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_json_of_the_stated_size() {
        for number in [0, 1, 12_345] {
            for event in [call(number), usage(number)] {
                assert_eq!(event.len(), EVENT_BYTES);
                assert!(serde_json::from_slice::<serde_json::Value>(&event).is_ok());
            }
        }
        for number in [0, 1, 12_345, u64::MAX] {
            let event = realistic(number);
            assert!((175..=205).contains(&event.len()), "{}", event.len());
            assert!(serde_json::from_slice::<serde_json::Value>(&event).is_ok());
            assert_eq!(event, realistic(number));
        }
        let document = document(7);
        assert!((980..=1_000).contains(&document.len()));
        assert!(serde_json::from_slice::<serde_json::Value>(&document).is_ok());
    }

    #[test]
    fn a_batch_has_a_line_for_each_event() {
        let lines = lines(3, call);
        assert_eq!(lines.len(), 3 * (EVENT_BYTES + 1));
        assert_eq!(lines.split(|byte| *byte == b'\n').count(), 4);
    }
}
