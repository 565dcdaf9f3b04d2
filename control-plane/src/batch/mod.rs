//! Splitting the body of a batch append into events, in each of its four forms.
//!
//! All of it is pure, works on hostile bytes and ends in one place: events in their packed form
//! with their count. Events are never changed: the bytes of each one are the bytes that were sent.

mod delimiter;
mod json_array;
mod ndjson;
mod packed;

use bytes::Bytes;
use protocol::ErrorCode;
use protocol::limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX};

pub(crate) use delimiter::Delimiter;

/// How a body holds its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Raw bytes between delimiters; an empty piece at the end is dropped.
    Delimited(Delimiter),
    /// One JSON text per line; empty lines are dropped.
    Ndjson,
    /// The elements of a JSON array.
    JsonArray,
    /// `u32` length in little-endian, then the bytes, repeated.
    Packed,
}

/// Events in their packed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub packed: Bytes,
    pub count: u32,
}

impl Batch {
    fn new(packed: Bytes, count: usize) -> Result<Self, BatchError> {
        match u32::try_from(count) {
            Ok(0) => Err(BatchError::Empty),
            Ok(count) => Ok(Self { packed, count }),
            Err(_) => Err(BatchError::TooManyEvents),
        }
    }
}

/// Why a body can't be split.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("the batch holds no event")]
    Empty,
    #[error("the batch holds more than {BATCH_EVENTS_MAX} events")]
    TooManyEvents,
    #[error("event {index} of the batch has {bytes} bytes; an event has at most {EVENT_BYTES_MAX}")]
    EventTooLarge { index: usize, bytes: usize },
    /// The text says where and why.
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    InvalidDelimiter(&'static str),
}

impl BatchError {
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::EmptyBatch,
            Self::TooManyEvents => ErrorCode::BatchTooManyEvents,
            Self::EventTooLarge { .. } => ErrorCode::EventTooLarge,
            Self::Malformed(_) => ErrorCode::MalformedBatch,
            Self::InvalidDelimiter(_) => ErrorCode::InvalidDelimiter,
        }
    }
}

/// Splits a body into events.
///
/// # Errors
/// See [`BatchError`]. Nothing of a batch is accepted unless all of it is.
pub(crate) fn split(body: &Bytes, form: &Form) -> Result<Batch, BatchError> {
    match form {
        Form::Delimited(delimiter) => delimiter::split(body, delimiter),
        Form::Ndjson => ndjson::split(body),
        Form::JsonArray => json_array::split(body),
        Form::Packed => packed::check(body),
    }
}

/// Collects events into their packed form and holds the limits.
struct Packer {
    packed: Vec<u8>,
    count: usize,
}

impl Packer {
    /// `body_bytes` is the size of what the events come from.
    fn new(body_bytes: usize) -> Self {
        // Most events are far longer than their length field, so this rarely grows twice.
        Self {
            packed: Vec::with_capacity(body_bytes + body_bytes / 16 + 64),
            count: 0,
        }
    }

    fn push(&mut self, event: &[u8]) -> Result<(), BatchError> {
        check_event(self.count, event.len())?;
        protocol::packed::push(&mut self.packed, event);
        self.count += 1;
        Ok(())
    }

    fn finish(self) -> Result<Batch, BatchError> {
        Batch::new(self.packed.into(), self.count)
    }
}

/// Checks one event and that one more is allowed; `index` is its place, from 0.
fn check_event(index: usize, bytes: usize) -> Result<(), BatchError> {
    if index >= BATCH_EVENTS_MAX {
        return Err(BatchError::TooManyEvents);
    }
    if bytes > EVENT_BYTES_MAX {
        return Err(BatchError::EventTooLarge { index, bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
