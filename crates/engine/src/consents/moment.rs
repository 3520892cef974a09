//! What was held of a person at a moment, and which entry decided it.

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::consent::{Known, Line, Source, Standing, Stated, held_at};
use tidings_domain::time::Timestamp;
use tidings_store::model::Consent;

use super::ledger::{ConsentLine, name_of};
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// What was held at a moment.
#[derive(Debug)]
pub struct StateReport {
    pub at: Timestamp,
    pub known: Known,
    /// What a person who said nothing may be sent as marketing.
    pub marketing: tidings_domain::consent::MarketingRule,
    pub held: Vec<HeldLine>,
}

#[derive(Debug)]
pub struct HeldLine {
    pub purpose: String,
    pub channel: &'static str,
    /// `granted`, `revoked` or `silent`.
    pub state: &'static str,
    pub since: Option<Timestamp>,
    /// The entry that decided.
    pub decided_by: Option<ConsentLine>,
}

impl Engine {
    /// What we held of a person at a time, and why.
    pub async fn consent_state(
        &self,
        caller: &Caller,
        address: &Address,
        at: Option<Timestamp>,
        known: Known,
    ) -> Result<StateReport> {
        caller.require(Permission::ConsentsRead)?;
        let now = self.now();
        if at.is_some_and(|at| at > now) {
            return Err(EngineError::invalid(
                "at",
                "time.future",
                "Nobody knows what will be held; ask about the past.",
            ));
        }
        let at = at.unwrap_or(now);
        let snapshot = self.snapshot(caller).await?;
        let entries = caller.store.ledger_of(&caller.scope, address).await?;
        let lines: Vec<Line> = entries.iter().map(line).collect();
        // An entry of this very moment counts from the next microsecond on, if it had to follow another.
        let until =
            if at == now { lines.iter().map(|each| each.stated.at).max().unwrap_or(at).max(at) } else { at };
        let held = held_at(&lines, until, known).into_iter().map(|each| {
            let (state, since) = match each.standing {
                Standing::Silent => ("silent", None),
                Standing::Granted(at) => ("granted", Some(at)),
                Standing::Revoked(at) => ("revoked", Some(at)),
            };
            HeldLine {
                purpose: name_of(&snapshot, each.purpose),
                channel: each.channel.as_str(),
                state,
                since,
                decided_by: each.line.map(|n| ConsentLine::of(&snapshot, entries[n].clone())),
            }
        });
        Ok(StateReport { at, known, marketing: snapshot.consent.settings.marketing, held: held.collect() })
    }
}

fn line(consent: &Consent) -> Line {
    let stated = Stated {
        purpose: consent.purpose,
        reach: consent.channel,
        granted: consent.granted,
        platform: consent.source == Source::ProviderWebhook,
        at: consent.at,
    };
    Line { stated, recorded_at: consent.recorded_at }
}
