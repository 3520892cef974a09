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
    /// That of the content unless given: `whatsapp`, or that of `sms` and `email`.
    channel: Option<Channel>,
    /// The template's unless given; `service` for free-form content.
    category: Option<Category>,
    template: Option<TemplateIntent>,
    text: Option<TextIntent>,
    /// A Cloud API message object of any type.
    #[schema(value_type = Option<Object>)]
    whatsapp: Option<()>,
    /// A short message; a `template` or a `text` does as well on the channel `sms`.
    sms: Option<SmsContent>,
    email: Option<MailContent>,
    /// Other ways, in their order, where this one fails, is not allowed, or does not succeed in time.
    #[schema(max_items = 4)]
    fallback: Option<Vec<FallbackWay>>,
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

/// A short message.
#[derive(ToSchema)]
#[schema(example = json!({"text": "Your parcel TR-4711 has left."}))]
pub struct SmsContent {
    /// At most 1,530 characters.
    #[schema(min_length = 1, max_length = 1530)]
    text: String,
}

/// A mail: text, HTML or both.
#[derive(ToSchema)]
#[schema(example = json!({"subject": "Your parcel has left", "text": "TR-4711 is on its way."}))]
pub struct MailContent {
    #[schema(min_length = 1, max_length = 250)]
    subject: String,
    text: Option<String>,
    html: Option<String>,
}

/// What a way must have reached.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Reached {
    Accepted,
    Delivered,
    Read,
}

/// Another way of a message. Without content of its own it says what the message says, in plain words.
#[derive(ToSchema)]
#[schema(example = json!({"after_s": 300, "unless": "delivered", "channel": "sms"}))]
pub struct FallbackWay {
    /// Seconds that the way before it has; by category unless given: 30 authentication, 300 service and utility, a day
    /// marketing. A failure takes this way at once.
    #[schema(minimum = 1, maximum = 259200)]
    after_s: Option<u32>,
    /// What the way before it must reach within them; `delivered` unless given.
    unless: Option<Reached>,
    channel: Channel,
    /// The person's own address on the channel unless given.
    to: Option<To>,
    from: Option<String>,
    template: Option<TemplateIntent>,
    text: Option<TextIntent>,
    #[schema(value_type = Option<Object>)]
    whatsapp: Option<()>,
    sms: Option<SmsContent>,
    email: Option<MailContent>,
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
