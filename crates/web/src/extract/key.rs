//! Who asks: the bearer token of every API request.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use tidings_engine::{Caller, Operator};

use crate::error::Result;
use crate::problem::Problem;
use crate::state::AppState;

/// A verified API key.
#[derive(Debug)]
pub struct Key(pub Caller);

/// The verified installation key.
#[derive(Debug)]
pub struct OperatorKey(pub Operator);

impl FromRequestParts<AppState> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        Ok(Self(state.engine.caller(bearer(&parts.headers)?).await?))
    }
}

impl FromRequestParts<AppState> for OperatorKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        Ok(Self(state.engine.operator(bearer(&parts.headers)?).await?))
    }
}

/// The token of `Authorization: Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Result<&str> {
    let missing = || Problem::unauthorized("send a key as `Authorization: Bearer tdk_…`");
    let value = headers.get(AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(missing()) }
}
