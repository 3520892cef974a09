//! People, and the ways to reach them.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use tidings_domain::id::ContactId;
use tidings_domain::time::Timestamp;
use tidings_engine::contacts::{ContactPatch, ErasureReport};
use tidings_engine::store_model::{AttributeType, ContactCard, HistoryEntry};
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::consents::ConsentView;
use crate::api::v1::recipients::{Recipient, address_of_text};
use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Query, field_id, path_id};
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    /// Another one than was asked for if that contact was merged into this.
    #[schema(value_type = String, example = "con_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: ContactId,
    /// Phone numbers first; a contact may have none.
    identities: Vec<Recipient>,
    name: Option<String>,
    time_zone: Option<String>,
    language: Option<String>,
    /// By the names that you declared.
    #[schema(value_type = Object)]
    attributes: BTreeMap<String, Value>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    erased_at: Option<Timestamp>,
}

impl From<ContactCard> for ContactView {
    fn from(card: ContactCard) -> Self {
        Self {
            id: card.id,
            identities: card.addresses.into_iter().map(Recipient::from).collect(),
            name: card.profile.name,
            time_zone: card.profile.time_zone,
            language: card.profile.language,
            attributes: card.profile.attributes,
            created_at: card.created_at,
            erased_at: card.erased_at,
        }
    }
}

/// Get a contact
///
/// Contacts that turn out to be one person are merged; every id that was ever given out leads to the one that is left.
#[utoipa::path(
    get, path = "/v1/contacts/{id}", operation_id = "getContact", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = ContactView)),
)]
pub async fn get_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: ContactId = path_id(&id, "contact")?;
    Ok(Json(ContactView::from(state.engine.contact_card(&caller, id).await?)).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindContact {
    /// A phone number, BSUID or e-mail address: the answer is the one contact behind it.
    to: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactList {
    contacts: Vec<ContactView>,
    next_cursor: Option<String>,
}

/// One contact where an address was given, else a page of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Found {
    One(Box<ContactView>),
    Page(ContactList),
}

/// Find the contact behind an address, or list contacts
///
/// With `to` the one contact; without it a page of contacts, newest first, without those that were erased.
#[utoipa::path(
    get, path = "/v1/contacts", operation_id = "findContact", tag = "contacts", params(FindContact),
    responses((status = 200, description = "One contact, or a page", body = Found)),
)]
pub async fn find_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(query): Query<FindContact>,
) -> Result<Json<Found>> {
    if let Some(to) = &query.to {
        let address = address_of_text("to", to)?;
        return Ok(Json(Found::One(Box::new(state.engine.contact_of(&caller, &address).await?.into()))));
    }
    let page = state.engine.contacts(&caller, query.cursor.as_deref(), query.limit).await?;
    let contacts = page.items.into_iter().map(ContactView::from).collect();
    Ok(Json(Found::Page(ContactList { contacts, next_cursor: page.next })))
}

/// A value, `null` to take it away, or nothing to leave it.
#[expect(clippy::option_option, reason = "absent and null are two wishes")]
fn given<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"time_zone": "Europe/Berlin", "attributes": {"tier": "gold", "visits": 7}}))]
pub struct PatchContact {
    /// How you call the person.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// `null` takes a value away; what is not named stays.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    attributes: BTreeMap<String, Value>,
}

impl From<PatchContact> for ContactPatch {
    fn from(patch: PatchContact) -> Self {
        let PatchContact { name, time_zone, language, attributes } = patch;
        Self { name, time_zone, language, attributes }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": {"phone": "+15550100300"}, "language": "es"}))]
pub struct PutContact {
    to: Recipient,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    attributes: BTreeMap<String, Value>,
}

/// Make a contact, or change the one of this address
#[utoipa::path(
    post, path = "/v1/contacts", operation_id = "putContact", tag = "contacts", request_body = PutContact,
    responses((status = 200, description = "The contact as it is now", body = ContactView)),
)]
pub async fn put_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<PutContact>,
) -> Result<Json<ContactView>> {
    let address = new.to.address()?;
    let PutContact { name, time_zone, language, attributes, .. } = new;
    let patch = ContactPatch { name, time_zone, language, attributes };
    Ok(Json(state.engine.put_contact(&caller, &address, patch).await?.into()))
}

/// Change what is known of a contact
#[utoipa::path(
    patch, path = "/v1/contacts/{id}", operation_id = "patchContact", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")), request_body = PatchContact,
    responses((status = 200, body = ContactView)),
)]
pub async fn patch_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Json(patch): Json<PatchContact>,
) -> Result<Json<ContactView>> {
    let id = path_id(&id, "contact")?;
    Ok(Json(state.engine.patch_contact(&caller, id, patch.into()).await?.into()))
}

