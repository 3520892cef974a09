//! The preference centre: what a person chose, shown and changed by the person, behind a link of their own.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use tidings_domain::actor::{Actor, Permission};
use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::{Basis, Choices, MarketingRule, Proof, Purpose, Source, Standing, Topic};
use tidings_domain::id::Id as _;
use tidings_domain::time::{SECOND, Timestamp};
use tidings_store::Store;
use tidings_store::model::{About, Counting, LinkKind, NewConsent, NewLink};
use tidings_store::scope::TenantScope;

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::limits::{LINK_S_DEFAULT, LINK_S_MAX, TOKEN_CHARS_MAX};
use crate::pipeline::Engine;

/// A link to hand to the person, as a path.
#[derive(Debug)]
pub struct Link {
    pub path: String,
    pub expires_at: Timestamp,
}

/// What is sealed with a link.
#[derive(Serialize, Deserialize)]
struct LinkData {
    address: String,
    language: Option<String>,
}

/// One thing that a person may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// `marketing`, or a topic's id.
    pub key: String,
    pub channel: Channel,
    /// A topic's title in the page's language; `None` for marketing as a whole.
    pub title: Option<String>,
    /// Whether messages go now.
    pub on: bool,
}

/// What the page shows.
#[derive(Debug)]
pub struct Preferences {
    pub business: String,
    /// What the maker of the link asked for.
    pub language: Option<String>,
    pub all: Vec<Preference>,
}

/// One choice as the person made it, with the words that were shown.
#[derive(Debug)]
pub struct Chosen {
    pub key: String,
    pub channel: Channel,
    pub on: bool,
    pub text: String,
}

/// Where and how it was shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub ip: Option<String>,
    pub language: String,
    pub text_version: &'static str,
}

/// Why a link opens nothing.
#[derive(Debug)]
pub enum Closed {
    /// Nobody made it.
    Unknown,
    Expired,
    Failed(EngineError),
}

impl<E: Into<EngineError>> From<E> for Closed {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Everything that a valid link stands for.
struct Opened {
    store: Store,
    scope: TenantScope,
    snapshot: Arc<Snapshot>,
    address: Address,
    language: Option<String>,
}

impl Engine {
    /// Makes a link to the preference centre of one person. There is nothing of them in it.
    pub async fn preference_link(
        &self,
        caller: &Caller,
        address: Address,
        language: Option<String>,
        expires_in_s: Option<u32>,
    ) -> Result<Link> {
        caller.require(Permission::ConsentsWrite)?;
        let seconds = expires_in_s.unwrap_or(LINK_S_DEFAULT);
        if !(60..=LINK_S_MAX).contains(&seconds) {
            let words = format!("A link lasts between 60 and {LINK_S_MAX} seconds.");
            return Err(EngineError::invalid("expires_in_s", "time.range", words));
        }
        if language.as_ref().is_some_and(|text| !(2..=12).contains(&text.len())) {
            let words = "Name the language by its code, such as `en` or `pt-BR`.";
            return Err(EngineError::invalid("language", "language.code", words));
        }
        let now = self.now();
        let expires_at = now.plus(i64::from(seconds) * SECOND);
        let data = LinkData { address: address.canonical(), language };
        let data = serde_json::to_string(&data).expect("texts are JSON");
        let new = NewLink { kind: LinkKind::Preferences, address, data, expires_at };
        let token = caller.store.mint_link(&caller.scope, new, caller.actor, now).await?;
        let path = format!("/p/{}/{}", caller.region, token.expose());
        Ok(Link { path, expires_at })
    }

    /// What the page behind a link shows.
    pub async fn preferences(
        &self,
        region: &str,
        token: &str,
        language: &str,
    ) -> std::result::Result<Preferences, Closed> {
        let opened = self.open_link(region, token).await?;
        let choices = opened.choices().await?;
        let language =
            opened.language.as_deref().filter(|_| language.is_empty()).unwrap_or(language).to_owned();
        let channels = opened.channels(&choices).await?;
        let rule = opened.snapshot.consent.settings.marketing;
        let mut all = Vec::new();
        for channel in channels {
            for (purpose, topic) in offered(&opened.snapshot) {
                all.push(Preference {
                    key: key_of(purpose),
                    channel,
                    title: topic.map(|topic| topic.title(&language).to_owned()),
                    on: is_on(&choices, purpose, channel, rule),
                });
            }
        }
        let settings = &opened.snapshot.consent.settings;
        Ok(Preferences {
            business: settings.business_name.clone().unwrap_or_default(),
            language: opened.language,
            all,
        })
    }

