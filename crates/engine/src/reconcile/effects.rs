//! From neutral facts to what is written: one arm per kind of fact.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::{Purpose, Source};
use tidings_domain::credentials::ProviderKind;
use tidings_domain::event::{Kind, NewEvent, Subject};
use tidings_domain::fact::{CallbackEntry, Complaint, Fact, Identities, Inbound, Receipt, TemplateStatus};
use tidings_domain::failure::{self, ShapingAction};
use tidings_domain::id::{AccountId, Id, IdSource, SenderId};
use tidings_domain::policy::tier_recipients;
use tidings_domain::time::Timestamp;
use tidings_store::model::{
    About, CallbackWrite, Counting, NewConsent, NewInbound, NewKept, NewReceipt, Sender, TemplatePatch,
};
use tidings_store::scope::TenantScope;

use crate::catalog::Snapshot;
use crate::dispatch::about_recipient;
use crate::dispatch::failure_entry;
use crate::dispatch::wake::Signal;

use super::keywords::{self, Heard};

/// What a callback means for one account, as it is gathered.
pub(super) struct Effects<'a> {
    ids: &'a IdSource,
    scope: &'a TenantScope,
    account: AccountId,
    /// What the account carries: statements of its recipients count for this.
    channel: Channel,
    /// Whose codes its receipts name.
    pub provider: ProviderKind,
    pub now: Timestamp,
    pub write: CallbackWrite,
    pub signals: Vec<Signal>,
    /// Who opted out by a word, and of which sender: they may be told that it was heard.
    pub opted_out: Vec<(Address, SenderId)>,
    /// What the platform says of the portfolio, in its words.
    pub tier: Option<String>,
}

impl<'a> Effects<'a> {
    pub fn new(
        ids: &'a IdSource,
        scope: &'a TenantScope,
        (account, channel): (AccountId, Channel),
        now: Timestamp,
    ) -> Self {
        let write = CallbackWrite { received_at: now, ..CallbackWrite::default() };
        let provider = ProviderKind::Cloud;
        Self {
            ids,
            scope,
            account,
            channel,
            provider,
            now,
            write,
            signals: Vec::new(),
            opted_out: Vec::new(),
            tier: None,
        }
    }

    /// An entry that is not for this account: kept as it came, counted, never applied.
    pub fn keep_entry(&mut self, entry: CallbackEntry) {
        let kinds: Vec<&str> = entry.facts.iter().map(name).collect();
        self.keep("entry", json!({"account_ref": entry.account_ref, "facts": kinds}).to_string());
    }

    fn keep(&mut self, field: &str, object: String) {
        let id = self.ids.next(self.now);
        let received_at = self.now;
        self.write.kept.push(NewKept {
            id,
            account: Some(self.account),
            field: field.to_owned(),
            object,
            received_at,
        });
    }

    pub(super) fn event(&mut self, kind: Kind, subject: Subject, body: serde_json::Value) {
        self.write.events.push(NewEvent {
            tenant: self.scope.tenant(),
            kind,
            subject,
            actor: Actor::Provider,
            trace: None,
            at: self.now,
            body: body.to_string(),
        });
    }

    /// A signal of a sender or an account may tell how many people the portfolio may reach.
    fn learn(&mut self, detail: &str) {
        #[derive(serde::Deserialize)]
        struct Told {
            max_daily_conversations_per_business: Option<String>,
        }
        if let Ok(Told { max_daily_conversations_per_business: Some(tier) }) = serde_json::from_str(detail)
            && tier_recipients(&tier).is_some()
        {
            self.tier = Some(tier);
        }
    }

    /// A statement for this channel, by every name of the person.
    pub(super) fn state(&mut self, who: &Identities, said: &Said) {
        let counting = match (said.source, said.granted) {
            (Source::Keyword, true) => Counting::IfRevoked,
            _ => Counting::AsStated,
        };
        for address in addresses(who) {
            let id = self.ids.next(self.now);
            self.write.consents.push(NewConsent {
                id,
                address,
                channel: self.channel.into(),
                purpose: said.purpose,
                granted: said.granted,
                source: said.source,
                about: said.about.clone(),
                at: said.at,
                counting,
                actor: Actor::Provider,
            });
        }
    }

    /// What the platform itself says about its switch for marketing.
    fn platform_says(&mut self, who: &Identities, granted: bool, what: &str, at: Timestamp) {
        let about = About { source_detail: Some(what.to_owned()), ..About::default() };
        let purpose = Category::Marketing.into();
        self.state(who, &Said { purpose, granted, source: Source::ProviderWebhook, about, at });
    }
}

