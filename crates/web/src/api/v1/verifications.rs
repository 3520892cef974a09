//! One-time passwords: ask for a code, check it, and what limits both.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tidings_domain::address::{Address, Phone};
use tidings_domain::category::Channel;
use tidings_domain::id::{ListedId, VerificationId};
use tidings_domain::time::Timestamp;
use tidings_domain::verification::Settings;
use tidings_engine::store_model::Listed;
use tidings_engine::verifications::{AskCode, NewListed};
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::recipients::Recipient;
use crate::api::v1::schema;
use crate::api::v1::send::trace_of;
use crate::error::Result;
use crate::extract::{Json, Key, Query, path_id};
use crate::problem::Problem;
use crate::state::AppState;

/// Hours that an overview covers unless it is asked for others.
const DEFAULT_HOURS: u32 = 24;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": {"phone": "+4915112345678"}, "client_ip": "203.0.113.7", "device": "7f3a…"}))]
pub struct AskForCode {
    /// The phone number to be proved.
    to: Recipient,
    #[schema(value_type = Option<schema::Channel>)]
    channel: Option<Channel>,
    /// Id or address of the sender to use.
    from: Option<String>,
    /// An approved authentication template; the tenant's own choice, or the first there is, unless given.
    template: Option<String>,
    language: Option<String>,
    /// The address of whoever asks, as your server sees it. Kept only as a keyed hash.
    client_ip: Option<String>,
    /// What your application calls the device. Kept only as a keyed hash.
    device: Option<String>,
    /// You have proof that a person asks: a solved challenge.
    #[serde(default)]
    challenge_passed: bool,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resend {
    /// Another way than before.
    #[schema(value_type = Option<schema::Channel>)]
    channel: Option<Channel>,
    challenge_passed: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"id": "ver_01k9h3c4v8e2xt7m5q0w6r1yza", "code": "123456"}))]
pub struct CheckCode {
    /// The verification; or the number, of which the newest counts.
    #[schema(value_type = Option<String>)]
    id: Option<VerificationId>,
    to: Option<Recipient>,
    /// As the person typed it; blanks and dashes are ignored.
    code: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"blocked": true, "kind": "prefix", "value": "+88216", "reason": "satellite numbers"}))]
pub struct NewListEntry {
    /// Never a code; otherwise always, whatever limits say.
    blocked: bool,
    /// `phone`, `prefix`, `country`, `client_ip` or `device`.
    kind: String,
    value: String,
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ListEntry {
    #[schema(value_type = String, example = "lst_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: ListedId,
    blocked: bool,
    kind: String,
    value: String,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ListEntries {
    entries: Vec<ListEntry>,
}

impl From<Listed> for ListEntry {
    fn from(listed: Listed) -> Self {
        let Listed { id, blocked, kind, value, reason, created_at } = listed;
        Self { id, blocked, kind, value, reason, created_at }
    }
}

fn phone(to: &Recipient) -> Result<Phone> {
    match to.address()? {
        Address::Phone(phone) => Ok(phone),
        _ => Err(Problem::field("to", "verification.phone", "Codes prove phone numbers: give `phone`.")),
    }
}

/// Send a code
///
/// A number that has a code under way gets another one for the same verification.
#[utoipa::path(
    post, path = "/v1/verifications", operation_id = "startVerification", tag = "verifications",
    request_body = AskForCode,
    responses(
        (status = 201, description = "A code is on its way", body = schema::Verification),
        (status = 403, description = "Blocked, denied, or a challenge is required", body = Problem),
        (status = 429, description = "Limited, slowed, too soon or too often", body = Problem),
    ),
)]
pub async fn start_verification(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
    Json(ask): Json<AskForCode>,
) -> Result<Response> {
    let ask = AskCode {
        phone: phone(&ask.to)?,
        channel: ask.channel.unwrap_or(Channel::Whatsapp),
        from: ask.from,
        template: ask.template,
        language: ask.language,
        client_ip: ask.client_ip,
        device: ask.device,
        challenge_passed: ask.challenge_passed,
        again: None,
        trace: trace_of(&headers),
    };
    Ok((StatusCode::CREATED, Json(state.engine.ask_code(&caller, ask).await?)).into_response())
}

/// Check a code
#[utoipa::path(
    post, path = "/v1/verifications/check", operation_id = "checkVerification", tag = "verifications",
    request_body = CheckCode,
    responses((status = 200, description = "Whether it is the right one, in time", body = schema::CodeCheck)),
)]
pub async fn check_verification(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(check): Json<CheckCode>,
) -> Result<Response> {
    let to = check.to.as_ref().map(phone).transpose()?;
    let checked = state.engine.check_code(&caller, check.id, to.as_ref(), &check.code).await?;
    Ok(Json(checked).into_response())
}

