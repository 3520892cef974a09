//! The snapshot a tenant's messages are judged by: accounts, senders, templates, pauses.
//!
//! Rules and templates may be one second old; what this process changes itself is seen at once, because
//! every change drops the cached copy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::keywords::OwnWords;
use tidings_domain::consent::{Purpose, Topic};
use tidings_domain::id::{AccountId, CatalogueId, Id, SenderId, TenantId, TopicId};
use tidings_domain::template::TemplateRules;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::model::{
    Account, Catalog, ConsentSetup, Hash16, LiveVersion, LogicalTemplate, Pause, PauseScope, Sender,
    StoredTemplate, TemplateShelf, TenantLimits, Watch,
};
use tidings_store::scope::TenantScope;

use crate::error::Result;
use crate::limits::{CATALOG_FRESH_US, CATALOGS_MAX};
use crate::policy::{Policy, PolicyDefaults};

/// A loaded catalog with its look-ups.
#[derive(Debug)]
pub struct Snapshot {
    pub tenant: TenantId,
    pub accounts: BTreeMap<AccountId, Account>,
    pub senders: BTreeMap<SenderId, Sender>,
    templates: BTreeMap<(AccountId, String, String), StoredTemplate>,
    pub pauses: Vec<Pause>,
    pub policy: Policy,
    pub messages_per_s: Option<f64>,
    pub limits: TenantLimits,
    logical: BTreeMap<String, LogicalTemplate>,
    live: BTreeMap<CatalogueId, Vec<LiveVersion>>,
    /// The logical template behind a name at the platform.
    owners: BTreeMap<(AccountId, String), String>,
    has_substitutes: bool,
    rules: TemplateRules,
    pub consent: ConsentSetup,
    /// The tenant's own keywords, ready to be compared.
    pub own_words: OwnWords,
    /// Where recipients reach this installation.
    pub public_url: Option<Arc<str>>,
}

impl Snapshot {
    pub fn new(tenant: TenantId, catalog: Catalog, defaults: PolicyDefaults) -> Self {
        let TemplateShelf { logical, live: versions, rules } = catalog.shelf;
        let mut live: BTreeMap<CatalogueId, Vec<LiveVersion>> = BTreeMap::new();
        let mut owners = BTreeMap::new();
        let by_id: BTreeMap<CatalogueId, &LogicalTemplate> =
            logical.iter().map(|each| (each.id, each)).collect();
        for version in versions {
            if let Some(owner) = by_id.get(&version.template) {
                owners.insert((owner.account, version.provider_name.clone()), owner.name.clone());
            }
            if version.state.is_live() {
                live.entry(version.template).or_default().push(version);
            }
        }
        Self {
            owners,
            has_substitutes: logical.iter().any(|each| each.settings.substitute.is_some()),
            logical: logical.into_iter().map(|each| (each.name.clone(), each)).collect(),
            live,
            rules,
            policy: Policy::new(&catalog.policy, defaults),
            tenant,
            public_url: None,
            accounts: catalog.accounts.into_iter().map(|each| (each.id, each)).collect(),
            senders: catalog.senders.into_iter().map(|each| (each.id, each)).collect(),
            templates: catalog
                .templates
                .into_iter()
                .map(|each| {
                    ((each.account, each.definition.name.clone(), each.definition.language.clone()), each)
                })
                .collect(),
            pauses: catalog.pauses,
            messages_per_s: catalog.tenant_messages_per_s,
            limits: catalog.limits,
            own_words: OwnWords::new(
                &catalog.consent.settings.stop_words,
                &catalog.consent.settings.start_words,
            ),
            consent: catalog.consent,
        }
    }

    pub fn template(&self, account: AccountId, name: &str, language: &str) -> Option<&StoredTemplate> {
        self.templates.get(&(account, name.to_owned(), language.to_owned()))
    }

    /// A category's name or the code of a topic.
    pub fn purpose(&self, text: &str) -> Option<Purpose> {
        let category = Category::ALL.into_iter().find(|category| category.as_str() == text);
        category.map(Purpose::from).or_else(|| self.topic(text).map(|topic| Purpose::Topic(topic.id)))
    }

