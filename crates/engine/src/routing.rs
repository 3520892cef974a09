//! Routing, first form: which sender. Pure, deterministic, explains itself.

use tidings_domain::address::Address;
use tidings_domain::id::{Id, SenderId};
use tidings_domain::intent::{Body, Intent};
use tidings_store::model::{Hash16, Sender};

use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::pipeline::Route;

/// Picks the sender that the intent names, else one of those of the channel whose account has the template.
pub fn plan(snapshot: &Snapshot, intent: &Intent, address: &Address, recipient: Hash16) -> Result<Route> {
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
    let none = || {
        EngineError::invalid(
            "from",
            "sender.none",
            format!("There is no sender for `{}` yet; create one with POST /v1/senders.", intent.channel),
        )
    };
    let fitting: Vec<&Sender> =
        candidates.iter().copied().filter(|sender| has_template(snapshot, sender, &intent.body)).collect();
    match (fitting.len(), candidates.len()) {
        (_, 0) => Err(none()),
        (_, 1) => Ok(route(candidates[0], "it is the only sender of the channel")),
        // None has the template: the oldest one's account says so.
        (0, _) => Ok(route(candidates[0], "it is the oldest sender of the channel")),
        (1, _) => Ok(route(fitting[0], "it is the only sender of the channel that can send this content")),
        (n, _) => Ok(route(
            fitting[share(recipient, n)],
            "this recipient always gets this one of the fitting senders",
        )),
    }
}

/// Spreads recipients over senders, each always to the same one while the senders stay.
fn share(recipient: Hash16, senders: usize) -> usize {
    let bytes = recipient.0[..8].try_into().expect("a hash has sixteen bytes");
    (u64::from_le_bytes(bytes) % senders as u64) as usize
}

fn has_template(snapshot: &Snapshot, sender: &Sender, body: &Body) -> bool {
    match body {
        Body::Template { name, language, .. } => {
            snapshot.logical_template(sender.account, name).is_some()
                || snapshot.template(sender.account, name, language).is_some()
        }
        Body::Message(outgoing) => outgoing.template().is_none_or(|template| {
            snapshot.template(sender.account, &template.name, &template.language.code).is_some()
        }),
        Body::Sms(_) | Body::Email(_) => true,
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
