//! The serialized form of states: MessagePack with field names.
//!
//! It is compact and deterministic, and unlike formats that don't describe themselves it carries
//! everything that `serde` can express: optional fields that are skipped, flattened and untagged
//! types, `serde_json::Value`, and maps with any key.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ViewError;

/// A state as bytes. Their number is found first, so that a large state needs no more memory than one
/// copy of itself: a buffer that grows by doubling would take up to three.
pub(crate) fn encode<T: Serialize>(state: &T) -> Result<Vec<u8>, ViewError> {
    let failed = |error: rmp_serde::encode::Error| {
        ViewError::new(
            "snapshot_failed",
            format!("the state can't be serialized: {error}"),
        )
    };
    let mut length = Length(0);
    rmp_serde::encode::write_named(&mut length, state).map_err(failed)?;
    let mut snapshot = Vec::with_capacity(length.0);
    rmp_serde::encode::write_named(&mut snapshot, state).map_err(failed)?;
    Ok(snapshot)
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A state from its bytes, all of them.
pub(crate) fn decode<T: DeserializeOwned>(snapshot: &[u8]) -> Result<T, ViewError> {
    let failed = |text: String| ViewError::new("restore_failed", text);
    let mut deserializer = rmp_serde::Deserializer::new(snapshot);
    let state = T::deserialize(&mut deserializer)
        .map_err(|error| failed(format!("the snapshot can't be read: {error}")))?;
    if deserializer.get_ref().is_empty() {
        Ok(state)
    } else {
        Err(failed("the snapshot is longer than its state".to_owned()))
    }
}
