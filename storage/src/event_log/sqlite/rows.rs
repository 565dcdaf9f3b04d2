//! The queries that read frames.

use std::ops::ControlFlow;

use bytes::Bytes;
use protocol::{Frame, LogId, Sequence};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Rows, params_from_iter};

use super::super::{Position, ReadError, StoredFrame};

const NEWEST: &str = "
SELECT position, frame FROM frames
WHERE log = ?1 AND NOT EXISTS (SELECT 1 FROM deleted_logs WHERE log = ?1)
ORDER BY first DESC LIMIT 1";

/// Begins at the frame that holds `from`, or else at the first one behind it. Frames don't overlap,
/// so the one that holds `from` is the last that begins at or before it.
const FORWARD: &str = "
SELECT position, frame FROM frames
WHERE log = ?1 AND NOT EXISTS (SELECT 1 FROM deleted_logs WHERE log = ?1)
  AND first >= coalesce(
    (SELECT first FROM frames WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1), 0)
  AND first + count > ?2
ORDER BY first";

const BACKWARD: &str = "
SELECT position, frame FROM frames
WHERE log = ?1 AND NOT EXISTS (SELECT 1 FROM deleted_logs WHERE log = ?1) AND first < ?2
ORDER BY first DESC";

fn unavailable(error: &rusqlite::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}

pub(super) fn newest(
    connection: &Connection,
    log: LogId,
) -> Result<Option<StoredFrame>, ReadError> {
    frames(connection, NEWEST, log, None, 0).map(|mut frames| frames.pop())
}

pub(super) fn read(
    connection: &Connection,
    log: LogId,
    from: Sequence,
    bytes_max: usize,
) -> Result<Vec<StoredFrame>, ReadError> {
    frames(connection, FORWARD, log, Some(from), bytes_max)
}

pub(super) fn read_back(
    connection: &Connection,
    log: LogId,
    before: Sequence,
    bytes_max: usize,
) -> Result<Vec<StoredFrame>, ReadError> {
    frames(connection, BACKWARD, log, Some(before), bytes_max)
}

/// Shows that the file can be read.
pub(super) fn probe(connection: &Connection) -> Result<(), ReadError> {
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(|error| unavailable(&error))
}

/// The frames of a query: at least one, then as many as fit into `bytes_max`.
fn frames(
    connection: &Connection,
    sql: &str,
    log: LogId,
    sequence: Option<Sequence>,
    bytes_max: usize,
) -> Result<Vec<StoredFrame>, ReadError> {
    let mut statement = connection
        .prepare_cached(sql)
        .map_err(|error| unavailable(&error))?;
    let number = sequence.map(|sequence| Value::Integer(sequence.get().cast_signed()));
    let values = std::iter::once(Value::Blob(log.as_bytes().to_vec())).chain(number);
    let mut rows = statement
        .query(params_from_iter(values))
        .map_err(|error| unavailable(&error))?;
    let mut frames = Vec::new();
    let mut bytes_left = bytes_max;
    while let ControlFlow::Continue(()) = next(&mut rows, log, &mut frames, &mut bytes_left)? {}
    Ok(frames)
}

fn next(
    rows: &mut Rows<'_>,
    log: LogId,
    frames: &mut Vec<StoredFrame>,
    bytes_left: &mut usize,
) -> Result<ControlFlow<()>, ReadError> {
    let Some(row) = rows.next().map_err(|error| unavailable(&error))? else {
        return Ok(ControlFlow::Break(()));
    };
    let stored = decode(row, log)?;
    let bytes = stored.frame.encoded().len();
    if !frames.is_empty() && bytes > *bytes_left {
        return Ok(ControlFlow::Break(()));
    }
    *bytes_left = bytes_left.saturating_sub(bytes);
    frames.push(stored);
    Ok(ControlFlow::Continue(()))
}

fn decode(row: &Row<'_>, log: LogId) -> Result<StoredFrame, ReadError> {
    let position: i64 = row.get(0).map_err(|error| unavailable(&error))?;
    let blob = row.get_ref(1).map_err(|error| unavailable(&error))?;
    let damaged = |reason: String| ReadError::Damaged { log, reason };
    let blob = blob.as_blob().map_err(|error| damaged(error.to_string()))?;
    let frame = Frame::decode(Bytes::copy_from_slice(blob))
        .map_err(|error| damaged(format!("position {position}: {error}")))?;
    if frame.log() != log {
        return Err(damaged(format!(
            "position {position} holds a frame of log {}",
            frame.log()
        )));
    }
    Ok(StoredFrame {
        frame,
        position: Position(position.cast_unsigned()),
    })
}
