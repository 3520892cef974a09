//! Forms that ask for consent, and double opt-ins.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tidings_domain::consent::{Confirmation, Form, FormDefinition, Proof, Reach, Source};
use tidings_domain::id::FormId;
use tidings_domain::time::Timestamp;
use tidings_engine::Caller;
use tidings_engine::consents::OptIn;
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::recipients::Recipient;
use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Query, path_id};
use crate::public::qr;
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct FormView {
    #[schema(value_type = String, example = "frm_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: FormId,
    /// What people saw before stays known under its version.
    version: u32,
    #[serde(flatten)]
    #[schema(value_type = schema::ConsentForm)]
    definition: FormDefinition,
    /// The page, to link to or, for the origins named, to embed.
    url: String,
    /// What a chat carries that the QR code opens.
    code: String,
    closed: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FormList {
    forms: Vec<FormView>,
}

fn view(state: &AppState, caller: &Caller, headers: &HeaderMap, form: Form) -> FormView {
    let path = format!("/p/{}/f/{}", caller.region, form.id);
    FormView {
        url: state.public_url(headers, &path),
        code: form.code(),
        id: form.id,
        version: form.version,
        definition: form.definition,
        closed: form.closed,
        created_at: form.created_at,
    }
}

/// Make a form
#[utoipa::path(
    post, path = "/v1/consent-forms", operation_id = "createConsentForm", tag = "consents",
    request_body = schema::ConsentForm,
    responses((status = 201, description = "Its page answers at once", body = FormView)),
)]
pub async fn create_form(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
    Json(definition): Json<FormDefinition>,
) -> Result<Response> {
    let form = state.engine.create_form(&caller, definition).await?;
    Ok((StatusCode::CREATED, Json(view(&state, &caller, &headers, form))).into_response())
}

/// List the forms, each in its newest version
#[utoipa::path(
    get, path = "/v1/consent-forms", operation_id = "listConsentForms", tag = "consents",
    responses((status = 200, description = "Every form", body = FormList)),
)]
pub async fn list_forms(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
) -> Result<Json<FormList>> {
    let forms = state.engine.forms(&caller).await?;
    Ok(Json(FormList {
        forms: forms.into_iter().map(|form| view(&state, &caller, &headers, form)).collect(),
    }))
}

/// Get a form
#[utoipa::path(
    get, path = "/v1/consent-forms/{id}", operation_id = "getConsentForm", tag = "consents",
    params(("id" = String, Path, description = "`frm_…`")),
    responses((status = 200, body = FormView)),
)]
pub async fn get_form(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<FormView>> {
    let form = state.engine.form(&caller, path_id(&id, "form")?).await?;
    Ok(Json(view(&state, &caller, &headers, form)))
}

/// Change a form, which makes its next version
#[utoipa::path(
    put, path = "/v1/consent-forms/{id}", operation_id = "changeConsentForm", tag = "consents",
    params(("id" = String, Path, description = "`frm_…`")), request_body = schema::ConsentForm,
    responses((status = 200, body = FormView)),
)]
pub async fn change_form(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(definition): Json<FormDefinition>,
) -> Result<Json<FormView>> {
    let form = state.engine.change_form(&caller, path_id(&id, "form")?, definition).await?;
    Ok(Json(view(&state, &caller, &headers, form)))
}

/// Close a form
#[utoipa::path(
    delete, path = "/v1/consent-forms/{id}", operation_id = "closeConsentForm", tag = "consents",
    params(("id" = String, Path, description = "`frm_…`")),
    responses((status = 204, description = "It asks nobody any more, and its codes mean nothing")),
)]
pub async fn close_form(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    state.engine.close_form(&caller, path_id(&id, "form")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QrQuery {
    /// Number or id of the sender to write to; the first one unless given.
    sender: Option<String>,
}

/// Get a QR code that opens a chat in which the form's words stand ready to be sent
///
/// Whoever sends them agrees to the form's text in this version: the grant is recorded with it as proof.
#[utoipa::path(
    get, path = "/v1/consent-forms/{id}/qr", operation_id = "getConsentFormQr", tag = "consents",
    params(("id" = String, Path, description = "`frm_…`"), QrQuery),
    responses((status = 200, description = "A picture to print", content_type = "image/svg+xml", body = String)),
)]
pub async fn form_qr(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Query(query): Query<QrQuery>,
) -> Result<Response> {
    let (form, link) =
        state.engine.join_link(&caller, path_id(&id, "form")?, query.sender.as_deref()).await?;
    let mut response = qr::svg(&link, &form.definition.name).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    Ok(response)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "to": {"phone": "+15550100300"}, "purposes": ["marketing"], "source": "app",
    "proof": {"text": "Yes, Acme may send me offers.", "text_version": "3", "business_name": "Acme"},
}))]
pub struct BeginOptIn {
    to: Recipient,
    /// `whatsapp` unless given.
    #[schema(value_type = Option<schema::ConsentChannel>)]
    channel: Option<Reach>,
    /// Categories, or codes of topics.
    purposes: Vec<String>,
    #[schema(value_type = schema::ConsentSource)]
    source: Source,
    source_detail: Option<String>,
    /// What the person saw.
    #[schema(value_type = schema::ConsentProof)]
    proof: Proof,
    /// The template that carries the link; without one the link is yours to send.
    #[schema(value_type = Option<schema::Confirmation>)]
    confirmation: Option<Confirmation>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OptInView {
    /// For the person alone: whoever opens it may confirm.
    url: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Begin a double opt-in: nothing counts before the person has confirmed
#[utoipa::path(
    post, path = "/v1/opt-ins", operation_id = "beginOptIn", tag = "consents", request_body = BeginOptIn,
    responses((status = 202, description = "It waits for seven days", body = OptInView)),
)]
pub async fn begin_opt_in(
    State(state): State<AppState>,
    Key(caller): Key,
    headers: HeaderMap,
    Json(new): Json<BeginOptIn>,
) -> Result<Response> {
    let asked = OptIn {
        address: new.to.address()?,
        channel: new.channel.unwrap_or(Reach::On(tidings_domain::category::Channel::Whatsapp)),
        purposes: new.purposes,
        source: new.source,
        source_detail: new.source_detail,
        proof: new.proof,
        confirmation: new.confirmation,
    };
    let link = state.engine.begin_opt_in(&caller, asked, &state.public_url(&headers, "")).await?;
    let view = OptInView { url: state.public_url(&headers, &link.path), expires_at: link.expires_at };
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}
