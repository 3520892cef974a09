//! Topics that people choose by, and what a tenant sets about consent.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::category::Category;
use tidings_domain::consent::{ConsentSettings, Topic};
use tidings_domain::id::TopicId;
use tidings_engine::consents::NewTopic;
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "new-arrivals", "category": "marketing", "titles": {"en": "New arrivals", "de": "Neuheiten"},
}))]
pub struct PutTopic {
    /// How messages and consents name it.
    code: String,
    /// An opt-out of the category is one of the topic too. It never changes.
    #[schema(value_type = schema::Category)]
    category: Category,
    /// Titles for people, by language.
    titles: BTreeMap<String, String>,
    /// An archived topic is offered to nobody and carried by no new message; what was said about it stays.
    #[serde(default)]
    archived: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicView {
    #[schema(value_type = String, example = "top_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: TopicId,
    code: String,
    #[schema(value_type = schema::Category)]
    category: Category,
    titles: BTreeMap<String, String>,
    archived: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopicList {
    topics: Vec<TopicView>,
}

impl From<Topic> for TopicView {
    fn from(topic: Topic) -> Self {
        let Topic { id, code, category, titles, archived } = topic;
        Self { id, code, category, titles, archived }
    }
}

/// Make a topic, or change the titles of one
#[utoipa::path(
    post, path = "/v1/topics", operation_id = "putTopic", tag = "consents", request_body = PutTopic,
    responses(
        (status = 201, description = "A new topic", body = TopicView),
        (status = 200, description = "The topic of this code as it is now", body = TopicView),
    ),
)]
pub async fn put_topic(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<PutTopic>,
) -> Result<Response> {
    let PutTopic { code, category, titles, archived } = new;
    let (topic, fresh) =
        state.engine.put_topic(&caller, NewTopic { code, category, titles, archived }).await?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(TopicView::from(topic))).into_response())
}

/// List the topics
#[utoipa::path(
    get, path = "/v1/topics", operation_id = "listTopics", tag = "consents",
    responses((status = 200, description = "Every topic", body = TopicList)),
)]
pub async fn list_topics(State(state): State<AppState>, Key(caller): Key) -> Result<Json<TopicList>> {
    let topics = state.engine.topics(&caller).await?;
    Ok(Json(TopicList { topics: topics.into_iter().map(Into::into).collect() }))
}

/// What is set about consent
#[utoipa::path(
    get, path = "/v1/consent-settings", operation_id = "getConsentSettings", tag = "consents",
    responses((status = 200, body = schema::ConsentSettings)),
)]
pub async fn get_settings(State(state): State<AppState>, Key(caller): Key) -> Result<Json<ConsentSettings>> {
    Ok(Json(state.engine.consent_settings(&caller).await?))
}

/// Set it as a whole
#[utoipa::path(
    put, path = "/v1/consent-settings", operation_id = "setConsentSettings", tag = "consents",
    request_body = schema::ConsentSettings,
    responses((status = 200, description = "In force within a second", body = schema::ConsentSettings)),
)]
pub async fn set_settings(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(settings): Json<ConsentSettings>,
) -> Result<Json<ConsentSettings>> {
    Ok(Json(state.engine.set_consent_settings(&caller, settings).await?))
}
