//! After a restore: what may have left since the backup, for the installation key only.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tidings_domain::category::Category;
use tidings_domain::time::{SECOND, Timestamp};
use tidings_engine::store_model::Review;
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, OperatorKey};
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldList {
    held: Vec<HeldView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HeldView {
    region: String,
    #[schema(value_type = schema::Category)]
    category: Category,
    messages: u64,
    #[schema(value_type = String, format = DateTime)]
    oldest: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    newest: Timestamp,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewDecision {
    /// They did not leave, or may go twice.
    Resend,
    /// They end as `unknown`.
    GiveUp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "resend", "category": "authentication"}))]
pub struct ReviewHeld {
    decision: ReviewDecision,
    /// Every category unless given.
    #[schema(value_type = Option<schema::Category>)]
    category: Option<Category>,
    /// Only messages that were taken at least so long ago.
    older_than_s: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Reviewed {
    /// Messages that the decision is about.
    decided: u64,
}

/// Count what a restore holds for review
#[utoipa::path(
    get, path = "/v1/recovery", operation_id = "getRecovery", tag = "recovery",
    security(("installation_key" = [])),
    responses((status = 200, description = "By region and category", body = HeldList)),
)]
pub async fn get_recovery(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
) -> Result<Json<HeldList>> {
    let held = state.engine.held_for_review(&operator).await?;
    let view = |(region, each): (String, tidings_engine::store_model::HeldCount)| HeldView {
        region,
        category: each.category,
        messages: each.messages,
        oldest: each.oldest,
        newest: each.newest,
    };
    Ok(Json(HeldList { held: held.into_iter().map(view).collect() }))
}

/// Send held messages again, or give them up
#[utoipa::path(
    post, path = "/v1/recovery", operation_id = "reviewHeld", tag = "recovery", request_body = ReviewHeld,
    security(("installation_key" = [])),
    responses((status = 200, description = "The owner of the lanes carries it out", body = Reviewed)),
)]
pub async fn review_held(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
    Json(new): Json<ReviewHeld>,
) -> Result<Json<Reviewed>> {
    let decision = match new.decision {
        ReviewDecision::Resend => Review::Resend,
        ReviewDecision::GiveUp => Review::GiveUp,
    };
    let older_than_us = new.older_than_s.map(|seconds| i64::from(seconds) * SECOND);
    let decided = state.engine.review_held(&operator, decision, new.category, older_than_us).await?;
    Ok(Json(Reviewed { decided }))
}