/// What a person or the platform stated.
pub(super) struct Said {
    pub purpose: Purpose,
    pub granted: bool,
    pub source: Source,
    pub about: About,
    pub at: Timestamp,
}

/// Takes one entry apart.
pub(super) fn gather(effects: &mut Effects<'_>, snapshot: &Snapshot, entry: CallbackEntry) {
    let account = effects.account;
    let sender = entry.sender_ref.as_ref().and_then(|wanted| {
        snapshot.senders.values().find(|sender| sender.account == account && sender.provider_ref == *wanted)
    });
    if entry.sender_ref.is_some() && sender.is_none() {
        return effects.keep_entry(entry);
    }
    let before = effects.write.templates.len();
    for fact in entry.facts {
        one(effects, sender, snapshot, fact);
    }
    keep_news_of_unknown_templates(effects, snapshot, before);
}

/// A template that was never synced has no row to change: what the platform says of it is kept as well.
fn keep_news_of_unknown_templates(effects: &mut Effects<'_>, snapshot: &Snapshot, before: usize) {
    let account = effects.account;
    let unknown: Vec<String> = effects.write.templates[before..]
        .iter()
        .filter(|patch| snapshot.template(account, &patch.name, &patch.language).is_none())
        .map(|patch| {
            json!({"template": patch.name, "language": patch.language, "status": patch.status,
                "category": patch.category, "quality": patch.quality})
            .to_string()
        })
        .collect();
    for object in unknown {
        effects.keep("template", object);
    }
}

fn one(effects: &mut Effects<'_>, sender: Option<&Sender>, snapshot: &Snapshot, fact: Fact) {
    match fact {
        Fact::Receipt(receipt) => self::receipt(effects, sender, receipt),
        Fact::Inbound(inbound) => self::inbound(effects, sender, snapshot, *inbound),
        Fact::TemplateStatus(status) => template(effects, status),
        Fact::TemplateQuality { name, language, score } => {
            effects
                .write
                .templates
                .push(patch(name, language, effects.now, |patch| patch.quality = Some(score)));
        }
        Fact::TemplateCategory { name, language, category, upcoming } => {
            if upcoming {
                // An announcement changes nothing yet; it is kept for whoever asks.
                let object = json!({"template": name, "language": language, "category": category});
                effects.event(Kind::CategoryAnnounced, Subject(effects.account.bytes()), object.clone());
                effects.keep("template_category_upcoming", object.to_string());
            } else {
                let set = |patch: &mut TemplatePatch| patch.category = Some(category);
                effects.write.templates.push(patch(name, language, effects.now, set));
            }
        }
        Fact::Preference { who, stop, at } => effects.platform_says(&who, !stop, "user_preferences", at),
        Fact::SenderSignal { event, detail } => {
            let subject =
                sender.map_or(Subject(effects.account.bytes()), |sender| Subject(sender.id.bytes()));
            effects.event(Kind::SenderChanged, subject, json!({"event": event}));
            effects.learn(detail.get());
            effects.keep("sender_signal", detail.get().to_owned());
        }
        Fact::AccountSignal { event, severity, detail } => {
            let subject = Subject(effects.account.bytes());
            let severity = format!("{severity:?}").to_lowercase();
            effects.event(Kind::AccountChanged, subject, json!({"event": event, "severity": severity}));
            effects.learn(detail.get());
            effects.keep("account_signal", detail.get().to_owned());
        }
        Fact::Complaint(complaint) => self::complaint(effects, &complaint),
        Fact::IdentityChange { who, previous, at } => identity_change(effects, &who, &previous, at),
        Fact::ProviderError(error) => {
            effects.keep(
                "errors",
                json!({"code": error.code, "title": error.title, "detail": error.detail}).to_string(),
            );
        }
        Fact::Other { field, object } => effects.keep(&field, object.get().to_owned()),
    }
}

fn receipt(effects: &mut Effects<'_>, sender: Option<&Sender>, receipt: Receipt) {
    let code = receipt.error.as_ref().map(|error| failure::stored(effects.provider, error.code));
    let (mut invalid, mut cool_until) = (None, None);
    if let Some(code) = code {
        let entry = failure_entry(code);
        let (unreachable, cool) = about_recipient(entry, effects.now);
        invalid = unreachable.then_some(code);
        cool_until = cool;
        if entry.action == ShapingAction::SuppressMarketing {
            effects.platform_says(&receipt.who, false, &failure::own(code).1.to_string(), receipt.at);
        }
        if let Some(sender) = sender {
            effects.signals.push(Signal { sender: sender.id, recipient: None, template: None, code });
        }
    }
    effects.write.receipts.push(NewReceipt {
        provider_id: receipt.provider_id,
        attempt: receipt.attempt,
        state: receipt.state,
        at: receipt.at,
        code,
        pricing: receipt.pricing.and_then(|pricing| serde_json::to_string(&pricing).ok()),
        recipient_invalid: invalid,
        recipient_cool_until: cool_until,
    });
}

