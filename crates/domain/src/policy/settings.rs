//! What a tenant sets about policy: one document, versioned by the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::content::ContentRules;
use super::hours::{Week, WeekText};
use super::place::Zone;
use crate::address::CountryCode;
use crate::category::Category;
use crate::limits::{CAP_HOURS_MAX, CAP_MESSAGES_MAX, CAPS_MAX, DOMAINS_MAX, FLAGS_MAX, MESSAGING_LIMIT_MAX};
use crate::problem::{Checked, FieldProblem};

/// Everything that a tenant may choose; what is left out is as an installation has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub quiet_hours: QuietHours,
    pub caps: Vec<Cap>,
    /// Marketing to numbers of the United States is refused, as the platform does.
    pub us_marketing_blocked: bool,
    /// Where a country's pack says so, an opt-out of one category is one of all but authentication.
    pub opt_out_of_all: bool,
    pub messaging_limit: MessagingLimit,
    pub content: ContentRules,
    pub flags: BTreeMap<String, bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quiet_hours: QuietHours::default(),
            caps: Vec::new(),
            us_marketing_blocked: true,
            opt_out_of_all: true,
            messaging_limit: MessagingLimit::default(),
            content: ContentRules::default(),
            flags: BTreeMap::new(),
        }
    }
}

/// What a flag says of the thing behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// It decides and records, and does not act.
    Shadow,
}

/// When marketing rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuietHours {
    pub enabled: bool,
    pub categories: Vec<Category>,
    /// For recipients of whom no zone is known; without it no hours hold for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_zone: Option<String>,
    /// In place of the country's pack.
    pub countries: BTreeMap<CountryCode, CountryHours>,
}

impl Default for QuietHours {
    fn default() -> Self {
        Self {
            enabled: true,
            categories: vec![Category::Marketing],
            default_zone: None,
            countries: BTreeMap::new(),
        }
    }
}

/// A tenant's own hours in a country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CountryHours {
    /// No hours at all.
    pub off: bool,
    #[serde(flatten)]
    pub hours: WeekText,
}

/// At most so many messages of a category to one contact in so many hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    pub category: Category,
    pub messages: u32,
    pub hours: u32,
}

/// People whom a tier of the platform lets a portfolio reach in a day; the inner `None` is unlimited, the outer one
/// says that the word is no tier.
pub fn tier_recipients(tier: &str) -> Option<Option<u32>> {
    let size = tier.strip_prefix("TIER_")?;
    if size == "UNLIMITED" {
        return Some(None);
    }
    let (digits, unit) = size.strip_suffix('K').map_or((size, 1), |digits| (digits, 1_000));
    let count: u32 = digits.parse().ok()?;
    Some(Some(count.checked_mul(unit)?)).filter(|_| count > 0)
}

/// People whom the platform lets a portfolio reach in 24 hours outside a service window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessagingLimit {
    /// In place of what the platform says; the smaller one counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipients_per_day: Option<u32>,
    /// Share of it that only authentication may use.
    pub authentication_percent: u8,
}

impl Default for MessagingLimit {
    fn default() -> Self {
        Self { recipients_per_day: None, authentication_percent: 5 }
    }
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

impl CountryHours {
    pub fn week(&self) -> Option<Week> {
        self.hours.read().ok().filter(|_| !self.off)
    }
}

impl Settings {
    /// Reads what a client wrote, strictly.
    pub fn parse(json: &[u8]) -> Checked<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let settings: Self = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let field = error.path().to_string();
            let field = if field == "." { String::new() } else { field };
            vec![FieldProblem::new(field, "settings.shape", error.into_inner().to_string())]
        })?;
        let problems = settings.problems();
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        let mut say =
            |field: String, code, detail: String| found.push(FieldProblem::new(field, code, detail));
        if self.quiet_hours.default_zone.as_deref().is_some_and(|name| Zone::named(name).is_none()) {
            let detail = "Name a time zone of the tz database, such as Europe/Berlin.".to_owned();
            say("quiet_hours.default_zone".to_owned(), "zone.unknown", detail);
        }
        for (country, hours) in &self.quiet_hours.countries {
            if let Err(field) = hours.hours.read() {
                let detail = "Write hours like 08:00-21:00 within one day, or `closed`.".to_owned();
                say(format!("quiet_hours.countries.{country}.{field}"), "hours.shape", detail);
            }
        }
        if self.caps.len() > CAPS_MAX {
            say("caps".to_owned(), "caps.many", format!("Set at most {CAPS_MAX} caps."));
        }
        for (n, cap) in self.caps.iter().enumerate() {
            let sound =
                (1..=CAP_MESSAGES_MAX).contains(&cap.messages) && (1..=CAP_HOURS_MAX).contains(&cap.hours);
            if !sound {
                let detail = format!("Set 1 to {CAP_MESSAGES_MAX} messages in 1 to {CAP_HOURS_MAX} hours.");
                say(format!("caps[{n}]"), "cap.size", detail);
            }
        }
        let MessagingLimit { recipients_per_day, authentication_percent } = self.messaging_limit;
        if recipients_per_day.is_some_and(|limit| !(1..=MESSAGING_LIMIT_MAX).contains(&limit)) {
            let detail = format!("Set 1 to {MESSAGING_LIMIT_MAX} recipients, or leave it out.");
            say("messaging_limit.recipients_per_day".to_owned(), "limit.size", detail);
        }
        if authentication_percent > 90 {
            let detail = "Keep 0 to 90 percent for authentication.".to_owned();
            say("messaging_limit.authentication_percent".to_owned(), "limit.share", detail);
        }
        let domains = &self.content.allowed_domains;
        if domains.len() > DOMAINS_MAX || !domains.iter().all(|domain| is_domain(domain)) {
            let detail = format!(
                "List at most {DOMAINS_MAX} domains like example.com, without `https://` and without paths."
            );
            say("content.allowed_domains".to_owned(), "domains.shape", detail);
        }
        if self.flags.len() > FLAGS_MAX || self.flags.keys().any(|name| name.is_empty() || name.len() > 64) {
            let detail = format!("Set at most {FLAGS_MAX} flags with names of 1 to 64 bytes.");
            say("flags".to_owned(), "flags.size", detail);
        }
        found
    }

    /// The stored form.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("settings have only string keys")
    }

    /// Whether what stands behind a flag acts, or is only decided and recorded. What has no flag acts. For
    /// everything that is tried out: rules, templates, variants, campaigns.
    pub fn gate(&self, flag: Option<&str>) -> Gate {
        if flag.is_none_or(|flag| self.flag(flag)) { Gate::Open } else { Gate::Shadow }
    }

    /// Whether a flag is set; what nobody has set is off.
    pub fn flag(&self, name: &str) -> bool {
        self.flags.get(name).copied().unwrap_or(false)
    }
}
