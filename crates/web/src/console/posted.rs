//! Forms: read only together with the session that they belong to.

use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::csrf;
use super::viewer::{Refusal, Viewer};
use crate::problem::Problem;
use crate::state::AppState;

/// A form of a page of ours, with the session that the page was made for. Fields are texts.
pub struct Posted<T>(pub Viewer, pub T);

#[derive(Deserialize)]
struct Signed<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    fields: T,
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

impl<T: DeserializeOwned> FromRequest<AppState> for Posted<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let Form(form) = Form::<Signed<T>>::from_request(request, state)
            .await
            .map_err(|error| refused(StatusCode::BAD_REQUEST, "form", error.to_string()))?;
        if !csrf::token_fits(&viewer.token, &form.csrf) {
            let words =
                "The page was open for too long, or belongs to another session. Reload it and try again.";
            return Err(refused(StatusCode::FORBIDDEN, "form_token", words.to_owned()));
        }
        Ok(Self(viewer, form.fields))
    }
}

fn refused(status: StatusCode, code: &'static str, detail: String) -> Refusal {
    Refusal::Problem(Problem::new(status, code, "The form was not taken", detail))
}
