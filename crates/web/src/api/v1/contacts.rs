//! People, and the ways to reach them.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidings_domain::id::ContactId;
use tidings_domain::time::Timestamp;
use tidings_engine::store_model::Contact;
use utoipa::ToSchema;

use crate::api::v1::recipients::Recipient;
use crate::error::Result;
use crate::extract::{Json, Key, path_id};
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    /// Another one than was asked for if that contact was merged into this.
    #[schema(value_type = String, example = "con_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: ContactId,
    /// Phone numbers first; a contact may have none.
    identities: Vec<Recipient>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let identities = contact.addresses.into_iter().map(Recipient::from).collect();
        Self { id: contact.id, identities, created_at: contact.created_at }
    }
}

/// Get a contact
///
/// Contacts that turn out to be one person are merged; every id that was ever given out leads to the one that is left.
#[utoipa::path(
    get, path = "/v1/contacts/{id}", operation_id = "getContact", tag = "inbound",
    params(("id" = String, Path, description = "`con_…`")),
    responses((status = 200, body = ContactView)),
)]
pub async fn get_contact(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: ContactId = path_id(&id, "contact")?;
    Ok(Json(ContactView::from(state.engine.contact(&caller, id).await?)).into_response())
}
