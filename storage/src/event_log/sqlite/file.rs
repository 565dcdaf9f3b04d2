//! Opening the file: its lock, its schema, and the settings of every connection.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::OpenError;

/// The format that this program writes, in `user_version`.
const FORMAT: i64 = 1;

/// Marks the file as an event log, in `application_id`: "Prim".
const APPLICATION_ID: i64 = 0x5072_696d;

/// A small page keeps the cost of a commit low when it touches the index at many pages, as
/// appends to many logs do. Large frames go to overflow pages either way.
pub(super) const PAGE_BYTES: u64 = 4_096;

/// Within the process only a checkpoint that resets the WAL makes others wait, for moments.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Page cache of the writer: holds the hot parts of the index.
const WRITER_CACHE_KIB: i64 = 16 << 10;

/// Page cache of each reader. Reads are mostly of frames that are read once.
const READER_CACHE_KIB: i64 = 2 << 10;

/// Rows are appended in the order of their position, whatever log they belong to, so a commit
/// writes one run of pages; only the index is touched at one page for each log. The frame is the
/// last column: a query that doesn't want it never reads its pages. `AUTOINCREMENT`, so that the
/// position of a removed frame is never used again: whoever reads on behind a position would miss
/// the new frame.
///
/// `deleted_logs` outlives the frames of a log, so that it can't be written again. `cleared` is 0
/// while its frames are still being removed.
const SCHEMA: &str = "
CREATE TABLE frames (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    log BLOB NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    frame BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX frames_by_sequence ON frames (log, first);
CREATE TABLE deleted_logs (
    log BLOB PRIMARY KEY,
    cleared INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_logs_to_clear ON deleted_logs (log) WHERE cleared = 0;
";

pub(super) fn failed(path: &Path, error: &dyn std::fmt::Display) -> OpenError {
    OpenError::Failed {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}

/// Takes the lock that keeps a second process away. It lies beside the file, because SQLite has its
/// own locks on the file itself, which closing any other descriptor of it would drop.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(lock_path))
        .map_err(|error| failed(path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.display().to_string(),
        }),
        Err(TryLockError::Error(error)) => Err(failed(path, &error)),
    }
}

fn connect(path: &Path, flags: OpenFlags, cache_kib: i64) -> Result<Connection, OpenError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            path,
            flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -cache_kib)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    };
    open().map_err(|error| failed(path, &error))
}

/// Opens the connection that writes, creating the schema in a new file.
pub(super) fn open_writer(path: &Path, bytes_max: Option<u64>) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = connect(path, flags, WRITER_CACHE_KIB)?;
    let prepared = prepare(&mut connection, path, bytes_max);
    prepared.map_err(|error| failed(path, &error))??;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, READER_CACHE_KIB)
}

/// Opens the connection that moves the WAL into the file beside the writer.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, READER_CACHE_KIB)?;
    configure_writing(&connection).map_err(|error| failed(path, &error))?;
    Ok(connection)
}

/// Makes the file ours, unless it is another program's or a newer version's.
fn prepare(
    connection: &mut Connection,
    path: &Path,
    bytes_max: Option<u64>,
) -> rusqlite::Result<Result<(), OpenError>> {
    let path = path.display().to_string();
    let number = |connection: &Connection, pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
    };
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        if number(connection, "application_id")? != APPLICATION_ID {
            return Ok(Err(OpenError::NotAnEventLog { path }));
        }
        let (found, known) = (number(connection, "user_version")?, FORMAT);
        if found > known {
            return Ok(Err(OpenError::Newer { path, found, known }));
        }
    }
    connection.pragma_update(None, "page_size", PAGE_BYTES.cast_signed())?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    configure_writing(connection)?;
    if let Some(bytes) = bytes_max {
        let pages = i64::try_from(bytes / PAGE_BYTES).unwrap_or(i64::MAX);
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    if tables == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        transaction.commit()?;
    }
    Ok(Ok(()))
}

/// Settings of the connections that write. `synchronous = FULL` syncs the WAL once per commit;
/// checkpoints are the writer's own business ([`super::checkpoint`]). `secure_delete` overwrites what
/// is removed with zeros: a page that is free would else keep the frames of a deleted log until it
/// is used again, which may be never.
fn configure_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))
}
