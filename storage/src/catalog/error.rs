//! What can go wrong in the catalog, whatever the operation. Outcomes that callers tell apart
//! (a taken name, a limit) have an enum beside their operation, which wraps [`CatalogError`].

use sea_orm::sqlx::error::DatabaseError as _;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

use super::event::EventError;

/// Why the catalog could not do what it was asked, through no fault of the operation.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CatalogError {
    /// Nothing was changed, or nothing is known; try again.
    #[error("the catalog is not available: {0}")]
    Unavailable(String),
    /// The disk, or the space that the catalog may use, is full. Nothing was changed.
    #[error("the catalog's disk is full; free some space and try again")]
    Full,
    /// What is stored can't be what was written.
    #[error("the catalog is damaged: {0}")]
    Corrupt(String),
    /// A cursor that another list, another tenant or nobody made.
    #[error("the cursor was not made by this list; begin without one")]
    InvalidCursor,
    /// A text or list is larger than the catalog keeps.
    #[error("{what} is too long: at most {limit} bytes")]
    TooLong { what: &'static str, limit: usize },
}

/// SQLite's primary result codes that mean more than "try again".
const SQLITE_BUSY: i64 = 5;
const SQLITE_CORRUPT: i64 = 11;
const SQLITE_FULL: i64 = 13;
const SQLITE_NOTADB: i64 = 26;

impl From<DbErr> for CatalogError {
    fn from(error: DbErr) -> Self {
        if let DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } = &error {
            return Self::Corrupt(error.to_string());
        }
        match sqlite_code(&error) {
            Some(SQLITE_FULL) => Self::Full,
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Corrupt(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// Whether another process holds the database right now.
pub(super) fn is_busy(error: &DbErr) -> bool {
    sqlite_code(error) == Some(SQLITE_BUSY)
}

/// SQLite's primary result code, where the error is one of SQLite.
fn sqlite_code(error: &DbErr) -> Option<i64> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(error) = error.as_ref() else {
        return None;
    };
    let error = error.try_downcast_ref::<SqliteError>()?;
    let extended: i64 = error.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Why a change was not recorded. Operations turn [`ChangeError::Taken`] into their own error.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChangeError {
    /// A uniqueness constraint; the text names the columns or the constraint.
    #[error("a unique value is taken: {0}")]
    Taken(String),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<DbErr> for ChangeError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => Self::Taken(message),
            _ => Self::Catalog(error.into()),
        }
    }
}

impl From<EventError> for ChangeError {
    fn from(error: EventError) -> Self {
        Self::Catalog(error.into())
    }
}

impl From<EventError> for CatalogError {
    fn from(error: EventError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// For operations that write no unique value of a caller's choosing: a violation then means that
/// the tables are not what the events say.
impl From<ChangeError> for CatalogError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Taken(message) => Self::Corrupt(message),
            ChangeError::Catalog(error) => error,
        }
    }
}
