//! Messages that may be an opt-out: a list to read, and two answers.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tidings_engine::consents::ReviewReport;
use tidings_engine::store_model::ReviewState;
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Listing, Query, Raw, parse_json, path_id};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListReviews {
    /// `open` unless given.
    #[param(value_type = Option<schema::ReviewState>)]
    state: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"purpose": "marketing"}))]
pub struct ConfirmOptOut {
    /// A category or the code of a topic; `marketing` unless given.
    purpose: Option<String>,
}

/// List messages that may be an opt-out
///
/// They read like a stop and are none for certain, such as a stop word within a longer sentence.
#[utoipa::path(
    get, path = "/v1/opt-out-reviews", operation_id = "listOptOutReviews", tag = "consents", params(ListReviews),
    responses((status = 200, description = "A page, newest first", body = schema::OptOutReviewList)),
)]
pub async fn list_reviews(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListReviews>,
) -> Result<Response> {
    let wanted = match list.state.as_deref() {
        None => ReviewState::Open,
        Some(text) => ReviewState::parse(text).ok_or_else(|| {
            Problem::field("state", "state", "a state is `open`, `confirmed` or `dismissed`")
        })?,
    };
    let page = state.engine.opt_out_reviews(&caller, wanted, list.cursor.as_deref(), list.limit).await?;
    Ok(Listing { name: "reviews", items: page.items, next_cursor: page.next_cursor }.into_response())
}

/// Say that it was an opt-out
///
/// It is recorded as one, from when the message was written. The body may be left out.
#[utoipa::path(
    post, path = "/v1/opt-out-reviews/{id}/confirm", operation_id = "confirmOptOut", tag = "consents",
    params(("id" = String, Path, description = "The received message, `inb_…`")), request_body = ConfirmOptOut,
    responses((status = 200, body = schema::OptOutReview)),
)]
pub async fn confirm_review(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Raw(body): Raw,
) -> Result<Json<ReviewReport>> {
    let id = path_id(&id, "possible opt-out")?;
    let confirm: ConfirmOptOut = if body.is_empty() { ConfirmOptOut::default() } else { parse_json(&body)? };
    Ok(Json(state.engine.confirm_opt_out(&caller, id, confirm.purpose.as_deref()).await?))
}

/// Say that it was no opt-out
#[utoipa::path(
    post, path = "/v1/opt-out-reviews/{id}/dismiss", operation_id = "dismissOptOut", tag = "consents",
    params(("id" = String, Path, description = "The received message, `inb_…`")),
    responses((status = 200, body = schema::OptOutReview)),
)]
pub async fn dismiss_review(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<ReviewReport>> {
    Ok(Json(state.engine.dismiss_opt_out(&caller, path_id(&id, "possible opt-out")?).await?))
}
