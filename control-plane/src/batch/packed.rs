//! The packed form: it only has to be checked.

use bytes::Bytes;
use protocol::packed::PackedEvents;

use super::{Batch, BatchError, check_event};

/// Checks every length; the body itself becomes the batch.
pub(super) fn check(body: &Bytes) -> Result<Batch, BatchError> {
    let events =
        PackedEvents::parse(body).map_err(|error| BatchError::Malformed(error.to_string()))?;
    for (index, event) in events.iter().enumerate() {
        check_event(index, event.len())?;
    }
    Batch::new(body.clone(), events.count())
}
