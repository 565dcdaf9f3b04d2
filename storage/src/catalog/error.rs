//! What can go wrong in the catalog, whatever the operation. Outcomes that callers tell apart
//! (a taken name, a limit) have an enum beside their operation, which wraps [`CatalogError`].

use sea_orm::{DbErr, RuntimeErr, SqlErr};

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
const SQLITE_CORRUPT: i64 = 11;
const SQLITE_FULL: i64 = 13;
const SQLITE_NOTADB: i64 = 26;

impl From<DbErr> for CatalogError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => {
                return Self::Corrupt(error.to_string());
            }
            DbErr::Conn(RuntimeErr::SqlxError(source))
            | DbErr::Exec(RuntimeErr::SqlxError(source))
            | DbErr::Query(RuntimeErr::SqlxError(source)) => {
                if let Some(code) = sqlite_code(source) {
                    match code & 0xff {
                        SQLITE_FULL => return Self::Full,
                        SQLITE_CORRUPT | SQLITE_NOTADB => return Self::Corrupt(source.to_string()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Self::Unavailable(error.to_string())
    }
}

fn sqlite_code(error: &sea_orm::sqlx::Error) -> Option<i64> {
    let sea_orm::sqlx::Error::Database(error) = error else {
        return None;
    };
    let error = error.try_downcast_ref::<sea_orm::sqlx::sqlite::SqliteError>()?;
    sea_orm::sqlx::error::DatabaseError::code(error)?
        .parse()
        .ok()
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
