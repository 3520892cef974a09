//! What can come of a call, without any word of a transport; each edge maps it once.

use tidings_domain::actor::Permission;
use tidings_domain::problem::FieldProblem;
use tidings_domain::provider::CallError;
use tidings_store::error::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("the key is missing, unknown or revoked")]
    Unauthorized,
    #[error("the key does not have the permission `{}`", .0.as_str())]
    Forbidden(Permission),
    #[error("the operator has suspended this tenant; nothing is taken or sent")]
    Suspended,
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    #[error("the request does not fit: {}", first(.0))]
    Invalid(Vec<FieldProblem>),
    #[error("{0}")]
    Conflict(String),
    #[error("the Idempotency-Key was used before with another body")]
    IdempotencyMismatch,
    #[error("a request with this Idempotency-Key is in progress")]
    IdempotencyInProgress,
    #[error("too many requests; try again later")]
    TooMany { retry_after_s: u32 },
    /// No code is sent; the code names why.
    #[error("{detail}")]
    CodeRefused { code: &'static str, detail: String, retry_after_s: Option<u32> },
    #[error("the service is busy or its store cannot be reached; try again later")]
    Unavailable { retry_after_s: u32 },
    #[error("the store is full; nothing was accepted")]
    Full,
    #[error(transparent)]
    Provider(#[from] CallError),
    #[error("something went wrong on our side")]
    Internal(#[source] StoreError),
}

pub type Result<T> = std::result::Result<T, EngineError>;

impl EngineError {
    pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem { field: field.to_owned(), code, detail: detail.into() }])
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy | StoreError::Unavailable => {
                Self::Unavailable { retry_after_s: crate::limits::RETRY_AFTER_S }
            }
            StoreError::Full => Self::Full,
            StoreError::Conflict(what) => Self::Conflict(what.to_owned()),
            other => Self::Internal(other),
        }
    }
}

fn first(problems: &[FieldProblem]) -> String {
    problems.first().map(|problem| format!("{}: {}", problem.field, problem.detail)).unwrap_or_default()
}
