//! A tenant's policy as the rules read it: settings with their hours looked up, caps by category, the limit.

use std::collections::BTreeMap;

use super::tenant::TenantRules;
use tidings_domain::address::CountryCode;
use tidings_domain::category::Category;
use tidings_domain::policy::{Cap, Settings, Week, Zone};
use tidings_domain::time::HOUR;
use tidings_store::model::{Hash16, PortfolioLimit, StoredPolicy, Watch};

/// What an installation has where a tenant has set nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyDefaults {
    pub quiet_hours: bool,
}

impl Default for PolicyDefaults {
    fn default() -> Self {
        Self { quiet_hours: true }
    }
}

impl PolicyDefaults {
    pub fn settings(self) -> Settings {
        let mut settings = Settings::default();
        settings.quiet_hours.enabled = self.quiet_hours;
        settings
    }
}

/// People whom the portfolio may reach in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub recipients: u32,
    /// Of them, those that others than authentication may use.
    pub for_others: u32,
}

/// Settings, rules and limit of one tenant.
#[derive(Debug)]
pub struct Policy {
    pub settings: Settings,
    /// 0 until the tenant sets something.
    pub settings_version: i64,
    /// In place of a country's pack; `None`: no hours there.
    weeks: BTreeMap<CountryCode, Option<Week>>,
    default_zone: Option<Zone>,
    caps: [Vec<Cap>; 4],
    /// What the platform said last, by the portfolio's key.
    portfolios: BTreeMap<Hash16, PortfolioLimit>,
    caps_us: [i64; 4],
    pub(crate) rules: TenantRules,
}

impl Policy {
    pub fn new(stored: &StoredPolicy, defaults: PolicyDefaults) -> Self {
        let settings = stored.settings.as_ref().map_or_else(
            || defaults.settings(),
            |stored| {
                // What this program wrote it can read; after a step back to an older one the strict defaults hold.
                serde_json::from_str(&stored.body).unwrap_or_else(|error| {
                    tracing::error!(%error, "stored settings of policy cannot be read; the defaults hold");
                    Settings::default()
                })
            },
        );
        let quiet = &settings.quiet_hours;
        let weeks = quiet.countries.iter().map(|(country, hours)| (*country, hours.week())).collect();
        let default_zone = quiet.default_zone.as_deref().and_then(Zone::named);
        let caps = Category::ALL
            .map(|category| settings.caps.iter().filter(|cap| cap.category == category).copied().collect());
        let longest = |caps: &Vec<Cap>| caps.iter().map(|cap| i64::from(cap.hours) * HOUR).max().unwrap_or(0);
        let caps_us = caps.each_ref().map(longest);
        let portfolios = stored.portfolios.iter().map(|each| (each.pool, each.clone())).collect();
        let rules = TenantRules::new(stored, &settings);
        let settings_version = stored.settings.as_ref().map_or(0, |stored| stored.version);
        Self { settings, settings_version, weeks, default_zone, caps, portfolios, caps_us, rules }
    }

    /// The smaller one of what the platform says of a portfolio and what the tenant sets for each.
    pub fn limit(&self, pool: Hash16) -> Option<Limit> {
        let learned = self.portfolios.get(&pool).and_then(|portfolio| portfolio.recipients);
        let own = self.settings.messaging_limit.recipients_per_day;
        let recipients = learned.into_iter().chain(own).min()?;
        let percent = u64::from(self.settings.messaging_limit.authentication_percent);
        let kept = (u64::from(recipients) * percent).div_ceil(100);
        let for_others = u32::try_from(u64::from(recipients) - kept).unwrap_or(0);
        Some(Limit { recipients, for_others })
    }

    /// What the platform said last of a portfolio.
    pub fn portfolio(&self, pool: Hash16) -> Option<&PortfolioLimit> {
        self.portfolios.get(&pool)
    }

    /// What a claim counts for messages of a portfolio.
    pub fn watch(&self, pool: Hash16) -> Watch {
        Watch { caps_us: self.caps_us, pool: self.limit(pool).map(|_| pool) }
    }

    /// The tenant's own hours in a country, if it set any; the inner `None`: it has turned them off.
    pub fn week_in(&self, country: CountryCode) -> Option<&Option<Week>> {
        self.weeks.get(&country)
    }

    pub fn default_zone(&self) -> Option<&Zone> {
        self.default_zone.as_ref()
    }

    /// Whether any rule of the tenant's looks at the metadata of an intent.
    pub fn reads_metadata(&self) -> bool {
        self.rules.uses.content
    }

    /// Whether any rule of the tenant's looks at the tags of the contact.
    pub fn reads_tags(&self) -> bool {
        self.rules.uses.tags
    }

    pub fn caps_of(&self, category: Category) -> &[Cap] {
        &self.caps[usize::from(category.priority())]
    }
}
