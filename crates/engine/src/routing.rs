//! Routing, first form: which sender. Pure, deterministic, explains itself.

use tidings_domain::address::Address;
use tidings_domain::id::{AccountId, Id, SenderId};
use tidings_domain::intent::{Body, Intent};
use tidings_store::model::Sender;

use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};

/// The chosen sender and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub sender: SenderId,
    pub account: AccountId,
    pub reason: &'static str,
}

/// Picks the sender that the intent names, else the oldest one of the channel whose account has the template.
pub fn plan(snapshot: &Snapshot, intent: &Intent, address: &Address) -> Result<Route> {
    if !address.fits(intent.channel) {
        return Err(EngineError::invalid(
            "channel",
            "channel.address",
            format!("The channel `{}` cannot reach this kind of address.", intent.channel),
        ));
    }
    let route = |sender: &Sender, reason| Route { sender: sender.id, account: sender.account, reason };
    if let Some(from) = &intent.from {
        return named(snapshot, intent, from).map(|sender| route(sender, "the intent names this sender"));
    }
    let mut candidates: Vec<&Sender> = snapshot.senders_of(intent.channel).collect();
    candidates.sort_by_key(|sender| sender.id);
    let first = candidates.first().ok_or_else(|| {
        EngineError::invalid(
            "from",
            "sender.none",
            format!("There is no sender for `{}` yet; create one with POST /v1/senders.", intent.channel),
        )
    })?;
    if candidates.len() == 1 {
        return Ok(route(first, "it is the only sender of the channel"));
    }
    let fitting = candidates.iter().find(|sender| has_template(snapshot, sender, &intent.body));
    Ok(fitting.map_or_else(
        || route(first, "it is the oldest sender of the channel"),
        |sender| route(sender, "it is the oldest sender of the channel that can send this content"),
    ))
}

fn has_template(snapshot: &Snapshot, sender: &Sender, body: &Body) -> bool {
    match body {
        Body::Template { name, language, .. } => snapshot.template(sender.account, name, language).is_some(),
        Body::Message(outgoing) => outgoing.template().is_none_or(|template| {
            snapshot.template(sender.account, &template.name, &template.language.code).is_some()
        }),
    }
}

fn named<'a>(snapshot: &'a Snapshot, intent: &Intent, from: &str) -> Result<&'a Sender> {
    let by_id = SenderId::parse(from).ok().and_then(|id| snapshot.senders.get(&id));
    by_id
        .or_else(|| snapshot.senders.values().find(|sender| sender.address == from))
        .filter(|sender| sender.channel == intent.channel)
        .ok_or_else(|| {
            EngineError::invalid(
                "from",
                "sender.unknown",
                "There is no sender with this id or address on this channel.",
            )
        })
}