fn inbound(effects: &mut Effects<'_>, sender: Option<&Sender>, snapshot: &Snapshot, inbound: Inbound) {
    let Some(sender) = sender else {
        return effects.keep("messages", inbound.object.get().to_owned());
    };
    let id = effects.ids.next(effects.now);
    let heard = keywords::apply(effects, &inbound, id, snapshot);
    if heard == Heard::OptOut {
        let address = addresses(&inbound.from).into_iter().next();
        effects.opted_out.extend(address.map(|address| (address, sender.id)));
    }
    effects.write.inbound.push(NewInbound {
        id,
        sender: sender.id,
        provider_id: inbound.provider_id,
        from: inbound.from,
        kind: inbound.kind,
        text: inbound.text,
        context: inbound.context,
        object: inbound.object.get().to_owned(),
        // A clock of theirs that runs ahead must not open the window for longer.
        at: inbound.at.min(effects.now),
        received_at: effects.now,
        possible_opt_out: heard.possible(),
    });
}

/// Whoever calls a mail unwanted wants no more marketing; one by nobody we know is kept.
fn complaint(effects: &mut Effects<'_>, complaint: &Complaint) {
    let about = About { source_detail: Some(complaint.kind.clone()), ..About::default() };
    let purpose = Category::Marketing.into();
    if addresses(&complaint.who).is_empty() {
        return effects
            .keep("complaint", json!({"kind": complaint.kind, "attempt": complaint.attempt}).to_string());
    }
    let said = Said { purpose, granted: false, source: Source::Complaint, about, at: complaint.at };
    effects.state(&complaint.who, &said);
}

fn template(effects: &mut Effects<'_>, status: TemplateStatus) {
    let set = |patch: &mut TemplatePatch| {
        patch.status = Some(status.event.clone());
        patch.reason.clone_from(&status.reason);
        patch.category.clone_from(&status.category);
    };
    effects.write.templates.push(patch(status.name, status.language, effects.now, set));
}

fn patch(
    name: String,
    language: String,
    at: Timestamp,
    set: impl FnOnce(&mut TemplatePatch),
) -> TemplatePatch {
    // Callbacks write `en-US` where everything else writes `en_US`.
    let language = language.replace('-', "_");
    let mut patch =
        TemplatePatch { name, language, status: None, reason: None, category: None, quality: None, at };
    set(&mut patch);
    patch
}

fn identity_change(effects: &mut Effects<'_>, who: &Identities, previous: &Identities, at: Timestamp) {
    let known = |identities: &Identities| {
        let list: Vec<&'static str> = addresses(identities).iter().map(Address::kind).collect();
        list
    };
    let body = json!({"known": known(who), "previous": known(previous), "at": at});
    effects.event(Kind::IdentityChanged, Subject(effects.account.bytes()), body);
    let exposed = |identities: &Identities| -> Vec<String> {
        addresses(identities).iter().map(Address::canonical).collect()
    };
    effects.write.moves.push((who.clone(), previous.clone()));
    effects.keep("identity_change", json!({"now": exposed(who), "previous": exposed(previous)}).to_string());
}

/// The addresses by which a person can be written to.
fn addresses(who: &Identities) -> Vec<Address> {
    let phone = who.phone.clone().map(Address::Phone);
    let bsuid = who.bsuid.clone().map(Address::Bsuid);
    let email = who.email.clone().map(Address::Email);
    [phone, bsuid, email].into_iter().flatten().collect()
}

fn name(fact: &Fact) -> &'static str {
    match fact {
        Fact::Receipt(_) => "receipt",
        Fact::Inbound(_) => "inbound",
        Fact::TemplateStatus(_) => "template_status",
        Fact::TemplateQuality { .. } => "template_quality",
        Fact::TemplateCategory { .. } => "template_category",
        Fact::SenderSignal { .. } => "sender_signal",
        Fact::AccountSignal { .. } => "account_signal",
        Fact::Preference { .. } => "preference",
        Fact::Complaint(_) => "complaint",
        Fact::IdentityChange { .. } => "identity_change",
        Fact::ProviderError(_) => "provider_error",
        Fact::Other { .. } => "other",
    }
}
