//! Whether a code may go: lists, the pause between two sends, the tenant's windows, and what looks like abuse.

use std::sync::Arc;

use tidings_domain::time::{SECOND, Timestamp};
use tidings_domain::verification::{Action, Assessment, History, Picture, Scope, Settings, assess, exceeded};
use tidings_store::model::{AskedFacts, CodeJudge, CodeRefusal, CodeVerdict};

/// Decides inside the transaction that counts the request.
pub(super) fn judge(settings: Settings, challenge_passed: bool, now: Timestamp) -> CodeJudge {
    Arc::new(move |facts: &AskedFacts| {
        let refusal = listed(facts).or_else(|| too_soon(&settings, facts, now));
        if refusal.is_some() || facts.allowed {
            return CodeVerdict { refusal, alerts: Vec::new() };
        }
        if let Some(refusal) = limited(&settings, facts, now) {
            return CodeVerdict { refusal: Some(refusal), alerts: Vec::new() };
        }
        guarded(&settings, facts, challenge_passed, now)
    })
}

fn refusal(
    code: &'static str,
    rule: &'static str,
    scope: Option<Scope>,
    retry_after_us: Option<i64>,
) -> CodeRefusal {
    CodeRefusal { code, rule, scope, retry_after_us, counts: false }
}

/// Who is blocked by name is blocked whatever else is allowed.
fn listed(facts: &AskedFacts) -> Option<CodeRefusal> {
    facts.blocked.then(|| refusal("verification_blocked", "list.blocked", None, None))
}

fn too_soon(settings: &Settings, facts: &AskedFacts, now: Timestamp) -> Option<CodeRefusal> {
    let pending = facts.pending.as_ref()?;
    if pending.sends > settings.resends {
        let left_us = pending.expires_at.since(now);
        return Some(refusal("verification_resends_used", "resends", None, Some(left_us)));
    }
    let wait_us = pending.sent_at.plus(i64::from(settings.resend_after_s) * SECOND).since(now);
    (wait_us > 0).then(|| refusal("verification_too_soon", "resend_after", None, Some(wait_us)))
}

fn limited(settings: &Settings, facts: &AskedFacts, now: Timestamp) -> Option<CodeRefusal> {
    let (window, wait_us) = exceeded(&settings.windows, |scope| facts.history(scope), now)?;
    Some(refusal("verification_limited", "window", Some(window.scope), Some(wait_us)))
}

fn guarded(settings: &Settings, facts: &AskedFacts, challenge_passed: bool, now: Timestamp) -> CodeVerdict {
    let none = History::default();
    let of = |scope| facts.history(scope).unwrap_or(&none);
    let picture = Picture {
        block: of(Scope::Block),
        range: of(Scope::Range),
        area: of(Scope::Area),
        country: of(Scope::Country),
        neighbours: facts.neighbours,
        now,
    };
    let assessment = assess(&picture);
    let loud = assessment.reasons.iter().filter(|reason| reason.action > Action::Slow);
    let alerts = loud.map(|reason| (reason.scope, reason.rule)).collect();
    let refusal = settings.guard.then(|| act(&assessment, &picture, challenge_passed)).flatten();
    CodeVerdict { refusal, alerts }
}

fn act(assessment: &Assessment, picture: &Picture<'_>, challenge_passed: bool) -> Option<CodeRefusal> {
    let first = assessment.reasons.first()?;
    let refuse = |code, retry_after_us| {
        Some(CodeRefusal { counts: true, ..refusal(code, first.rule, Some(first.scope), retry_after_us) })
    };
    match assessment.action {
        Action::Allow => None,
        Action::Slow => refuse("verification_slowed", Some(assessment.slow_us(picture)?)),
        Action::Challenge if challenge_passed => None,
        Action::Challenge => refuse("verification_challenge_required", None),
        Action::Block => refuse("verification_blocked", None),
    }
}