/// Erase a person
///
/// What names them goes: addresses, content, messages from them. What honours their choices stays; the answer says which.
#[utoipa::path(
    delete, path = "/v1/contacts/{id}", operation_id = "eraseContact", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, description = "What is gone and what is kept", body = schema::Erasure)),
)]
pub async fn erase_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<ErasureReport>> {
    Ok(Json(state.engine.erase_contact(&caller, path_id(&id, "contact")?).await?))
}

/// Everything known of one person, to hand to them
#[utoipa::path(
    get, path = "/v1/contacts/{id}/export", operation_id = "exportContact", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, description = "Identities, attributes, history, consents, messages", body = Object)),
)]
pub async fn export_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let (addresses, mut document) = state.engine.export_contact(&caller, path_id(&id, "contact")?).await?;
    // The ledger by any address is that of the person.
    let consents = match addresses.first() {
        Some(address) => state.engine.ledger_of(&caller, address).await?,
        None => Vec::new(),
    };
    document["consents"] = json!(consents.into_iter().map(ConsentView::from).collect::<Vec<_>>());
    Ok(Json(document))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeContacts {
    /// The other contact, `con_…`.
    other: String,
}

/// Make two contacts one
#[utoipa::path(
    post, path = "/v1/contacts/{id}/merge", operation_id = "mergeContacts", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")), request_body = MergeContacts,
    responses((status = 200, description = "The one that is left; both ids lead to it", body = ContactView)),
)]
pub async fn merge_contacts(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Json(merge): Json<MergeContacts>,
) -> Result<Json<ContactView>> {
    let id = path_id(&id, "contact")?;
    let other = field_id(&merge.other, "other")?;
    Ok(Json(state.engine.merge_contacts(&caller, id, other).await?.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitContact {
    /// The address that is somebody else's.
    to: Recipient,
}

/// Take an address out of a contact
#[utoipa::path(
    post, path = "/v1/contacts/{id}/split", operation_id = "splitContact", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")), request_body = SplitContact,
    responses((status = 201, description = "The new contact, with what was said by that address", body = ContactView)),
)]
pub async fn split_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Json(split): Json<SplitContact>,
) -> Result<Response> {
    let id = path_id(&id, "contact")?;
    let card = state.engine.split_contact(&caller, id, &split.to.address()?).await?;
    Ok((StatusCode::CREATED, Json(ContactView::from(card))).into_response())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    what: String,
    actor: String,
    #[schema(value_type = Object)]
    detail: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryList {
    history: Vec<HistoryView>,
}

/// What became of a contact, newest first
#[utoipa::path(
    get, path = "/v1/contacts/{id}/history", operation_id = "getContactHistory", tag = "contacts",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = HistoryList)),
)]
pub async fn contact_history(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<HistoryList>> {
    let view = |HistoryEntry { at, what, actor, detail }| HistoryView { at, what, actor, detail };
    let entries = state.engine.contact_history(&caller, path_id(&id, "contact")?).await?;
    Ok(Json(HistoryList { history: entries.into_iter().map(view).collect() }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "tier", "type": "text"}))]
pub struct DeclareAttribute {
    name: String,
    #[serde(rename = "type")]
    #[schema(value_type = schema::AttributeKind)]
    kind: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AttributeView {
    name: String,
    #[serde(rename = "type")]
    #[schema(value_type = schema::AttributeKind)]
    kind: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AttributeList {
    attributes: Vec<AttributeView>,
}

impl From<AttributeType> for AttributeView {
    fn from(declared: AttributeType) -> Self {
        Self { name: declared.name, kind: declared.kind }
    }
}

/// Declare an attribute of contacts
#[utoipa::path(
    post, path = "/v1/contact-attributes", operation_id = "declareAttribute", tag = "contacts",
    request_body = DeclareAttribute,
    responses((status = 201, description = "Contacts may have it", body = AttributeView)),
)]
pub async fn declare_attribute(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<DeclareAttribute>,
) -> Result<Response> {
    let made = state.engine.declare_attribute(&caller, &new.name, &new.kind).await?;
    Ok((StatusCode::CREATED, Json(AttributeView::from(made))).into_response())
}

/// List the attributes of contacts
#[utoipa::path(
    get, path = "/v1/contact-attributes", operation_id = "listAttributes", tag = "contacts",
    responses((status = 200, body = AttributeList)),
)]
pub async fn list_attributes(State(state): State<AppState>, Key(caller): Key) -> Result<Json<AttributeList>> {
    let attributes = state.engine.attribute_types(&caller).await?;
    Ok(Json(AttributeList { attributes: attributes.into_iter().map(Into::into).collect() }))
}