/// Send another code for a verification under way
#[utoipa::path(
    post, path = "/v1/verifications/{id}/resend", operation_id = "resendVerification", tag = "verifications",
    params(("id" = String, Path, description = "`ver_…`")), request_body = Resend,
    responses(
        (status = 200, description = "Another code is on its way; those before are good as well", body = schema::Verification),
        (status = 429, description = "Too soon or too often", body = Problem),
    ),
)]
pub async fn resend_verification(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(resend): Json<Resend>,
) -> Result<Response> {
    let id = path_id(&id, "verification")?;
    let Resend { channel, challenge_passed } = resend;
    let sent = state.engine.resend_code(&caller, id, channel, challenge_passed, trace_of(&headers)).await?;
    Ok(Json(sent).into_response())
}

/// End a verification before its time
#[utoipa::path(
    post, path = "/v1/verifications/{id}/cancel", operation_id = "cancelVerification", tag = "verifications",
    params(("id" = String, Path, description = "`ver_…`")),
    responses((status = 200, description = "Its codes are good for nothing", body = schema::Verification)),
)]
pub async fn cancel_verification(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id = path_id(&id, "verification")?;
    Ok(Json(state.engine.cancel_verification(&caller, id).await?).into_response())
}

/// Get a verification
#[utoipa::path(
    get, path = "/v1/verifications/{id}", operation_id = "getVerification", tag = "verifications",
    params(("id" = String, Path, description = "`ver_…`")),
    responses((status = 200, description = "Where it stands", body = schema::Verification)),
)]
pub async fn get_verification(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id = path_id(&id, "verification")?;
    Ok(Json(state.engine.verification(&caller, id).await?).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Hours {
    /// 1 to 168; 24 unless given.
    hours: Option<u32>,
}

/// How codes fare: asked for and used, by country and by hour
#[utoipa::path(
    get, path = "/v1/verifications/overview", operation_id = "verificationOverview", tag = "verifications",
    params(Hours),
    responses((status = 200, description = "What became of the verifications of the last hours", body = schema::CodesReport)),
)]
pub async fn overview(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(query): Query<Hours>,
) -> Result<Response> {
    let hours = query.hours.unwrap_or(DEFAULT_HOURS);
    Ok(Json(state.engine.codes_report(&caller, hours).await?).into_response())
}

/// Get how codes are made and limited
#[utoipa::path(
    get, path = "/v1/verifications/settings", operation_id = "getVerificationSettings", tag = "verifications",
    responses((status = 200, description = "The settings in force", body = schema::VerificationSettings)),
)]
pub async fn get_settings(State(state): State<AppState>, Key(caller): Key) -> Result<Response> {
    Ok(Json(state.engine.verification_settings(&caller).await?).into_response())
}

/// Set how codes are made and limited
///
/// What is left out is as by default.
#[utoipa::path(
    put, path = "/v1/verifications/settings", operation_id = "setVerificationSettings", tag = "verifications",
    request_body = schema::VerificationSettings,
    responses((status = 200, description = "In force from now on", body = schema::VerificationSettings)),
)]
pub async fn set_settings(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(settings): Json<Settings>,
) -> Result<Response> {
    state.engine.set_verification_settings(&caller, &settings).await?;
    Ok(Json(settings).into_response())
}

/// Put a number, prefix, country, address or device on a list
#[utoipa::path(
    post, path = "/v1/verifications/lists", operation_id = "listForCodes", tag = "verifications",
    request_body = NewListEntry,
    responses((status = 201, description = "It counts from now on", body = ListEntry)),
)]
pub async fn add_listed(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<NewListEntry>,
) -> Result<Response> {
    let NewListEntry { blocked, kind, value, reason } = new;
    let entry = state.engine.list_for_codes(&caller, NewListed { blocked, kind, value, reason }).await?;
    Ok((StatusCode::CREATED, Json(ListEntry::from(entry))).into_response())
}

/// List who is always or never sent a code
#[utoipa::path(
    get, path = "/v1/verifications/lists", operation_id = "listedForCodes", tag = "verifications",
    responses((status = 200, description = "Every entry, newest first", body = ListEntries)),
)]
pub async fn get_listed(State(state): State<AppState>, Key(caller): Key) -> Result<Json<ListEntries>> {
    let entries = state.engine.listed_for_codes(&caller).await?;
    Ok(Json(ListEntries { entries: entries.into_iter().map(Into::into).collect() }))
}

/// Take an entry off its list
#[utoipa::path(
    delete, path = "/v1/verifications/lists/{id}", operation_id = "unlistForCodes", tag = "verifications",
    params(("id" = String, Path, description = "`lst_…`")),
    responses((status = 204, description = "It counts no more")),
)]
pub async fn remove_listed(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    state.engine.unlist_for_codes(&caller, path_id(&id, "entry")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
