//! The dry run of a whole audience: what would be decided about each recipient, counted by rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use tidings_domain::actor::Permission;
use tidings_domain::address::{Address, CountryCode};
use tidings_domain::decision::{Decision, Verdict, deciding};
use tidings_domain::id::{AccountId, ContactId};
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;
use tidings_store::model::{Hash16, NewMessage, RecipientFacts, Shown};

use super::rules::is_window_open;
use super::{Question, judge};
use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::intake::{Birth, prepare};
use crate::limits::{AUDIENCE_MAX, AUDIENCE_SAMPLES_MAX};
use crate::pipeline::{Ahead, Engine};

/// Who is asked about, and with what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceRequest {
    /// An intent without `to`.
    message: serde_json::Map<String, Value>,
    /// Phone numbers; all contacts if they are left out.
    recipients: Option<Vec<String>>,
    /// Judge as if it were this time.
    at: Option<Timestamp>,
}

/// What would become of an audience.
#[derive(Debug, Default, Serialize)]
pub struct AudienceReport {
    pub total: u64,
    pub allow: u64,
    pub deny: u64,
    pub defer: u64,
    /// Recipients to whom the message does not fit at all.
    pub refused: u64,
    /// Named more than once: counted once.
    pub repeated: u64,
    /// What decided, the most frequent first.
    pub rules: Vec<RuleCount>,
}

#[derive(Debug, Serialize)]
pub struct RuleCount {
    pub rule: String,
    /// `deny`, `defer` or `refuse`.
    pub verdict: &'static str,
    /// Decided for the record only.
    pub shadow: bool,
    pub count: u64,
    /// Between which times those who are deferred would go.
    pub earliest: Option<Timestamp>,
    pub latest: Option<Timestamp>,
    pub samples: Vec<Sample>,
}

/// One of those who were counted: a place in the list, from 0, or a contact. Never an address.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    Index(usize),
    Contact(ContactId),
}

/// Someone who is asked about.
struct Person {
    hash: Hash16,
    address: Address,
    sample: Sample,
}

/// What is the same for all recipients of a country: template, category, content.
type Messages = BTreeMap<Option<CountryCode>, std::result::Result<NewMessage, String>>;

struct Run<'a> {
    engine: &'a Engine,
    caller: &'a Caller,
    snapshot: std::sync::Arc<Snapshot>,
    ahead: Ahead,
    request: AudienceRequest,
    at: Timestamp,
    messages: Messages,
    counts: BTreeMap<(String, &'static str, bool), RuleCount>,
    report: AudienceReport,
    /// New people that this audience would take of the messaging limits, by portfolio.
    taken: BTreeMap<Hash16, u32>,
}

pub(crate) async fn audience(
    engine: &Engine,
    caller: &Caller,
    request: AudienceRequest,
    ahead: Ahead,
) -> Result<AudienceReport> {
    caller.require(Permission::MessagesRead)?;
    let now = engine.now();
    let snapshot = engine.0.catalogs.get(&caller.store, &caller.scope, now).await?;
    if request.recipients.as_ref().is_some_and(|list| list.len() > AUDIENCE_MAX) {
        let detail = format!("Ask about at most {AUDIENCE_MAX} recipients at once.");
        return Err(EngineError::invalid("recipients", "audience.size", detail));
    }
    let at = request.at.unwrap_or(now);
    let (messages, counts, report) = (BTreeMap::new(), BTreeMap::new(), AudienceReport::default());
    let mut run = Run {
        engine,
        caller,
        snapshot,
        ahead,
        request,
        at,
        messages,
        counts,
        report,
        taken: BTreeMap::new(),
    };
    match run.request.recipients.take() {
        Some(list) => run.of_list(&list).await?,
        None => run.of_contacts().await?,
    }
    let mut rules: Vec<RuleCount> = run.counts.into_values().collect();
    rules.sort_by_key(|each| std::cmp::Reverse(each.count));
    Ok(AudienceReport { rules, ..run.report })
}

