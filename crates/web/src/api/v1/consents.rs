//! The consent ledger: append-only, granted or revoked, with source and proof.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_domain::consent::{Basis, Known, Proof, Reach, Source};
use tidings_domain::id::ConsentId;
use tidings_domain::time::Timestamp;
use tidings_engine::consents::{ConsentLine, HeldLine, NewConsentInput, StateReport, ledger_csv};
use tidings_engine::store_model::About;
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::imports::csv_file;
use crate::api::v1::recipients::{Recipient, address_of_text};
use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Query};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "to": {"phone": "+15550100300"}, "channel": "whatsapp", "purpose": "marketing", "granted": true,
    "source": "web_form", "source_detail": "checkout", "basis": "consent",
    "proof": {"text": "Yes, Acme may send me offers on WhatsApp.", "text_version": "3", "business_name": "Acme"},
}))]
pub struct AddConsent {
    to: Recipient,
    /// A channel, or `any` for all of them.
    #[schema(value_type = schema::ConsentChannel)]
    channel: Reach,
    /// A category, or the code of a topic of yours.
    purpose: String,
    granted: bool,
    /// Where it came from. Other words than the known ones count as `api` with these words as detail.
    #[schema(value_type = schema::ConsentSource)]
    source: String,
    /// Where exactly, in your words.
    source_detail: Option<String>,
    /// The ground on which a grant rests.
    #[schema(value_type = Option<schema::ConsentBasis>)]
    basis: Option<Basis>,
    /// What the person saw; kept sealed.
    #[schema(value_type = Option<schema::ConsentProof>)]
    proof: Option<Proof>,
    /// Any JSON; kept sealed.
    #[schema(value_type = Option<Object>)]
    evidence: Option<Box<RawValue>>,
    /// When it was said, if that was not now: it takes its place among the other entries by this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    #[schema(value_type = String, example = "cns_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: ConsentId,
    /// Absent where the person was erased.
    to: Option<Recipient>,
    #[schema(value_type = schema::ConsentChannel)]
    channel: Reach,
    purpose: String,
    granted: bool,
    #[schema(value_type = schema::ConsentSource)]
    source: Source,
    source_detail: Option<String>,
    #[schema(value_type = Option<schema::ConsentBasis>)]
    basis: Option<Basis>,
    #[schema(value_type = Option<schema::ConsentProof>)]
    proof: Option<Proof>,
    #[schema(value_type = Option<Object>)]
    evidence: Option<Box<RawValue>>,
    /// Since when it counts.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who recorded it.
    actor: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentList {
    consents: Vec<ConsentView>,
    next_cursor: Option<String>,
}

impl From<ConsentLine> for ConsentView {
    fn from(line: ConsentLine) -> Self {
        let ConsentLine { consent, purpose } = line;
        let About { source_detail, basis, proof, evidence } = consent.about;
        Self {
            id: consent.id,
            to: consent.address.map(Into::into),
            channel: consent.channel,
            purpose,
            granted: consent.granted,
            source: consent.source,
            source_detail,
            basis,
            proof: Some(proof).filter(|proof| !proof.is_empty()),
            evidence: evidence.and_then(|json| RawValue::from_string(json).ok()),
            at: consent.at,
            recorded_at: consent.recorded_at,
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
    let (source, source_detail) = match (Source::parse(&new.source), new.source_detail) {
        (Some(source), detail) => (source, detail),
        (None, None) => (Source::Api, Some(new.source)),
        (None, Some(_)) => {
            let words = "Beside `source_detail`, `source` is one of the known sources.";
            return Err(Problem::field("source", "source.unknown", words));
        }
    };
    let input = NewConsentInput {
        address: new.to.address()?,
        channel: new.channel,
        purpose: new.purpose,
        granted: new.granted,
        source,
        about: About {
            source_detail,
            basis: new.basis,
            proof: new.proof.unwrap_or_default(),
            evidence: new.evidence.map(|json| json.get().to_owned()),
        },
        at: new.at,
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StateQuery {
    /// A phone number, BSUID or e-mail address.
    to: String,
    /// A moment in the past, such as 2026-05-03T14:00:00Z; now unless given.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// `then` (the default) counts what was recorded by that moment; `now` also what was recorded later about it.
    known: Option<String>,
}

/// What was held for one purpose on one channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldView {
    purpose: String,
    #[schema(value_type = schema::Channel)]
    channel: &'static str,
    #[schema(value_type = schema::ConsentState)]
    state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    decided_by: Option<ConsentView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentStateView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `then` or `now`.
    known: &'static str,
    /// What silence means for marketing: `opt_out` lets it go, `opt_in` does not.
    #[schema(value_type = schema::MarketingRule)]
    marketing: tidings_domain::consent::MarketingRule,
    /// Purposes and channels that anything was said about.
    held: Vec<HeldView>,
}

impl From<HeldLine> for HeldView {
    fn from(line: HeldLine) -> Self {
        let HeldLine { purpose, channel, state, since, decided_by } = line;
        Self { purpose, channel, state, since, decided_by: decided_by.map(Into::into) }
    }
}

impl From<StateReport> for ConsentStateView {
    fn from(report: StateReport) -> Self {
        let known = if report.known == Known::Then { "then" } else { "now" };
        let held = report.held.into_iter().map(Into::into).collect();
        Self { at: report.at, known, marketing: report.marketing, held }
    }
}

/// What was held of a person at a moment, and which entry decided it
#[utoipa::path(
    get, path = "/v1/consents/state", operation_id = "getConsentState", tag = "consents", params(StateQuery),
    responses((status = 200, description = "By purpose and channel", body = ConsentStateView)),
)]
pub async fn consent_state(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(query): Query<StateQuery>,
) -> Result<Json<ConsentStateView>> {
    let address = address_of_text("to", &query.to)?;
    let known = match query.known.as_deref() {
        None => Known::Then,
        Some(text) => Known::parse(text)
            .ok_or_else(|| Problem::field("known", "known.unknown", "`known` is `then` or `now`."))?,
    };
    Ok(Json(state.engine.consent_state(&caller, &address, query.at, known).await?.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// A phone number, BSUID or e-mail address.
    to: String,
    /// `json` (the default) or `csv`.
    format: Option<String>,
}

/// One person's whole ledger, as JSON or as a CSV table
#[utoipa::path(
    get, path = "/v1/consents/export", operation_id = "exportConsents", tag = "consents", params(ExportQuery),
    responses((status = 200, description = "Every entry, newest first", content(
        (ConsentList = "application/json"), (String = "text/csv"),
    ))),
)]
pub async fn export_consents(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(query): Query<ExportQuery>,
) -> Result<Response> {
    let address = address_of_text("to", &query.to)?;
    let csv = match query.format.as_deref() {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::field("format", "format.unknown", "`format` is `json` or `csv`.")),
    };
    let lines = state.engine.ledger_of(&caller, &address).await?;
    if csv {
        return Ok(csv_file(ledger_csv(&lines), "consents.csv"));
    }
    let consents = lines.into_iter().map(Into::into).collect();
    Ok(Json(ConsentList { consents, next_cursor: None }).into_response())
}
