//! Links to the preference centre.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tidings_domain::time::Timestamp;
use utoipa::ToSchema;

use crate::api::v1::recipients::Recipient;
use crate::error::Result;
use crate::extract::{Json, Key};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": {"phone": "+15550100300"}, "language": "es"}))]
pub struct MakePreferenceLink {
    to: Recipient,
    /// The language of the page, unless the person chooses another one; else that of their browser.
    language: Option<String>,
    /// How long it opens; 30 days unless given.
    expires_in_s: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreferenceLinkView {
    /// To be handed to the person and to nobody else: whoever has it may change their choices.
    url: String,
    path: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Make a link to one person's preference centre
#[utoipa::path(
    post, path = "/v1/preference-links", operation_id = "makePreferenceLink", tag = "consents",
    request_body = MakePreferenceLink,
    responses((status = 201, description = "The link, shown only now", body = PreferenceLinkView)),
)]
pub async fn make_link(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
    Json(new): Json<MakePreferenceLink>,
) -> Result<Response> {
    let link =
        state.engine.preference_link(&caller, new.to.address()?, new.language, new.expires_in_s).await?;
    let url = state.public_url(&headers, &link.path);
    let view = PreferenceLinkView { url, path: link.path, expires_at: link.expires_at };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}
