//! The settings of policy, which the engine reads.
#![expect(dead_code, reason = "describes what the engine reads and writes")]

use utoipa::ToSchema;

use super::Category;

/// What a tenant sets about policy. What is left out is as it comes with the program.
#[derive(ToSchema)]
#[schema(example = json!({
    "quiet_hours": {"enabled": true, "countries": {"DE": {"weekdays": "09:00-19:00"}}},
    "caps": [{"category": "marketing", "messages": 3, "hours": 168}],
    "messaging_limit": {"authentication_percent": 10}
}))]
pub struct PolicySettings {
    quiet_hours: Option<QuietHours>,
    caps: Option<Vec<Cap>>,
    /// Refuse marketing to numbers of the United States, as the platform does.
    #[schema(default = true)]
    us_marketing_blocked: Option<bool>,
    messaging_limit: Option<MessagingLimit>,
    content: Option<ContentRules>,
    /// Feature flags by name.
    #[schema(value_type = Option<std::collections::BTreeMap<String, bool>>)]
    flags: Option<()>,
}

/// When marketing rests, in the recipient's local time.
#[derive(ToSchema)]
pub struct QuietHours {
    #[schema(default = true)]
    enabled: Option<bool>,
    /// `marketing` unless given.
    categories: Option<Vec<Category>>,
    /// For recipients of whom no zone is known.
    #[schema(example = "Europe/Berlin")]
    default_zone: Option<String>,
    /// Own hours by country, in place of the pack's.
    #[schema(value_type = Option<std::collections::BTreeMap<String, CountryHours>>)]
    countries: Option<()>,
}

/// Hours like `08:00-21:00`, or `closed`.
#[derive(ToSchema)]
pub struct CountryHours {
    /// No hours at all.
    off: Option<bool>,
    every: Option<String>,
    weekdays: Option<String>,
    saturday: Option<String>,
    sunday: Option<String>,
    /// On the public holidays of the pack.
    holidays: Option<String>,
}

/// At most so many messages of a category to one contact in so many hours.
#[derive(ToSchema)]
pub struct Cap {
    category: Category,
    #[schema(minimum = 1, maximum = 100)]
    messages: u32,
    #[schema(minimum = 1, maximum = 720)]
    hours: u32,
}

/// What is done about what content should not carry: `off`, `shadow`, `scrub` or `deny` for each kind.
#[derive(ToSchema)]
pub struct ContentRules {
    links: Option<String>,
    /// Links to these and what lies below them are left alone.
    allowed_domains: Option<Vec<String>>,
    cards: Option<String>,
    bank_accounts: Option<String>,
    secrets: Option<String>,
    emails: Option<String>,
    health: Option<String>,
}

#[derive(ToSchema)]
pub struct MessagingLimit {
    /// The smaller one of this and the platform's counts.
    recipients_per_day: Option<u32>,
    /// Share that only authentication may use.
    #[schema(default = 5, maximum = 90)]
    authentication_percent: Option<u8>,
}

/// The settings in force.
#[derive(ToSchema)]
pub struct PolicyView {
    /// 0: nothing was set.
    version: i64,
    settings: PolicySettings,
    /// Of the portfolio with the least room.
    messaging_limit: LimitView,
    /// Of each portfolio.
    messaging_limits: Vec<LimitView>,
}

/// How much of the messaging limit is used.
#[derive(ToSchema)]
pub struct LimitView {
    /// The provider's id, where it is known.
    portfolio: Option<String>,
    accounts: Vec<String>,
    /// The platform's word.
    #[schema(example = "TIER_2K")]
    tier: Option<String>,
    #[schema(format = DateTime)]
    learned_at: Option<String>,
    recipients_per_day: Option<u32>,
    for_others: Option<u32>,
    /// People reached in the last 24 hours.
    reached: Option<u32>,
}

#[derive(ToSchema)]
pub struct PolicyHistory {
    versions: Vec<PolicyVersion>,
}

#[derive(ToSchema)]
pub struct PolicyVersion {
    version: i64,
    settings: PolicySettings,
    actor: String,
    #[schema(format = DateTime)]
    at: String,
}

/// A rule of the tenant's own.
#[derive(ToSchema)]
#[schema(example = json!({
    "name": "no-offers-on-sundays", "when": "category == 'marketing' && local.weekday == 7", "verdict": "defer",
    "minutes": 720, "reason": "We rest on Sundays.", "mode": "shadow"
}))]
pub struct PolicyRule {
    /// a-z, 0-9, `_` and `-`; decisions are called `tenant.<name>`.
    #[schema(max_length = 64)]
    name: String,
    /// CEL that yields true where the rule applies.
    #[schema(max_length = 4096)]
    when: String,
    /// `deny` or `defer`
    verdict: String,
    /// With `defer`.
    #[schema(minimum = 1, maximum = 10080)]
    minutes: Option<u32>,
    reason: String,
    /// `enforce`, or `shadow`: decided and recorded, and nothing else.
    #[schema(default = "enforce")]
    mode: Option<String>,
    /// While this flag of the settings is off, the rule is in shadow.
    #[schema(max_length = 64)]
    flag: Option<String>,
}

#[derive(ToSchema)]
pub struct PolicyRuleView {
    #[schema(example = "rul_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: String,
    version: i64,
    /// Steps that one evaluation takes at most.
    cost: u32,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(inline)]
    #[serde(flatten)]
    rule: PolicyRule,
}

#[derive(ToSchema)]
pub struct PolicyRuleList {
    rules: Vec<PolicyRuleView>,
    variables: Vec<PolicyVariable>,
}

/// What a rule may look at.
#[derive(ToSchema)]
pub struct PolicyVariable {
    name: String,
    #[schema(rename = "type")]
    kind: String,
    meaning: String,
}

/// One message and those it would go to.
#[derive(ToSchema)]
pub struct Audience {
    /// An intent without `to`.
    #[schema(value_type = Object)]
    message: (),
    /// Phone numbers, at most 200,000; all contacts if they are left out.
    recipients: Option<Vec<String>>,
    /// Judge as if it were this time.
    #[schema(format = DateTime)]
    at: Option<String>,
}

#[derive(ToSchema)]
pub struct AudienceReport {
    total: u64,
    allow: u64,
    deny: u64,
    defer: u64,
    /// Recipients to whom the message does not fit at all.
    refused: u64,
    /// Named more than once: counted once.
    repeated: u64,
    rules: Vec<RuleCount>,
}

#[derive(ToSchema)]
pub struct RuleCount {
    rule: String,
    /// `deny`, `defer` or `refuse`
    verdict: String,
    shadow: bool,
    count: u64,
    #[schema(format = DateTime)]
    earliest: Option<String>,
    #[schema(format = DateTime)]
    latest: Option<String>,
    /// `{"index": 3}` of the list, or `{"contact": "con_…"}`
    #[schema(value_type = Vec<Object>)]
    samples: (),
}
