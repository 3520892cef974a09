//! Queries, in which an unknown parameter is a mistake and not a wish that is quietly ignored.

use std::error::Error;

use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::body::place;
use crate::error::Result;
use crate::problem::Problem;

/// The parameters of a query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
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

/// Every parameter, as it came.
#[derive(Debug)]
pub struct Pairs(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        parse(&parts.uri).map(Self)
    }
}
