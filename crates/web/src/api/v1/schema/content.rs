//! Intents and their answers.
#![expect(dead_code, reason = "describes what intake reads and writes")]

use utoipa::ToSchema;

use super::names::{Category, Channel, Status};

/// Exactly one of the four.
#[derive(ToSchema)]
pub struct To {
    /// E.164.
    phone: Option<String>,
    /// A business-scoped user id as the platform showed it.
    bsuid: Option<String>,
    email: Option<String>,
    /// `con_…`: reached by the best of its addresses.
    contact: Option<String>,
}

#[derive(ToSchema)]
pub struct TemplateIntent {
    name: String,
    language: String,
    /// By the names of the template's places, or in their order.
    #[schema(value_type = Option<Object>)]
    variables: Option<()>,
}

#[derive(ToSchema)]
pub struct TextIntent {
    /// Up to 4,096 characters.
    body: String,
    preview_url: Option<bool>,
}

/// One message to one person. Exactly one of `template`, `text` and `whatsapp`.
#[derive(ToSchema)]
#[schema(example = json!({
    "to": {"phone": "+15550100300"},
    "template": {"name": "parcel_sent", "language": "en_US", "variables": {"1": "Ada", "2": "TR-4711"}},
    "reference": "order-4711",
}))]
pub struct Intent {
    to: To,
    /// Id or address of the sender; routing picks one unless given.
    from: Option<String>,
    /// `whatsapp` unless given.
    channel: Option<Channel>,
    /// The template's unless given; `service` for free-form content.
    category: Option<Category>,
    template: Option<TemplateIntent>,
    text: Option<TextIntent>,
    /// A Cloud API message object of any type.
    #[schema(value_type = Option<Object>)]
    whatsapp: Option<()>,
    /// At most 365 days ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<()>,
    /// By category unless given: 10 minutes authentication, 24 hours service and utility, 72 hours marketing.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<()>,
    /// Later messages of the same sender, recipient and category wait for this one.
    ordered: Option<bool>,
    /// Any JSON object up to 4,096 bytes; given back, never sent.
    #[schema(value_type = Option<Object>)]
    metadata: Option<()>,
    /// Your own id, up to 256 bytes; finds the message.
    reference: Option<String>,
}

#[derive(ToSchema)]
#[schema(example = json!({"messages": [
    {"to": {"phone": "+15550100300"}, "template": {"name": "parcel_sent", "language": "en_US"}},
]}))]
pub struct Batch {
    /// 1 to 1,000 intents.
    #[schema(min_items = 1, max_items = 1000)]
    messages: Vec<Intent>,
}

#[derive(ToSchema)]
#[schema(example = json!({"id": "msg_01k9h3c4v8e2xt7m5q0w6r1yza", "status": "accepted"}))]
pub struct AcceptedMessage {
    id: String,
    status: Status,
    /// Code of the rule, where it is denied.
    reason: Option<String>,
}

#[derive(ToSchema)]
pub struct AcceptedItem {
    index: usize,
    id: String,
    /// Present where policy denied it.
    status: Option<Status>,
}

#[derive(ToSchema)]
pub struct RejectedItem {
    index: usize,
    code: String,
    field: String,
    detail: String,
}

#[derive(ToSchema)]
pub struct AcceptedBatch {
    accepted: Vec<AcceptedItem>,
    rejected: Vec<RejectedItem>,
}

#[derive(ToSchema)]
pub struct StatusAnswer {
    id: String,
    status: Status,
}
