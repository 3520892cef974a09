//! What can go wrong in the store, in words that name no statement and no value.

use std::sync::Arc;

pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the store has more work waiting than it accepts; try again")]
    Busy,
    #[error("the store cannot be reached")]
    Unavailable,
    #[error(
        "this store was written by a newer version (schema {found}, this program knows {known}); nothing was changed"
    )]
    Newer { found: i64, known: i64 },
    #[error("another process has this data directory open")]
    Locked,
    #[error("{0}")]
    Conflict(&'static str),
    #[error("the store holds something that cannot be: {0}")]
    Corrupt(&'static str),
    #[error("the disk is full")]
    Full,
    #[error("the store failed")]
    Internal(Cause),
}

/// The inner reason of a failure: for logs, never for users.
#[derive(Clone)]
pub struct Cause(Arc<str>);

impl std::fmt::Debug for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl StoreError {
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(Cause(cause.to_string().into()))
    }
    /// The transaction lost against another one and may simply run again.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self, Self::Internal(cause) if &*cause.0 == LOST_RACE)
    }
}

const LOST_RACE: &str = "the transaction lost against another one";

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(Code::ConstraintViolation) => Self::Conflict("it exists already"),
            Some(Code::CannotOpen | Code::SystemIoFailure | Code::PermissionDenied) => {
                tracing::error!(%error, "the database file cannot be used");
                Self::Unavailable
            }
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt("the database file is damaged"),
            _ => Self::internal(error),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.is_closed() {
            return Self::Unavailable;
        }
        let Some(database) = error.as_db_error() else {
            // Anything that is not an answer of the server is a broken connection or a bug of ours.
            use std::error::Error;
            let io = error.source().is_some_and(|source| source.is::<std::io::Error>());
            return if io { Self::Unavailable } else { Self::internal(error) };
        };
        match database.code().code() {
            "40001" | "40P01" => Self::internal(LOST_RACE),
            "23505" => Self::Conflict("it exists already"),
            "53100" => Self::Full,
            "53300" | "57014" => Self::Busy,
            "57P01" | "57P02" | "57P03" | "25006" => Self::Unavailable,
            code => Self::internal(format_args!("{code}: {}", database.message())),
        }
    }
}
