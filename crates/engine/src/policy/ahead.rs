//! Changes that packs announce, and what of a tenant each will touch.

use std::collections::BTreeMap;

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::{SenderId, TenantId};
use tidings_domain::policy::{Announced, AnnouncedChange, CountryRule, Place, upcoming};
use tidings_domain::time::Timestamp;
use tidings_store::model::Traffic;

use crate::caller::{Caller, Operator};
use crate::catalog::Snapshot;
use crate::error::Result;
use crate::limits::TOUCHED_NAMED_MAX;
use crate::pipeline::Engine;

/// A change with what it touches.
#[derive(Debug, Serialize)]
pub struct AnnouncedView {
    #[serde(flatten)]
    pub change: Announced,
    pub touches: Vec<Touched>,
}

/// What of one tenant a change touches.
#[derive(Debug, Serialize)]
pub struct Touched {
    pub tenant: TenantId,
    pub name: String,
    /// Why it does not act for this tenant; absent: it does.
    pub spared: Option<&'static str>,
    /// Templates of the categories it is about, those sent there lately first.
    pub templates: Vec<TouchedTemplate>,
    /// Senders that carry such messages, likewise.
    pub senders: Vec<TouchedSender>,
}

#[derive(Debug, Serialize)]
pub struct TouchedTemplate {
    pub name: String,
    /// To the country, among the tenant's latest messages.
    pub messages: u64,
}

#[derive(Debug, Serialize)]
pub struct TouchedSender {
    pub id: SenderId,
    pub address: String,
    pub messages: u64,
}

impl Engine {
    /// Every change that is announced, as it touches the caller's tenant. `at` looks from another day.
    pub async fn policy_changes(&self, caller: &Caller, at: Option<Timestamp>) -> Result<Vec<AnnouncedView>> {
        caller.require(Permission::AccountsRead)?;
        let changes = upcoming(at.unwrap_or_else(|| self.now()));
        let mut views = Vec::with_capacity(changes.len());
        if changes.is_empty() {
            return Ok(views);
        }
        let (name, traffic, snapshot) = self.seen_of(caller).await?;
        for change in changes {
            let touches = vec![touched(caller.tenant, &name, &snapshot, &traffic, &change)];
            views.push(AnnouncedView { change, touches });
        }
        Ok(views)
    }

    /// The same over every tenant for which a change acts, for whoever runs the installation.
    pub async fn policy_changes_of_all(
        &self,
        operator: &Operator,
        at: Option<Timestamp>,
    ) -> Result<Vec<AnnouncedView>> {
        let changes = upcoming(at.unwrap_or_else(|| self.now()));
        let mut views: Vec<AnnouncedView> =
            changes.into_iter().map(|change| AnnouncedView { change, touches: Vec::new() }).collect();
        if views.is_empty() {
            return Ok(views);
        }
        for tenant in self.tenants(operator).await? {
            let caller = self.caller_for(operator, tenant.id).await?;
            let (name, traffic, snapshot) = self.seen_of(&caller).await?;
            for view in &mut views {
                let touched = touched(tenant.id, &name, &snapshot, &traffic, &view.change);
                if touched.spared.is_none() && !(touched.templates.is_empty() && touched.senders.is_empty()) {
                    view.touches.push(touched);
                }
            }
        }
        Ok(views)
    }

    async fn seen_of(&self, caller: &Caller) -> Result<(String, Vec<Traffic>, std::sync::Arc<Snapshot>)> {
        let now = self.now();
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, now).await?;
        let traffic = caller.store.recent_traffic(&caller.scope).await?;
        let tenant = caller.store.tenant(&caller.scope).await?;
        Ok((tenant.map(|tenant| tenant.name).unwrap_or_default(), traffic, snapshot))
    }
}

fn touched(
    tenant: TenantId,
    name: &str,
    snapshot: &Snapshot,
    traffic: &[Traffic],
    change: &Announced,
) -> Touched {
    let categories = categories(snapshot, change);
    let is_there = |place: &Place| {
        let country = place.country.is_some_and(|country| country == change.country);
        let area = place.state().is_some_and(|state| change.areas.iter().any(|area| area == state));
        country && (change.areas.is_empty() || area)
    };
    let mut templates: BTreeMap<&str, u64> = snapshot
        .templates()
        .filter(|template| template.category.is_some_and(|its| categories.contains(&its)))
        .map(|template| (template.definition.name.as_str(), 0))
        .collect();
    let mut senders: BTreeMap<SenderId, u64> =
        snapshot.senders_of(Channel::Whatsapp).map(|sender| (sender.id, 0)).collect();
    for each in traffic.iter().filter(|each| categories.contains(&each.category) && is_there(&each.place)) {
        if let Some(name) = &each.template {
            *templates.entry(name).or_default() += each.messages;
        }
        *senders.entry(each.sender).or_default() += each.messages;
    }
    let mut templates: Vec<TouchedTemplate> = templates
        .into_iter()
        .map(|(name, messages)| TouchedTemplate { name: name.to_owned(), messages })
        .collect();
    templates.sort_by_key(|each| std::cmp::Reverse(each.messages));
    templates.truncate(TOUCHED_NAMED_MAX);
    let address = |id: &SenderId| snapshot.senders.get(id).map(|sender| sender.address.clone());
    let mut senders: Vec<TouchedSender> = senders
        .into_iter()
        .map(|(id, messages)| TouchedSender { id, address: address(&id).unwrap_or_default(), messages })
        .collect();
    senders.sort_by_key(|each| std::cmp::Reverse(each.messages));
    senders.truncate(TOUCHED_NAMED_MAX);
    Touched { tenant, name: name.to_owned(), spared: spared(snapshot, change), templates, senders }
}

/// The categories of messages that a change is about.
fn categories(snapshot: &Snapshot, change: &Announced) -> Vec<Category> {
    match &change.what {
        AnnouncedChange::Hours { .. } => snapshot.policy.settings.quiet_hours.categories.clone(),
        AnnouncedChange::RuleBegins { rule } | AnnouncedChange::RuleEnds { rule } => match rule {
            CountryRule::MarketingBlocked => vec![Category::Marketing],
            CountryRule::OptOutOfAll => vec![Category::Marketing, Category::Utility, Category::Service],
        },
    }
}

fn spared(snapshot: &Snapshot, change: &Announced) -> Option<&'static str> {
    let settings = &snapshot.policy.settings;
    match &change.what {
        AnnouncedChange::Hours { .. } if !settings.quiet_hours.enabled => Some("quiet hours are off"),
        AnnouncedChange::Hours { .. } if settings.quiet_hours.countries.contains_key(&change.country) => {
            Some("the tenant has hours of its own in this country")
        }
        AnnouncedChange::RuleBegins { rule: CountryRule::MarketingBlocked }
        | AnnouncedChange::RuleEnds { rule: CountryRule::MarketingBlocked }
            if !settings.us_marketing_blocked =>
        {
            Some("the tenant has turned this rule off")
        }
        AnnouncedChange::RuleBegins { rule: CountryRule::OptOutOfAll }
        | AnnouncedChange::RuleEnds { rule: CountryRule::OptOutOfAll }
            if !settings.opt_out_of_all =>
        {
            Some("the tenant has turned this rule off")
        }
        _ => None,
    }
}
