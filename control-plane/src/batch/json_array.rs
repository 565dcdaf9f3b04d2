//! A JSON array: each element is one event, as the exact bytes that it has in the body.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Batch, BatchError, Packer};

/// Splits an array into its elements without reformatting them: spaces inside an element, the
/// order of its fields and the digits of its numbers stay as they are.
pub(super) fn split(body: &[u8]) -> Result<Batch, BatchError> {
    let mut elements = Elements {
        packer: Packer::new(body.len()),
        refused: None,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = deserializer
        .deserialize_seq(&mut elements)
        .and_then(|()| deserializer.end());
    if let Some(refused) = elements.refused {
        return Err(refused);
    }
    outcome.map_err(|error| {
        BatchError::Malformed(format!("the body is not a JSON array of events: {error}"))
    })?;
    elements.packer.finish()
}

/// Packs each element as it is parsed, so that no list of them is built.
struct Elements {
    packer: Packer,
    /// Parsing stops at an event that breaks a limit; this says which.
    refused: Option<BatchError>,
}

impl<'de> Visitor<'de> for &mut Elements {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&'de RawValue>()? {
            if let Err(error) = self.packer.push(element.get().as_bytes()) {
                self.refused = Some(error);
                return Err(serde::de::Error::custom("an event breaks a limit"));
            }
        }
        Ok(())
    }
}
