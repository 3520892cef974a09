//! A provider's signals about more than one message: slow down, hold, recover. The table in
//! `domain::failure` names the action for each code; this applies it to the lanes.

use tidings_domain::failure::{FailureClass, Scope, ShapingAction};
use tidings_domain::time::SECOND;
use tidings_store::model::Hash16;

use super::lane::{Hold, Lane};
use super::pump::Moment;
use super::retry;

/// Steps back to full speed: a tenth every so often.
const RECOVER_STEP: f64 = 0.1;
const RECOVER_EVERY_US: i64 = 10 * SECOND;
const FACTOR_MIN: f64 = 0.05;

/// What a signal did to a lane, for the log and the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    Slowed,
    Held,
}

/// Applies one code to one lane. Signals about an account are applied to each of its lanes.
pub(super) fn apply(
    lane: &mut Lane,
    code: i64,
    recipient: Option<Hash16>,
    template: Option<&str>,
    now: &Moment,
) -> Effect {
    let now_us = now.mono_us;
    let entry = retry::entry(code);
    let hold = |template: Option<String>, seconds: u32| Hold {
        template,
        until_us: now_us + i64::from(seconds) * SECOND,
        since: now.wall,
        reason: format!("provider.{code} {}", entry.name),
    };
    match entry.action {
        ShapingAction::SlowSender { factor_percent } | ShapingAction::SlowAccount { factor_percent } => {
            slow(lane, factor_percent, now_us);
            Effect::Slowed
        }
        ShapingAction::HoldSender { seconds } | ShapingAction::HoldAccount { seconds } => {
            lane.add_hold(hold(None, seconds));
            Effect::Held
        }
        ShapingAction::HoldTemplate { seconds } => match template {
            Some(name) => {
                lane.add_hold(hold(Some(name.to_owned()), seconds));
                Effect::Held
            }
            None => Effect::Nothing,
        },
        ShapingAction::PauseAccount | ShapingAction::PauseSender => {
            // Not lifted by itself at the provider: probe now and then instead of hammering.
            lane.add_hold(hold(None, 60));
            Effect::Held
        }
        ShapingAction::None
        | ShapingAction::HoldRecipient { .. }
        | ShapingAction::RememberInvalid
        | ShapingAction::SuppressMarketing => {
            if let (FailureClass::RateLimitPair, Some(recipient)) = (entry.class, recipient) {
                lane.pairs.hold(recipient, 4 * SECOND, now_us);
                return Effect::Slowed;
            }
            Effect::Nothing
        }
    }
}

/// Whether the code is about all senders of the account.
pub(super) fn is_about_account(code: i64) -> bool {
    let entry = retry::entry(code);
    entry.scope == Scope::Account
        && matches!(
            entry.action,
            ShapingAction::SlowAccount { .. }
                | ShapingAction::HoldAccount { .. }
                | ShapingAction::PauseAccount
        )
}

fn slow(lane: &mut Lane, factor_percent: u8, now_us: i64) {
    // Many answers carry the same signal; one step down per second is enough.
    if lane.recover_us != i64::MAX && lane.recover_us - now_us > RECOVER_EVERY_US - SECOND {
        return;
    }
    let factor = (lane.bucket.factor() * f64::from(factor_percent) / 100.0).max(FACTOR_MIN);
    lane.bucket.set_factor(factor, now_us);
    lane.recover_us = now_us + RECOVER_EVERY_US;
}

/// One step back to full speed, when it is due.
pub(super) fn recover(lane: &mut Lane, now_us: i64) -> bool {
    if lane.recover_us > now_us {
        return false;
    }
    let factor = (lane.bucket.factor() + RECOVER_STEP).min(1.0);
    lane.bucket.set_factor(factor, now_us);
    lane.recover_us = if factor < 1.0 { now_us + RECOVER_EVERY_US } else { i64::MAX };
    true
}
