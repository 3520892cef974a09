//! A table that is handed in through the console: read while it comes, like one that comes by the API.

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tidings_engine::imports::{Defaults, Receiving};

use crate::console::csrf;
use crate::console::viewer::{Refusal, Viewer};
use crate::limits::{FORM_BYTES_MAX, IMPORT_BYTES_MAX};
use crate::problem::Problem;
use crate::state::AppState;

/// What the form says before its file.
#[derive(Debug, Default)]
struct Said {
    csrf: String,
    kind: String,
    granted: String,
    purpose: String,
}

pub async fn take(State(state): State<AppState>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let viewer = Viewer::from_request_parts(&mut parts, &state).await?;
    let _place = state.shared.uploads.try_acquire().map_err(|_| Refusal::Problem(Problem::busy()))?;
    let request = Request::from_parts(parts, body);
    let mut form = Multipart::from_request(request, &state).await.map_err(|_| broken("this is no form"))?;
    let mut said = Said::default();
    while let Some(field) = form.next_field().await.map_err(|_| broken("the form breaks off"))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let id = receive(&viewer, said, field).await?;
            return Ok(Redirect::to(&format!("/console/consent/imports/{id}")).into_response());
        }
        let text = short(field).await?;
        match name.as_str() {
            "csrf" => said.csrf = text,
            "kind" => said.kind = text,
            "granted" => said.granted = text,
            "purpose" => said.purpose = text,
            _ => return Err(broken("a field of the form is unknown")),
        }
    }
    Err(broken("choose a file"))
}

fn broken(words: &str) -> Refusal {
    let title = "The form was not taken";
    Refusal::Problem(Problem::new(StatusCode::BAD_REQUEST, "form", title, words.to_owned()))
}

/// A field that is no file.
async fn short(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| broken("the form breaks off"))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > FORM_BYTES_MAX {
            return Err(broken("a field of the form is too long"));
        }
    }
    String::from_utf8(bytes).map_err(|_| broken("a field of the form is no text"))
}

async fn receive(viewer: &Viewer, said: Said, mut field: Field<'_>) -> Result<String, Refusal> {
    if !csrf::token_fits(&viewer.token, &said.csrf) {
        let words = "The page was open for too long, or belongs to another session. Reload it and try again.";
        let title = "The form was not taken";
        return Err(Refusal::Problem(Problem::new(
            StatusCode::FORBIDDEN,
            "form_token",
            title,
            words.to_owned(),
        )));
    }
    let mut receiving = begin(viewer, said)?;
    let mut size = 0;
    while let Some(piece) = field.chunk().await.map_err(|_| broken("the file breaks off"))? {
        size += piece.len();
        if size > IMPORT_BYTES_MAX {
            return Err(Refusal::Problem(Problem::body_over_limit()));
        }
        receiving.push(&piece).await?;
    }
    Ok(receiving.finish().await?.id)
}

fn begin(viewer: &Viewer, said: Said) -> Result<Receiving, Refusal> {
    let engine = &viewer.state.engine;
    if said.kind == "contacts" {
        return Ok(engine.receive_contacts(&viewer.caller)?);
    }
    let defaults = Defaults {
        purpose: Some(said.purpose.trim().to_owned()).filter(|purpose| !purpose.is_empty()),
        channel: None,
        granted: match said.granted.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        source_detail: None,
    };
    Ok(engine.receive_consents(&viewer.caller, defaults)?)
}
