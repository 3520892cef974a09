//! Recipients as requests name them, and those that a provider said cannot be reached.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::address::Address;
use tidings_domain::intent::read_address;
use tidings_domain::time::Timestamp;
use tidings_engine::EngineError;
use tidings_engine::store_model::InvalidRecipient;
use utoipa::{IntoParams, ToSchema};

use crate::error::Result;
use crate::extract::{Json, Key, Query};
use crate::problem::Problem;
use crate::state::AppState;

/// Exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+15550100300"}))]
pub struct Recipient {
    /// E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A business-scoped user id as the platform showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Recipient {
    /// The address, checked; problems name fields under `to`.
    pub fn address(&self) -> Result<Address> {
        read_address(self.phone.as_deref(), self.bsuid.as_deref(), self.email.as_deref())
            .map_err(|problems| EngineError::Invalid(problems).into())
    }
}

impl From<Address> for Recipient {
    fn from(address: Address) -> Self {
        let mut recipient = Self::default();
        match address {
            Address::Phone(phone) => recipient.phone = Some(phone.as_str().to_owned()),
            Address::Bsuid(bsuid) => recipient.bsuid = Some(bsuid.as_str().to_owned()),
            Address::Email(email) => recipient.email = Some(email.as_str().to_owned()),
        }
        recipient
    }
}

/// An address in a query, its kind told by its form. A `+` that a client forgot to encode came as a blank.
pub fn address_of_text(field: &str, text: &str) -> Result<Address> {
    let text = match text.strip_prefix(' ') {
        Some(digits) => format!("+{digits}"),
        None => text.to_owned(),
    };
    let kind = if text.contains('@') {
        "email"
    } else if text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
        "bsuid"
    } else {
        "phone"
    };
    Address::parse(kind, &text).map_err(|problems| {
        let mut problem = Problem::from(EngineError::Invalid(problems));
        for error in &mut problem.errors {
            field.clone_into(&mut error.field);
        }
        problem
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInvalid {
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftInvalid {
    to: Recipient,
}

/// A recipient that is refused early.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidRecipientView {
    /// The subject of its events.
    #[schema(example = "recipient_00000000000000000000000000000000")]
    id: String,
    /// Known where the person wrote to you or is in the consent ledger.
    to: Option<Recipient>,
    /// The provider's code.
    code: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidRecipientList {
    invalid_recipients: Vec<InvalidRecipientView>,
    next_cursor: Option<String>,
}

impl From<InvalidRecipient> for InvalidRecipientView {
    fn from(row: InvalidRecipient) -> Self {
        Self {
            id: format!("recipient_{:032x}", u128::from_be_bytes(row.hash.0)),
            to: row.address.map(Into::into),
            code: row.code,
            at: row.at,
        }
    }
}

/// List the recipients that are refused early
///
/// A provider said for certain that they cannot be reached.
#[utoipa::path(
    get, path = "/v1/invalid-recipients", operation_id = "listInvalidRecipients", tag = "recipients",
    params(ListInvalid),
    responses((status = 200, description = "A page of recipients", body = InvalidRecipientList)),
)]
pub async fn list_invalid_recipients(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListInvalid>,
) -> Result<Json<InvalidRecipientList>> {
    let page = state.engine.invalid_recipients(&caller, list.cursor.as_deref(), list.limit).await?;
    let invalid_recipients = page.items.into_iter().map(Into::into).collect();
    Ok(Json(InvalidRecipientList { invalid_recipients, next_cursor: page.next }))
}

/// Let a recipient be tried again
#[utoipa::path(
    post, path = "/v1/invalid-recipients/lift", operation_id = "liftInvalidRecipient", tag = "recipients",
    request_body = LiftInvalid,
    responses((status = 204, description = "It is no longer refused")),
)]
pub async fn lift_invalid_recipient(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(lift): Json<LiftInvalid>,
) -> Result<StatusCode> {
    state.engine.lift_invalid(&caller, &lift.to.address()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests;
