//! Newline-delimited JSON: each line is one event, as its exact bytes.

use super::{Batch, BatchError, Packer};

/// Splits at line feeds. A carriage return before one belongs to the line's end, and empty lines
/// are dropped. Each line must be one JSON text, because whoever says `application/x-ndjson` and
/// sends something else would find out only when a view traps on it.
pub(super) fn split(body: &[u8]) -> Result<Batch, BatchError> {
    let mut packer = Packer::new(body.len());
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', body).chain([body.len()]);
    for (number, end) in (1..).zip(ends) {
        let line = &body[start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        start = (end + 1).min(body.len());
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        serde_json::from_slice::<serde::de::IgnoredAny>(line).map_err(|error| {
            BatchError::Malformed(format!("line {number} is not JSON: {error}"))
        })?;
        packer.push(line)?;
    }
    packer.finish()
}
