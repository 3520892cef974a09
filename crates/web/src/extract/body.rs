//! Bodies, bounded and of the right type.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde_json::error::Category;

use crate::error::Result;
use crate::problem::Problem;

/// The bytes of a JSON body, not yet read as JSON.
#[derive(Debug)]
pub struct Raw(pub Bytes);

/// A JSON body that was read, or an answer to be written.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        check_json(request.headers())?;
        body_bytes(request, state).await.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let Raw(body) = Raw::from_request(request, state).await?;
        parse_json(&body).map(Self)
    }
}

/// A page of a list under the plural of what it lists.
#[derive(Debug)]
pub struct Listing<T> {
    pub name: &'static str,
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T: Serialize> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl<T: Serialize> Serialize for Listing<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(self.name, &self.items)?;
        map.serialize_entry("next_cursor", &self.next_cursor)?;
        map.end()
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Whether the body says that it is JSON, or says nothing.
pub fn check_json(headers: &HeaderMap) -> Result<()> {
    let usual = headers.get(CONTENT_TYPE).is_none_or(|value| value == "application/json");
    match if usual { None } else { media_type(headers) } {
        Some(kind) if !is_json(&kind) => {
            Err(Problem::media_type(format!("send application/json, not {kind}")))
        }
        _ => Ok(()),
    }
}

/// The whole body within the limit of the route.
pub async fn body_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::body_over_limit(),
        _ => Problem::unreadable_body(),
    })
}

/// The type of the body without its parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Reads JSON; says where it is broken, or which field does not fit and why.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if cause.classify() == Category::Data { misfit(&path, &cause) } else { broken(&cause) }
    })?;
    reader.end().map_err(|cause| broken(&cause))?;
    Ok(value)
}

fn broken(cause: &serde_json::Error) -> Problem {
    Problem::malformed_json(cause.to_string())
}

fn misfit(path: &str, cause: &serde_json::Error) -> Problem {
    let text = cause.to_string();
    let detail = text.rsplit_once(" at line ").map_or(text.as_str(), |(detail, _)| detail);
    let (field, code) = place(path, detail);
    Problem::field(field, code, detail)
}

/// The field that an error of serde is about, and the name of the rule.
pub(super) fn place(path: &str, detail: &str) -> (String, &'static str) {
    let path = if path == "." { "" } else { path };
    let named = detail.split('`').nth(1).unwrap_or_default();
    let joined = || match path {
        "" => named.to_owned(),
        path if path == named || path.ends_with(&format!(".{named}")) => path.to_owned(),
        path => format!("{path}.{named}"),
    };
    if detail.starts_with("unknown field") {
        (joined(), "field.unknown")
    } else if detail.starts_with("missing field") {
        (joined(), "field.missing")
    } else if detail.starts_with("duplicate field") {
        (joined(), "field.duplicate")
    } else {
        (path.to_owned(), "field.invalid")
    }
}
