//! What can go wrong in the catalog, whatever the operation. What callers may be refused (a
//! taken name, a limit) is a [`Refusal`](super::Refusal), which wraps [`CatalogError`].

use sea_orm::sqlx::error::DatabaseError as _;
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

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

/// PostgreSQL's codes and classes of codes that mean more than "try again".
const POSTGRES_DISK_FULL: &str = "53100";
const POSTGRES_DATA_CORRUPTED: &str = "XX001";
const POSTGRES_INDEX_CORRUPTED: &str = "XX002";
const POSTGRES_SERIALIZATION_FAILURE: &str = "40001";
const POSTGRES_DEADLOCK: &str = "40P01";
const POSTGRES_CONNECTION: &str = "08";
const POSTGRES_SHUTDOWN: &str = "57P";

impl CatalogError {
    /// Something was asked of a tenant that is gone by now.
    pub(super) fn tenant_deleted() -> Self {
        Self::Unavailable("the tenant was deleted".to_owned())
    }
}

impl From<DbErr> for CatalogError {
    fn from(error: DbErr) -> Self {
        if let DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } = &error {
            return Self::Corrupt(error.to_string());
        }
        match sqlite_code(&error) {
            Some(SQLITE_FULL) => return Self::Full,
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => return Self::Corrupt(error.to_string()),
            _ => {}
        }
        match postgres_code(&error) {
            Some(POSTGRES_DISK_FULL) => Self::Full,
            Some(POSTGRES_DATA_CORRUPTED | POSTGRES_INDEX_CORRUPTED) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// Whether another process holds the SQLite file right now.
pub(super) fn is_busy(error: &DbErr) -> bool {
    sqlite_code(error) == Some(SQLITE_BUSY)
}

/// Whether the database undid the transaction because another one stood in its way.
pub(super) fn is_contention(error: &DbErr) -> bool {
    matches!(
        postgres_code(error),
        Some(POSTGRES_SERIALIZATION_FAILURE | POSTGRES_DEADLOCK)
    )
}

/// Whether the error leaves open what the server did: it, or the connection, went away.
pub(super) fn is_unanswered(error: &DbErr) -> bool {
    if sqlite_code(error).is_some() {
        return false;
    }
    postgres_code(error).is_none_or(|code| {
        code.starts_with(POSTGRES_CONNECTION) || code.starts_with(POSTGRES_SHUTDOWN)
    })
}

/// SQLite's primary result code, where the error is one of SQLite.
fn sqlite_code(error: &DbErr) -> Option<i64> {
    let error = database_error(error)?.try_downcast_ref::<SqliteError>()?;
    let extended: i64 = error.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// PostgreSQL's SQLSTATE, where the server itself reported the error.
fn postgres_code(error: &DbErr) -> Option<&str> {
    let error = database_error(error)?.try_downcast_ref::<PgDatabaseError>()?;
    Some(error.code())
}

/// What the database itself reported.
fn database_error(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(error) = error.as_ref() else {
        return None;
    };
    Some(error.as_ref())
}

/// Why a change with a unique value of a caller's choosing was not recorded. Operations turn
/// [`ChangeError::Taken`] into a [`Refusal`](super::Refusal).
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

/// Where no unique value is of a caller's choosing, a violation means that the tables are not what
/// the events say.
impl From<ChangeError> for CatalogError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Taken(message) => Self::Corrupt(message),
            ChangeError::Catalog(error) => error,
        }
    }
}
