//! The document stays compatible with every released one in `openapi/released`.
//!
//! A client that was made for a release must work with a later server: what it may send is taken,
//! and what it is sent is what it knows. New operations, new optional parameters and new properties
//! of answers are welcome; clients leave alone what they don't know.

mod operations;
mod schemas;

mod tests;

use std::path::Path;

use serde_json::Value;

/// What would break clients of the old document, a sentence each.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut breaks = Vec::new();
    operations::compare(old, new, &mut breaks);
    breaks
}

#[test]
fn the_document_is_compatible_with_every_release() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/released");
    let new: Value = serde_json::from_str(&control_plane::openapi_document()).unwrap();
    let mut releases = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let old: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let breaks = breaks(&old, &new);
        assert!(
            breaks.is_empty(),
            "clients of {} would break:\n{}",
            path.display(),
            breaks.join("\n")
        );
        releases += 1;
    }
    assert!(releases > 0);
}
