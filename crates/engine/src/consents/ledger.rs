//! Appending to the ledger and reading it.

use std::sync::Arc;

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::consent::{Purpose, Reach, Source};
use tidings_domain::problem::FieldProblem;
use tidings_domain::time::Timestamp;
use tidings_store::model::{About, Consent, Counting, NewConsent, Page};

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::limits::{EVIDENCE_BYTES_MAX, SOURCE_CHARS_MAX, STATED_AHEAD_US_MAX};
use crate::pipeline::Engine;
use crate::report::{limit, store_cursor};

#[derive(Debug)]
pub struct NewConsentInput {
    pub address: Address,
    pub channel: Reach,
    /// A category, or the code of a topic.
    pub purpose: String,
    pub granted: bool,
    pub source: Source,
    pub about: About,
    /// When it was said; now unless given.
    pub at: Option<Timestamp>,
}

/// An entry with the name of its purpose.
#[derive(Debug)]
pub struct ConsentLine {
    pub consent: Consent,
    pub purpose: String,
}

impl ConsentLine {
    pub(super) fn of(snapshot: &Snapshot, consent: Consent) -> Self {
        Self { purpose: name_of(snapshot, consent.purpose), consent }
    }
}

/// How a purpose is called; a topic that is unknown here was made on another node a moment ago.
pub(super) fn name_of(snapshot: &Snapshot, purpose: Purpose) -> String {
    match purpose {
        Purpose::Category(category) => category.as_str().to_owned(),
        Purpose::Topic(id) => {
            snapshot.topic_by_id(id).map_or_else(|| id.to_string(), |topic| topic.code.clone())
        }
    }
}

/// Reads a category's name or the code of a topic.
pub(crate) fn purpose_of(snapshot: &Snapshot, text: &str) -> std::result::Result<Purpose, FieldProblem> {
    snapshot.purpose(text).ok_or_else(|| {
        FieldProblem::new(
            "purpose",
            "purpose.unknown",
            "Name a category (authentication, service, utility, marketing) or the code of a topic of yours.",
        )
    })
}

impl Engine {
    pub(crate) async fn snapshot(&self, caller: &Caller) -> Result<Arc<Snapshot>> {
        self.0.catalogs.get(&caller.store, &caller.scope, self.now()).await
    }

    pub async fn add_consent(&self, caller: &Caller, input: NewConsentInput) -> Result<ConsentLine> {
        caller.require(Permission::ConsentsWrite)?;
        let snapshot = self.snapshot(caller).await?;
        let new = checked(&snapshot, input, self, caller)?;
        let consent = caller.store.add_consent(&caller.scope, new).await?;
        self.tick();
        Ok(ConsentLine::of(&snapshot, consent))
    }

    /// The ledger, newest first; of one person if an address is given.
    pub async fn consents(
        &self,
        caller: &Caller,
        address: Option<Address>,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<Page<ConsentLine, String>> {
        caller.require(Permission::ConsentsRead)?;
        let snapshot = self.snapshot(caller).await?;
        let page = caller
            .store
            .list_consents(&caller.scope, address.as_ref(), store_cursor(cursor)?, limit(max)?)
            .await?
            .encoded();
        let line = |consent| ConsentLine::of(&snapshot, consent);
        Ok(Page { items: page.items.into_iter().map(line).collect(), next: page.next })
    }
}

/// Everything that is wrong with an entry, or the entry.
pub(super) fn checked(
    snapshot: &Snapshot,
    input: NewConsentInput,
    engine: &Engine,
    caller: &Caller,
) -> Result<NewConsent> {
    let now = engine.now();
    let mut problems = input.about.proof.check().err().unwrap_or_default();
    let detail = input.about.source_detail.as_deref();
    if detail.is_some_and(|text| text.trim().is_empty() || text.chars().count() > SOURCE_CHARS_MAX) {
        let detail = format!("Say in 1 to {SOURCE_CHARS_MAX} characters where the consent comes from.");
        problems.push(FieldProblem::new("source", "source.size", detail));
    }
    if input.about.evidence.as_ref().is_some_and(|text| text.len() > EVIDENCE_BYTES_MAX) {
        problems.push(FieldProblem::new(
            "evidence",
            "evidence.size",
            "The evidence is too large; link to it.",
        ));
    }
    if input.at.is_some_and(|at| at > now.plus(STATED_AHEAD_US_MAX)) {
        let detail = "Consent is recorded when it was given; `at` cannot lie in the future.";
        problems.push(FieldProblem::new("at", "time.future", detail));
    }
    if let Reach::On(channel) = input.channel
        && !input.address.fits(channel)
    {
        let detail =
            format!("Nobody is reached by {channel} at this kind of address; use `any` or another channel.");
        problems.push(FieldProblem::new("channel", "channel.misfit", detail));
    }
    let purpose = purpose_of(snapshot, &input.purpose).map_err(|problem| problems.push(problem));
    let (Ok(purpose), true) = (purpose, problems.is_empty()) else {
        return Err(EngineError::Invalid(problems));
    };
    Ok(NewConsent {
        id: engine.0.ids.next(now),
        address: input.address,
        channel: input.channel,
        purpose,
        granted: input.granted,
        source: input.source,
        about: input.about,
        at: input.at.map_or(now, |at| at.min(now)),
        counting: if input.at.is_some() { Counting::AsStated } else { Counting::Now },
        actor: caller.actor,
    })
}
