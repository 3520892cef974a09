//! The consent ledger: append-only, granted or revoked, with source and proof.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::ConsentId;
use tidings_domain::time::Timestamp;
use tidings_engine::admin::NewConsentInput;
use tidings_engine::store_model::Consent;
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::recipients::{Recipient, address_of_text};
use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Query};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "to": {"phone": "+15550100300"}, "channel": "whatsapp", "purpose": "marketing", "granted": true,
    "source": "checkout form", "evidence": {"form": "v3", "ip_hash": "9f2c"},
}))]
pub struct AddConsent {
    to: Recipient,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    #[schema(value_type = schema::Category)]
    purpose: Category,
    granted: bool,
    /// Where it came from, in your words.
    source: String,
    /// Any JSON; kept sealed.
    #[schema(value_type = Option<Object>)]
    evidence: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    #[schema(value_type = String, example = "cns_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: ConsentId,
    to: Recipient,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    #[schema(value_type = schema::Category)]
    purpose: Category,
    granted: bool,
    source: String,
    #[schema(value_type = Option<Object>)]
    evidence: Option<Box<RawValue>>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who recorded it.
    actor: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentList {
    consents: Vec<ConsentView>,
    next_cursor: Option<String>,
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        Self {
            id: consent.id,
            to: consent.address.into(),
            channel: consent.channel,
            purpose: consent.purpose,
            granted: consent.granted,
            source: consent.source,
            evidence: consent.evidence.and_then(|json| RawValue::from_string(json).ok()),
            at: consent.at,
            actor: consent.actor,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConsents {
    /// Only of this phone number, BSUID or e-mail address.
    to: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

/// Record that consent was granted or revoked
#[utoipa::path(
    post, path = "/v1/consents", operation_id = "addConsent", tag = "consents", request_body = AddConsent,
    responses((status = 201, description = "It is in force for everything not yet claimed", body = ConsentView)),
)]
pub async fn add_consent(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<AddConsent>,
) -> Result<Response> {
    let input = NewConsentInput {
        address: new.to.address()?,
        channel: new.channel,
        purpose: new.purpose,
        granted: new.granted,
        source: new.source,
        evidence: new.evidence.map(|json| json.get().to_owned()),
    };
    let consent = state.engine.add_consent(&caller, input).await?;
    Ok((StatusCode::CREATED, Json(ConsentView::from(consent))).into_response())
}

/// List the consent ledger, newest first
#[utoipa::path(
    get, path = "/v1/consents", operation_id = "listConsents", tag = "consents", params(ListConsents),
    responses((status = 200, description = "A page of entries", body = ConsentList)),
)]
pub async fn list_consents(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListConsents>,
) -> Result<Json<ConsentList>> {
    let address = list.to.as_deref().map(|text| address_of_text("to", text)).transpose()?;
    let page = state.engine.consents(&caller, address, list.cursor.as_deref(), list.limit).await?;
    Ok(Json(ConsentList {
        consents: page.items.into_iter().map(Into::into).collect(),
        next_cursor: page.next,
    }))
}