    /// The logical template of this name, if there is something of it to send.
    pub fn logical_template(&self, account: AccountId, name: &str) -> Option<&LogicalTemplate> {
        let found = self.logical.get(name).filter(|each| each.account == account)?;
        let usable = !found.settings.fallback_texts.is_empty() || !self.live_versions(found.id).is_empty();
        usable.then_some(found)
    }

    /// Its versions at the platform; the newest first within language and variant.
    pub fn live_versions(&self, template: CatalogueId) -> &[LiveVersion] {
        self.live.get(&template).map(Vec::as_slice).unwrap_or_default()
    }

    /// The logical template of which this is a name at the platform.
    pub fn owner_of(&self, account: AccountId, provider_name: &str) -> Option<&LogicalTemplate> {
        self.logical.get(self.owners.get(&(account, provider_name.to_owned()))?)
    }

    /// Whether any template names another that may stand in for it.
    pub fn has_substitutes(&self) -> bool {
        self.has_substitutes
    }

    pub fn template_rules(&self) -> &TemplateRules {
        &self.rules
    }

    /// The pause of this one template, if any.
    pub fn template_pause(&self, name: Option<&str>, category: Category, now: Timestamp) -> Option<&Pause> {
        self.content_pause(category, name, now).filter(|pause| pause.scope == PauseScope::Template)
    }

    /// Every localization, by account and name.
    pub fn templates(&self) -> impl Iterator<Item = &StoredTemplate> {
        self.templates.values()
    }

    /// A topic by its code.
    pub fn topic(&self, code: &str) -> Option<&Topic> {
        self.consent.topics.iter().find(|topic| topic.code == code)
    }

    pub fn topic_by_id(&self, id: TopicId) -> Option<&Topic> {
        self.consent.topics.iter().find(|topic| topic.id == id)
    }

    /// Whether the platform said after `since` that every localization of the template can be sent.
    pub fn is_sendable_since(&self, account: AccountId, name: &str, since: Timestamp) -> bool {
        let mut known =
            self.templates.values().filter(|t| t.account == account && t.definition.name == name).peekable();
        known.peek().is_some() && known.all(|t| t.updated_at > since && is_sendable(&t.status))
    }

    /// Whether the platform has said of a template of this account that it is paused.
    pub fn has_paused_template(&self, account: AccountId) -> bool {
        self.templates.values().any(|template| template.account == account && template.status == "PAUSED")
    }

    /// The slot of a sender's account; those of one tenant are in one.
    pub fn slot(&self, sender: SenderId) -> u8 {
        let account = self.senders.get(&sender).and_then(|sender| self.accounts.get(&sender.account));
        account.map_or(0, |account| account.slot)
    }

    /// The key of the portfolio whose limit an account shares.
    pub fn pool(&self, account: AccountId) -> Hash16 {
        self.accounts.get(&account).map_or(Hash16(account.bytes()), |account| account.pool)
    }

    /// What a claim counts for an account's messages.
    pub fn watch(&self, account: AccountId) -> Watch {
        self.policy.watch(self.pool(account))
    }

    pub fn senders_of(&self, channel: Channel) -> impl Iterator<Item = &Sender> {
        self.senders.values().filter(move |sender| sender.channel == channel)
    }

    /// The pause that stops this sender as a whole, if any.
    pub fn lane_pause(&self, sender: SenderId, account: AccountId, now: Timestamp) -> Option<&Pause> {
        self.active(now).find(|pause| match pause.scope {
            PauseScope::Tenant => true,
            PauseScope::Account => AccountId::parse(&pause.target) == Ok(account),
            PauseScope::Sender => SenderId::parse(&pause.target) == Ok(sender),
            PauseScope::Template | PauseScope::Category => false,
        })
    }

