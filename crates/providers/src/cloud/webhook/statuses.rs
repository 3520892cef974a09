//! Receipts: what the platform says of a message of ours.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::fact::{Fact, Pricing, Receipt};
use tidings_domain::id::{AttemptId, Id};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::Timestamp;

use super::super::answer::ErrorObject;
use super::super::lenient::{List, Maybe, Text};
use super::envelope::object;
use super::identity::Named;
use super::value::Value;
use super::{other, time_of};
use crate::limits::PROVIDER_ID_BYTES_MAX;

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    r#type: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Text<'a>,
    #[serde(borrow, default)]
    recipient_id: Text<'a>,
    #[serde(borrow, default)]
    recipient_user_id: Text<'a>,
    #[serde(borrow, default)]
    recipient_parent_user_id: Text<'a>,
    #[serde(borrow, default)]
    recipient_type: Text<'a>,
    #[serde(borrow, default, alias = "participant_recipient_id")]
    recipient_participant_id: Text<'a>,
    #[serde(borrow, default)]
    recipient_participant_user_id: Text<'a>,
    #[serde(borrow, default)]
    biz_opaque_callback_data: Text<'a>,
    #[serde(borrow, default)]
    errors: List<Maybe<ErrorObject<'a>>>,
    #[serde(borrow, default)]
    pricing: Maybe<Priced<'a>>,
    #[serde(borrow, default)]
    conversation: Maybe<Conversation<'a>>,
}

#[derive(Deserialize)]
struct Conversation<'a> {
    #[serde(borrow, default)]
    pricing: Maybe<Priced<'a>>,
}

#[derive(Deserialize)]
struct Priced<'a> {
    #[serde(borrow, default)]
    billable: Text<'a>,
    #[serde(borrow, default)]
    pricing_model: Text<'a>,
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default)]
    r#type: Text<'a>,
}

pub(super) fn read(item: &RawValue, value: &Value<'_>, arrived: Option<Timestamp>) -> Fact {
    object::<Status<'_>>(item)
        .and_then(|status| receipt(&status, value, arrived))
        .map_or_else(|| other("messages.statuses", item), Fact::Receipt)
}

fn receipt(status: &Status<'_>, value: &Value<'_>, arrived: Option<Timestamp>) -> Option<Receipt> {
    let state = state(status)?;
    let provider_id = status.id.get().filter(|id| id.len() <= PROVIDER_ID_BYTES_MAX)?;
    Some(Receipt {
        provider_id: provider_id.to_owned(),
        state,
        at: time_of(&status.timestamp, arrived),
        attempt: status.biz_opaque_callback_data.get().and_then(|text| AttemptId::parse(text).ok()),
        error: status.errors.items.iter().find_map(|error| error.get()?.neutral()),
        who: status.named().with(&value.contacts),
        pricing: status.priced().map(Priced::neutral),
    })
}

fn state(status: &Status<'_>) -> Option<AttemptState> {
    // A payment has states of its own; a failed one is no failed message.
    if status.r#type.get().is_some_and(|kind| kind != "message") {
        return None;
    }
    match status.status.get()? {
        "sent" => Some(AttemptState::Sent),
        "delivered" => Some(AttemptState::Delivered),
        "read" => Some(AttemptState::Read),
        "played" => Some(AttemptState::Played),
        "failed" => Some(AttemptState::Failed),
        _ => None,
    }
}

impl<'a> Status<'a> {
    /// In a group the recipient is the group; the person is the participant.
    fn named(&self) -> Named<'_> {
        if self.recipient_type.is("group") {
            return Named {
                id: self.recipient_participant_id.get(),
                user: self.recipient_participant_user_id.get(),
                parent: None,
            };
        }
        Named {
            id: self.recipient_id.get(),
            user: self.recipient_user_id.get(),
            parent: self.recipient_parent_user_id.get(),
        }
    }

    fn priced(&self) -> Option<&Priced<'a>> {
        self.pricing.get().or_else(|| self.conversation.get()?.pricing.get())
    }
}

impl Priced<'_> {
    fn neutral(&self) -> Pricing {
        Pricing {
            billable: self.billable.get().and_then(|text| text.parse().ok()),
            model: self.pricing_model.owned(),
            category: self.category.owned(),
            kind: self.r#type.owned(),
        }
    }
}
