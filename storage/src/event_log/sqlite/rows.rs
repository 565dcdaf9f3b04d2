//! The queries that read frames.

use bytes::Bytes;
use protocol::{Frame, LogId, Position, Sequence, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::super::{ReadError, StoredFrame};
use crate::limit::Limit;

pub(super) const NEWEST: &str = "
SELECT position, frame FROM frames
WHERE log = ?1 AND NOT EXISTS (SELECT 1 FROM deleted_logs WHERE log = ?1)
ORDER BY first DESC LIMIT 1";

/// Begins at the frame that holds `from`, or else at the first one behind it. Frames don't overlap,
/// so the one that holds `from` is the last that begins at or before it.
pub(super) const FORWARD: &str = "
SELECT position, frame FROM frames
WHERE log = ?1 AND NOT EXISTS (SELECT 1 FROM deleted_logs WHERE log = ?1)
  AND first >= coalesce(
    (SELECT first FROM frames WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1), 0)
  AND first + count > ?2
ORDER BY first";

pub(super) const BACKWARD: &str = "
SELECT position, frame FROM frames
WHERE log = ?1 AND NOT EXISTS (SELECT 1 FROM deleted_logs WHERE log = ?1) AND first < ?2
ORDER BY first DESC";

const SHARD: &str = "SELECT position, frame FROM frames WHERE position > ?1 ORDER BY position";
const END: &str = "SELECT coalesce(max(position), 0) FROM frames";

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Frames of all logs in the order in which they were stored.
pub(super) fn read_shard(
    connection: &Connection,
    after: Position,
    bytes_max: usize,
) -> Result<Vec<StoredFrame>, ReadError> {
    let after = Value::Integer(after.0.cast_signed());
    query(connection, SHARD, [after], None, bytes_max)
}

/// The position of the newest frame.
pub(super) fn end(connection: &Connection) -> Result<Position, ReadError> {
    let end = connection.query_row(END, [], |row| row.get::<_, i64>(0))?;
    Ok(Position(end.cast_unsigned()))
}

/// Shows that the file can be read.
pub(super) fn probe(connection: &Connection) -> Result<(), ReadError> {
    Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
}

/// The frames of a query: at least one, then as many as fit into `bytes_max`.
pub(super) fn frames(
    connection: &Connection,
    sql: &str,
    log: LogId,
    sequence: Option<Sequence>,
    bytes_max: usize,
) -> Result<Vec<StoredFrame>, ReadError> {
    let number = sequence.map(|sequence| Value::Integer(sequence.get().cast_signed()));
    let values = std::iter::once(Value::Blob(log.as_bytes().to_vec())).chain(number);
    query(connection, sql, values, Some(log), bytes_max)
}

/// The first frame whose timestamp is at or after `time`.
pub(super) fn since(
    connection: &Connection,
    log: LogId,
    time: Timestamp,
) -> Result<Option<StoredFrame>, ReadError> {
    let newest = frames(connection, NEWEST, log, None, 0)?.pop();
    let Some(mut found) = newest.filter(|newest| newest.frame.timestamp() >= time) else {
        return Ok(None);
    };
    let mut low = Sequence::FIRST;
    while low < found.frame.first() {
        let middle = low.middle(found.frame.first());
        // The frame that holds it, or the first one of all that were not trimmed.
        let Some(stored) = frames(connection, FORWARD, log, Some(middle), 0)?.pop() else {
            break;
        };
        if stored.frame.timestamp() < time {
            low = stored.frame.last().next();
            continue;
        }
        if stored.frame.first() > middle {
            return Ok(Some(stored));
        }
        found = stored;
    }
    Ok(Some(found))
}

/// `log` is the one that all frames must be of, if there is one.
fn query(
    connection: &Connection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
    log: Option<LogId>,
    bytes_max: usize,
) -> Result<Vec<StoredFrame>, ReadError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut frames = Vec::new();
    let mut limit = Limit::new(bytes_max);
    while let Some(row) = rows.next()? {
        let stored = decode(row, log)?;
        if !limit.admits(stored.frame.encoded().len()) {
            break;
        }
        frames.push(stored);
    }
    Ok(frames)
}

fn decode(row: &Row<'_>, log: Option<LogId>) -> Result<StoredFrame, ReadError> {
    let position: i64 = row.get(0)?;
    let blob = row.get_ref(1)?;
    let of = log.unwrap_or_else(|| LogId::from_bytes([0; 16]));
    let blob = blob.as_blob();
    let blob = blob.map_err(|error| ReadError::damaged(of, error))?;
    let frame = Frame::decode(Bytes::copy_from_slice(blob))
        .map_err(|error| ReadError::damaged(of, format!("position {position}: {error}")))?;
    if log.is_some_and(|log| frame.log() != log) {
        let reason = format!("position {position} holds a frame of log {}", frame.log());
        return Err(ReadError::damaged(of, reason));
    }
    Ok(StoredFrame {
        frame,
        position: Position(position.cast_unsigned()),
    })
}