    /// The pause that stops one kind of message, if any.
    pub fn content_pause(
        &self,
        category: Category,
        template: Option<&str>,
        now: Timestamp,
    ) -> Option<&Pause> {
        self.active(now).find(|pause| match pause.scope {
            PauseScope::Category => Category::parse(&pause.target) == Some(category),
            PauseScope::Template => template == Some(pause.target.as_str()),
            PauseScope::Tenant | PauseScope::Account | PauseScope::Sender => false,
        })
    }

    /// Whether everything of a category waits.
    pub fn is_category_paused(&self, category: Category, now: Timestamp) -> bool {
        self.active(now).any(|pause| {
            pause.scope == PauseScope::Category && Category::parse(&pause.target) == Some(category)
        })
    }

    fn active(&self, now: Timestamp) -> impl Iterator<Item = &Pause> {
        self.pauses.iter().filter(move |pause| pause.until.is_none_or(|until| until > now))
    }
}

/// The platform's statuses in which a template goes out.
pub fn is_sendable(status: &str) -> bool {
    matches!(status, "APPROVED" | "REINSTATED" | "FLAGGED" | "UNARCHIVED" | "LOCKED")
}

struct Entry {
    snapshot: Arc<Snapshot>,
    version: i64,
    checked_at: Timestamp,
}

/// The catalogs in memory, at most [`CATALOGS_MAX`].
pub struct Catalogs {
    entries: Mutex<BTreeMap<TenantId, Entry>>,
    /// Counts what was dropped: a copy that was being read meanwhile may be older than the drop.
    drops: AtomicU64,
    defaults: PolicyDefaults,
    public_url: Option<Arc<str>>,
}

impl Catalogs {
    pub fn new(defaults: PolicyDefaults, public_url: Option<&str>) -> Self {
        Self {
            entries: Mutex::default(),
            drops: AtomicU64::new(0),
            defaults,
            public_url: public_url.map(Arc::from),
        }
    }

    pub async fn get(&self, store: &Store, scope: &TenantScope, now: Timestamp) -> Result<Arc<Snapshot>> {
        let tenant = scope.tenant();
        let known = {
            let entries = self.entries.lock();
            entries.get(&tenant).map(|entry| (Arc::clone(&entry.snapshot), entry.version, entry.checked_at))
        };
        if let Some((snapshot, version, checked_at)) = known {
            let age = now.since(checked_at);
            if (0..CATALOG_FRESH_US).contains(&age) {
                return Ok(snapshot);
            }
            if store.catalog_version(scope).await? == version {
                if let Some(entry) = self.entries.lock().get_mut(&tenant) {
                    entry.checked_at = now;
                }
                return Ok(snapshot);
            }
        }
        self.load(store, scope, now).await
    }

    async fn load(&self, store: &Store, scope: &TenantScope, now: Timestamp) -> Result<Arc<Snapshot>> {
        let drops = self.drops.load(Ordering::Acquire);
        // The version is read first: a change in between makes the copy look older than it is, never newer.
        let version = store.catalog_version(scope).await?;
        let mut snapshot = Snapshot::new(scope.tenant(), store.catalog(scope).await?, self.defaults);
        snapshot.public_url.clone_from(&self.public_url);
        let snapshot = Arc::new(snapshot);
        let mut entries = self.entries.lock();
        if entries.len() >= CATALOGS_MAX {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.checked_at).map(|(tenant, _)| *tenant);
            oldest.map(|tenant| entries.remove(&tenant));
        }
        if let Some(newer) = entries.get(&scope.tenant()).filter(|entry| entry.version > version) {
            return Ok(Arc::clone(&newer.snapshot));
        }
        let overtaken = self.drops.load(Ordering::Acquire) != drops;
        let checked_at = if overtaken { now.plus(-CATALOG_FRESH_US) } else { now };
        let entry = Entry { snapshot: Arc::clone(&snapshot), version, checked_at };
        entries.insert(scope.tenant(), entry);
        Ok(snapshot)
    }

    /// Forgets a tenant's copy after a change made here.
    pub fn drop_copy(&self, tenant: TenantId) {
        self.drops.fetch_add(1, Ordering::Release);
        self.entries.lock().remove(&tenant);
    }
}