    /// Writes what changed; how many choices that were.
    pub async fn choose(
        &self,
        region: &str,
        token: &str,
        chosen: Vec<Chosen>,
        shown: Shown,
    ) -> std::result::Result<usize, Closed> {
        let opened = self.open_link(region, token).await?;
        let choices = opened.choices().await?;
        let rule = opened.snapshot.consent.settings.marketing;
        let now = self.now();
        let mut entries = Vec::new();
        for each in chosen {
            let known =
                offered(&opened.snapshot).into_iter().find(|(purpose, _)| key_of(*purpose) == each.key);
            let Some((purpose, topic)) = known else { continue };
            if is_on(&choices, purpose, each.channel, rule) == each.on {
                continue;
            }
            let proof = Proof {
                text: Some(each.text),
                text_version: Some(shown.text_version.to_owned()),
                business_name: opened.snapshot.consent.settings.business_name.clone(),
                ip: shown.ip.clone(),
                language: Some(shown.language.clone()),
                document_url: None,
            };
            let about = About {
                source_detail: topic.map(|topic| topic.code.clone()),
                basis: each.on.then_some(Basis::Consent),
                proof,
                evidence: None,
            };
            entries.push(NewConsent {
                id: self.0.ids.next(now),
                address: opened.address.clone(),
                channel: each.channel.into(),
                purpose,
                granted: each.on,
                source: Source::PreferenceCentre,
                about,
                at: now,
                counting: Counting::Now,
                actor: Actor::Recipient,
            });
        }
        let count = entries.len();
        if count > 0 {
            opened.store.add_consents(&opened.scope, entries).await?;
            self.tick();
        }
        Ok(count)
    }

    async fn open_link(&self, region: &str, token: &str) -> std::result::Result<Opened, Closed> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if token.is_empty() || token.len() > TOKEN_CHARS_MAX || !token.bytes().all(plain) {
            return Err(Closed::Unknown);
        }
        let store = self.region(region).ok_or(Closed::Unknown)?.clone();
        let (scope, found) = store.link(token, LinkKind::Preferences).await?.ok_or(Closed::Unknown)?;
        if found.expires_at <= self.now() {
            return Err(Closed::Expired);
        }
        let data: LinkData = serde_json::from_str(&found.data).map_err(|_| Closed::Unknown)?;
        let address = Address::from_canonical(&data.address).ok_or(Closed::Unknown)?;
        let snapshot = self.0.catalogs.get(&store, &scope, self.now()).await?;
        Ok(Opened { store, scope, snapshot, address, language: data.language })
    }
}

impl Opened {
    async fn choices(&self) -> Result<Choices> {
        let recipient = self.scope.hash(&self.address.canonical());
        // The service window is of no interest, and so is the sender.
        let sender = tidings_domain::id::SenderId::from_bytes([0; 16]);
        Ok(self.store.recipient_facts(&self.scope, recipient, sender).await?.choices)
    }

    /// The channels on which the tenant reaches this person, and those that something was ever said about.
    async fn channels(&self, choices: &Choices) -> Result<Vec<Channel>> {
        let addresses = self.store.addresses_like(&self.scope, &self.address).await?;
        let fits = |channel: Channel| addresses.iter().any(|address| address.fits(channel));
        let mut channels: BTreeSet<Channel> =
            self.snapshot.senders.values().map(|sender| sender.channel).filter(|each| fits(*each)).collect();
        for channel in Channel::ALL {
            let named = choices.iter().any(|each| each.reach == channel.into());
            if named && fits(channel) {
                channels.insert(channel);
            }
        }
        if channels.is_empty() {
            channels.extend(Channel::ALL.into_iter().filter(|each| fits(*each)).take(1));
        }
        Ok(channels.into_iter().collect())
    }
}

/// What may be chosen: marketing as a whole, then the topics that are offered.
fn offered(snapshot: &Snapshot) -> Vec<(Purpose, Option<&Topic>)> {
    let topics = snapshot.consent.topics.iter().filter(|topic| !topic.archived);
    let topics = topics.map(|topic| (Purpose::Topic(topic.id), Some(topic)));
    std::iter::once((Purpose::Category(Category::Marketing), None)).chain(topics).collect()
}

fn key_of(purpose: Purpose) -> String {
    match purpose {
        Purpose::Category(category) => category.as_str().to_owned(),
        Purpose::Topic(id) => id.to_string(),
    }
}

/// Whether messages go now: silence means what the tenant set.
fn is_on(choices: &Choices, purpose: Purpose, channel: Channel, rule: MarketingRule) -> bool {
    match choices.standing(purpose, channel) {
        Standing::Granted(_) => true,
        Standing::Revoked(_) => false,
        Standing::Silent => rule == MarketingRule::OptOut,
    }
}