impl Run<'_> {
    async fn of_list(&mut self, list: &[String]) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (page, chunk) in list.chunks(tidings_store::AUDIENCE_PAGE).enumerate() {
            let mut people = Vec::with_capacity(chunk.len());
            for (n, text) in chunk.iter().enumerate() {
                let sample = Sample::Index(page * tidings_store::AUDIENCE_PAGE + n);
                match Address::parse("phone", text) {
                    Err(problems) => {
                        let code = problems.first().map_or("phone.invalid", |problem| problem.code);
                        self.report.total += 1;
                        self.refuse(code, sample);
                    }
                    Ok(address) => {
                        let hash = self.caller.scope.hash(&address.canonical());
                        if seen.insert(hash) {
                            people.push(Person { hash, address, sample });
                        } else {
                            self.report.repeated += 1;
                        }
                    }
                }
            }
            self.judge(people).await?;
        }
        Ok(())
    }

    async fn of_contacts(&mut self) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.caller.store.reachable(&self.caller.scope, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.hash);
            let person = |each: tidings_store::Reachable| Person {
                hash: each.hash,
                address: each.address,
                sample: Sample::Contact(each.contact),
            };
            self.judge(page.into_iter().map(person).collect()).await?;
        }
    }

    /// One page of people: their messages, then their facts in one read, then the rules.
    async fn judge(&mut self, people: Vec<Person>) -> Result<()> {
        let mut ready = Vec::with_capacity(people.len());
        for person in people {
            self.report.total += 1;
            let place = Place::of(&person.address);
            match self.message(&person, place.country).await? {
                Ok(message) => ready.push((person, message)),
                Err(code) => self.refuse(&code, person.sample),
            }
        }
        if self.snapshot.policy.reads_tags() {
            self.tag(&mut ready).await?;
        }
        // Recipients of one country go by one account; limits are those of its portfolio.
        let mut by_account: BTreeMap<AccountId, Vec<(Person, NewMessage)>> = BTreeMap::new();
        for (person, message) in ready {
            by_account.entry(message.account).or_default().push((person, message));
        }
        for (account, ready) in by_account {
            let category = ready[0].1.category;
            let asked = ready.iter().map(|(person, message)| (person.hash, message.sender)).collect();
            let (store, scope) = (&self.caller.store, &self.caller.scope);
            let watch = self.snapshot.watch(account);
            let known = store.audience_facts(scope, asked, category, watch, self.at).await?;
            for ((person, message), facts) in ready.iter().zip(known) {
                self.one(person, message, facts);
            }
        }
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Messages are made once for each country; what rules see of the contact is each one's own.
    async fn tag(&self, ready: &mut [(Person, NewMessage)]) -> Result<()> {
        let people = ready.iter().map(|(person, _)| person.hash).collect();
        let tags = self.caller.store.contact_tags(&self.caller.scope, people).await?;
        for ((_, message), tags) in ready.iter_mut().zip(tags) {
            let shown = message.shown.as_deref().cloned().unwrap_or_default();
            message.shown = Some(Arc::new(Shown { tags, ..shown }));
        }
        Ok(())
    }

    /// The message as it would be for a recipient; made once for each country.
    async fn message(
        &mut self,
        person: &Person,
        country: Option<CountryCode>,
    ) -> Result<std::result::Result<NewMessage, String>> {
        if !self.messages.contains_key(&country) {
            let mut intent = self.request.message.clone();
            intent.insert("to".to_owned(), json!({ person.address.kind(): person.address.expose() }));
            let body = serde_json::to_vec(&intent).expect("an intent is JSON");
            let birth = Birth::new(self.engine, self.at);
            let made = prepare(self.caller, &self.snapshot, &body, None, self.ahead, birth).await;
            let made = match made {
                Ok(prepared) => Ok(NewMessage { content: Vec::new(), ..prepared.message }),
                // What is wrong with the message itself is wrong for everybody.
                Err(error) if self.messages.is_empty() => return Err(error),
                Err(EngineError::Invalid(problems)) => {
                    Err(problems.first().map_or("refused", |problem| problem.code).to_owned())
                }
                Err(error) => return Err(error),
            };
            self.messages.insert(country, made);
        }
        Ok(self.messages[&country].clone())
    }

    fn one(&mut self, person: &Person, message: &NewMessage, mut facts: RecipientFacts) {
        facts.topic = message.topic;
        let pool = self.snapshot.pool(message.account);
        let taken = self.taken.get(&pool).copied().unwrap_or_default();
        if let Some(reach) = &mut facts.reach {
            reach.recipients = reach.recipients.saturating_add(taken);
        }
        let question = Question {
            account: message.account,
            sender: message.sender,
            channel: message.channel,
            place: Place::of(&person.address),
            category: message.category,
            free_form: message.free_form,
            template: message.template.as_deref(),
            language: message.language.as_deref(),
            scheduled: false,
            at: self.at,
            shown: message.shown.as_deref(),
            is_sealed: false,
        };
        let decisions = judge(&self.snapshot, &question, &facts);
        for decision in decisions.iter().filter(|decision| decision.shadow) {
            self.count(decision, person.sample);
        }
        match deciding(&decisions) {
            None => {
                self.report.allow += 1;
                let new =
                    facts.reach.is_some_and(|reach| !reach.counted) && !is_window_open(&question, &facts);
                *self.taken.entry(pool).or_default() += u32::from(new);
            }
            Some(decision) => {
                match decision.verdict {
                    Verdict::Defer { .. } => self.report.defer += 1,
                    Verdict::Deny | Verdict::Allow => self.report.deny += 1,
                }
                self.count(decision, person.sample);
            }
        }
    }

    fn count(&mut self, decision: &Decision, sample: Sample) {
        let (verdict, until) = match decision.verdict {
            Verdict::Defer { until } => ("defer", Some(until)),
            Verdict::Deny | Verdict::Allow => ("deny", None),
        };
        let count = self.entry(&decision.rule, verdict, decision.shadow, sample);
        if let Some(until) = until {
            count.earliest = Some(count.earliest.map_or(until, |known| known.min(until)));
            count.latest = count.latest.max(Some(until));
        }
    }

    fn refuse(&mut self, code: &str, sample: Sample) {
        self.report.refused += 1;
        self.entry(code, "refuse", false, sample);
    }

    fn entry(&mut self, rule: &str, verdict: &'static str, shadow: bool, sample: Sample) -> &mut RuleCount {
        let count = self.counts.entry((rule.to_owned(), verdict, shadow)).or_insert_with(|| RuleCount {
            rule: rule.to_owned(),
            verdict,
            shadow,
            count: 0,
            earliest: None,
            latest: None,
            samples: Vec::new(),
        });
        count.count += 1;
        if count.samples.len() < AUDIENCE_SAMPLES_MAX {
            count.samples.push(sample);
        }
        count
    }
}
