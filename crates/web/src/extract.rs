//! Reading requests: keys, ids, queries and bodies, each refusal a problem that names what is wrong.

mod body;
mod key;
mod query;

pub use body::{Json, Listing, Raw, body_bytes, check_json, media_type, parse_json};
pub use key::{Key, OperatorKey, bearer};
pub use query::{Pairs, Query};

use tidings_domain::id::Id;

use crate::error::Result;
use crate::problem::Problem;

/// An id of the path. One that is none, or of another kind, names nothing: 404, as if absent.
pub fn path_id<I: Id>(text: &str, what: &'static str) -> Result<I> {
    I::parse(text).map_err(|_| Problem::not_found(what))
}

/// An id in a body or a query.
pub fn field_id<I: Id>(text: &str, field: &str) -> Result<I> {
    I::parse(text).map_err(|error| Problem::field(field, "id.malformed", error.to_string()))
}

#[cfg(test)]
mod tests;
