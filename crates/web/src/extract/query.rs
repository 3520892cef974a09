//! Queries, in which an unknown parameter is a mistake and not a wish that is quietly ignored.

use std::error::Error;

use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::body::place;
use crate::error::Result;
use crate::problem::Problem;
use crate::state::AppState;

/// The parameters of a query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self> {
        parse(&parts.uri).map(Self)
    }
}

pub(super) fn parse<T: DeserializeOwned>(uri: &http::Uri) -> Result<T> {
    axum::extract::Query::<T>::try_from_uri(uri).map(|query| query.0).map_err(|error| misfit(&error))
}

fn misfit(rejection: &QueryRejection) -> Problem {
    // Innermost first: the error of serde; around it, written before a colon, the parameter's name.
    let text = rejection.source().map_or_else(|| rejection.body_text(), ToString::to_string);
    let (path, detail) = match text.split_once(": ") {
        Some((path, detail)) if !path.contains(' ') => (path, detail),
        _ => ("", text.as_str()),
    };
    let (field, code) = place(path, detail);
    Problem::field(field, code, detail)
}

/// How many items a page has.
pub fn page_limit(asked: Option<usize>, default: usize, most: usize) -> Result<usize> {
    match asked {
        None => Ok(default),
        Some(n) if (1..=most).contains(&n) => Ok(n),
        Some(_) => Err(Problem::field("limit", "limit.range", format!("a limit is between 1 and {most}"))),
    }
}

/// Every parameter, as it came.
#[derive(Debug)]
pub struct Pairs(pub Vec<(String, String)>);

impl FromRequestParts<AppState> for Pairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self> {
        parse(&parts.uri).map(Self)
    }
}
