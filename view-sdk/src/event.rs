//! The events that a view folds.

use serde::Deserialize;

use crate::{Timestamp, ViewError};

/// One event of the log. Its bytes are borrowed from the batch that the platform handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Position in the log: 1, 2, 3, … without a gap.
    pub sequence: u64,
    /// When the log accepted the event; never goes backwards in a log. World 0.0.1 does not pass
    /// it on: there it is always [`Timestamp::EPOCH`].
    pub timestamp: Timestamp,
    /// The bytes that were appended.
    pub bytes: &'a [u8],
}

impl<'a> Event<'a> {
    /// The event as JSON.
    ///
    /// # Errors
    /// With the code `invalid_event` when the bytes are not JSON of the wanted shape.
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, ViewError> {
        serde_json::from_slice(self.bytes).map_err(|error| invalid(&error))
    }

    /// The event as text.
    ///
    /// # Errors
    /// With the code `invalid_event` when the bytes are not UTF-8.
    pub fn text(&self) -> Result<&'a str, ViewError> {
        std::str::from_utf8(self.bytes).map_err(|error| invalid(&error))
    }
}

// Out of line and never inlined: the text of the error is rarely needed, and without it the fold
// stays small.
#[cold]
#[inline(never)]
fn invalid(error: &dyn std::error::Error) -> ViewError {
    ViewError::new("invalid_event", format!("the event can't be read: {error}"))
}
