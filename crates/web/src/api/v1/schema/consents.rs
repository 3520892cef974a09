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
    /// The words of the confirmation; ours unless given.
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
