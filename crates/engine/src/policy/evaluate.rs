//! The dry run: what would be decided about an intent now, with nothing stored.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::decision::{Decision, Verdict, deciding};

use tidings_domain::time::Timestamp;
use tidings_store::model::{NewMessage, RecipientFacts};

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::error::Result;
use crate::intake::{Birth, prepare};
use crate::pipeline::{Ahead, Engine};
use crate::policy::{Question, judge};

/// What policy would say.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    pub verdict: &'static str,
    /// The rule that decided, unless all allow.
    pub decided_by: Option<String>,
    pub decisions: Vec<Decision>,
    pub route: RouteView,
}

#[derive(Debug, Serialize)]
pub struct RouteView {
    pub sender: String,
    pub account: String,
    pub category: &'static str,
    pub reason: &'static str,
}

pub(crate) async fn evaluate(
    engine: &Engine,
    caller: &Caller,
    body: &[u8],
    at: Option<Timestamp>,
    ahead: Ahead,
) -> Result<Evaluation> {
    caller.require(Permission::MessagesRead)?;
    let now = engine.now();
    let snapshot = engine.0.catalogs.get(&caller.store, &caller.scope, now).await?;
    let birth = Birth::new(engine, now);
    let prepared = prepare(caller, &snapshot, body, None, ahead, birth).await?;
    let message = &prepared.message;
    let facts = counted(caller, &snapshot, message, at.unwrap_or(now)).await?;
    let decisions = judge(
        &snapshot,
        &Question {
            account: message.account,
            sender: message.sender,
            channel: message.channel,
            place: message.place,
            category: message.category,
            free_form: message.free_form,
            template: message.template.as_deref(),
            language: message.language.as_deref(),
            scheduled: at.is_none() && message.due_at > now,
            at: at.unwrap_or(now),
            shown: message.shown.as_deref(),
            is_sealed: false,
        },
        &facts,
    );
    let decider = deciding(&decisions);
    let verdict = match decider.map(|decision| &decision.verdict) {
        None | Some(Verdict::Allow) => "allow",
        Some(Verdict::Deny) => "deny",
        Some(Verdict::Defer { .. }) => "defer",
    };
    Ok(Evaluation {
        verdict,
        decided_by: decider.map(|decision| decision.rule.to_string()),
        route: RouteView {
            sender: prepared.route.sender.to_string(),
            account: prepared.route.account.to_string(),
            category: message.category.as_str(),
            reason: prepared.route.reason,
        },
        // What intake chose stands before what policy decides, as in a message's timeline.
        decisions: prepared.decisions.into_iter().chain(decisions).collect(),
    })
}

/// The facts of the recipient, with what a claim would count.
async fn counted(
    caller: &Caller,
    snapshot: &Snapshot,
    message: &NewMessage,
    at: Timestamp,
) -> Result<RecipientFacts> {
    let (store, scope) = (&caller.store, &caller.scope);
    let mut facts = store.recipient_facts(scope, message.recipient, message.sender).await?;
    facts.topic = message.topic;
    let watch = snapshot.watch(message.account);
    let cap_us = watch.caps_us[usize::from(message.category.priority())];
    if cap_us > 0 {
        let since = at.plus(-cap_us);
        facts.touched_at = store.touched(scope, message.recipient, message.category, since).await?;
    }
    if let Some(pool) = watch.pool {
        facts.reach = Some(store.reach(scope, pool, Some(message.recipient), at).await?);
    }
    Ok(facts)
}
