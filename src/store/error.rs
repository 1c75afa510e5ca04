//! Why the store did not do as it was asked. No variant carries a value of a row, so that none can reach a log.

use std::sync::Arc;
use std::time::Duration;

use sqlx::error::ErrorKind as Violation;

use crate::error::{ErrorKind, OAuthError};

/// When trying again makes sense after a database did not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Postgres: a text holds a character that it does not store, which is NUL.
const UNSTORABLE_CHARACTER: &str = "22021";

/// It can be told to all who waited for the same reading.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, or not in time; nothing is known to have happened.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// A row with this key is there already.
    #[error("`{0}` has a row with this key already")]
    Conflict(&'static str),
    /// The row names another that is not there, or holds what cannot be stored.
    #[error("`{0}` cannot hold this row")]
    Refused(&'static str),
    /// A stored row cannot be what it says it is.
    #[error("a row of `{table}` is inconsistent: {what}")]
    Corrupt { table: &'static str, what: String },
}

/// Sorts a failure of the driver; the values that a database repeats in its message end here.
pub(super) fn about(table: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match error {
        sqlx::Error::Database(ref cause) => match cause.kind() {
            Violation::UniqueViolation => StoreError::Conflict(table),
            Violation::ForeignKeyViolation | Violation::NotNullViolation | Violation::CheckViolation => {
                StoreError::Refused(table)
            }
            _ if cause.code().as_deref() == Some(UNSTORABLE_CHARACTER) => StoreError::Refused(table),
            _ => StoreError::unavailable(error),
        },
        sqlx::Error::ColumnDecode { ref index, .. } => StoreError::Corrupt { table, what: format!("column {index}") },
        sqlx::Error::ColumnNotFound(ref column) => StoreError::Corrupt { table, what: format!("no column {column}") },
        error => StoreError::unavailable(error),
    }
}

impl StoreError {
    pub(super) fn unavailable(error: sqlx::Error) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::unavailable(error, RETRY_AFTER),
            _ => Self { source: Some(error.into()), ..Self::new(ErrorKind::ServerError) },
        }
    }
}
