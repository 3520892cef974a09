//! What the consent routes read and write as the domain has it.

use utoipa::ToSchema;

use super::MarketingRule;

/// What a person saw, and from where.
#[derive(ToSchema)]
pub struct ConsentProof {
    /// The words that were shown.
    pub text: Option<String>,
    pub text_version: Option<String>,
    /// The business that the words named.
    pub business_name: Option<String>,
    /// IPv4 or IPv6.
    pub ip: Option<String>,
    pub document_url: Option<String>,
    pub language: Option<String>,
}

#[derive(ToSchema)]
pub struct ConsentSettings {
    #[schema(required = false)]
    pub marketing: MarketingRule,
    /// Answer a certain opt-out with one confirmation.
    #[schema(required = false)]
    pub confirm_opt_out: bool,
    /// The words of the confirmation; ours, in English, unless given.
    pub confirmation: Option<String>,
    /// The name that pages and proofs show.
    pub business_name: Option<String>,
    /// Words of your own that opt out, beside ours.
    #[schema(required = false)]
    pub stop_words: Vec<String>,
    /// Words of your own that opt in again.
    #[schema(required = false)]
    pub start_words: Vec<String>,
}

/// What a form says and asks.
#[derive(ToSchema)]
#[schema(example = json!({
    "name": "Newsletter", "language": "en", "business_name": "Acme", "purposes": ["marketing"],
    "text": "Yes, Acme may send me offers on WhatsApp. I can stop at any time.",
    "embed_origins": ["https://shop.example"],
}))]
pub struct ConsentForm {
    /// For those who look after it.
    pub name: String,
    pub language: String,
    /// Stands in the text as it is.
    pub business_name: String,
    /// The words that people agree to.
    pub text: String,
    /// Categories, or codes of topics.
    pub purposes: Vec<String>,
    #[schema(required = false)]
    pub channel: super::ConsentChannel,
    /// Origins that may show the page in a frame.
    #[schema(required = false)]
    pub embed_origins: Vec<String>,
    /// A submission counts only once the person has confirmed.
    #[schema(required = false)]
    pub double_opt_in: bool,
    pub confirmation: Option<Confirmation>,
    /// What the chat of the QR code says before its code.
    pub join_text: Option<String>,
}

/// The message that carries the link of a double opt-in.
#[derive(ToSchema)]
pub struct Confirmation {
    /// Number or id of the sender.
    pub from: Option<String>,
    pub template: ConfirmationTemplate,
}

#[derive(ToSchema)]
pub struct ConfirmationTemplate {
    pub name: String,
    pub language: String,
    /// `{link}` in them is the whole address, `{token}` its last part.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
}

/// How an import stands.
#[derive(ToSchema)]
pub struct Import {
    #[schema(example = "imp_01k9h3c4v8e2xt7m5q0w6r1yza")]
    pub id: String,
    pub kind: super::ImportKind,
    pub state: super::ImportState,
    /// Lines of the file, without its head.
    pub lines: u64,
    pub done: u64,
    pub good: u64,
    pub bad: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<String>,
}

/// A message that may be an opt-out.
#[derive(ToSchema)]
pub struct OptOutReview {
    /// The received message.
    #[schema(example = "inb_01k9h3c4v8e2xt7m5q0w6r1yza")]
    pub id: String,
    pub contact: Option<String>,
    pub from: crate::api::v1::recipients::Recipient,
    pub text: Option<String>,
    /// The word that reads like a stop.
    pub word: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: String,
    pub state: super::ReviewState,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<String>,
    pub decided_by: Option<String>,
}

#[derive(ToSchema)]
pub struct OptOutReviewList {
    pub reviews: Vec<OptOutReview>,
    pub next_cursor: Option<String>,
}

/// What an erasure took away, and what is left.
#[derive(ToSchema)]
pub struct Erasure {
    pub contact: String,
    pub identities: u64,
    /// Messages whose content is gone.
    pub messages: u64,
    /// Messages that had not left.
    pub canceled: u64,
    pub inbound: u64,
    /// Entries of the consent ledger that stay without a name.
    pub consents_kept: u64,
    /// What is kept and why, as sentences.
    pub kept: Vec<String>,
}
