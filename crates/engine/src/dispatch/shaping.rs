//! A provider's signals about more than one message: slow down, hold, recover. The table in
//! `domain::failure` names the action for each code; this applies it to the lanes.

use tidings_domain::failure::{FailureClass, Scope, ShapingAction, own};
use tidings_domain::time::SECOND;
use tidings_store::model::Hash16;

use super::lane::{Hold, Lane};
use super::pump::Moment;
use super::retry;

/// Steps back to full speed: a tenth every so often.
const RECOVER_STEP: f64 = 0.1;
const RECOVER_EVERY_US: i64 = 2 * SECOND;
const FACTOR_MIN: f64 = 0.05;

/// The provider's answers of this second and the last: how many, and how many said that we are too fast.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pulse {
    second: i64,
    answers: [u32; 2],
    limited: [u32; 2],
}

impl Pulse {
    /// Answers below which a single limit counts.
    const FEW: u32 = 20;
    /// One in so many is noise at speed, more is the limit itself.
    const NOISE: u32 = 20;

    fn turn(&mut self, now_us: i64) {
        let second = now_us.div_euclid(SECOND);
        match second - self.second {
            0 => return,
            1 => {
                self.answers = [0, self.answers[0]];
                self.limited = [0, self.limited[0]];
            }
            _ => *self = Self::default(),
        }
        self.second = second;
    }

    pub fn answered(&mut self, now_us: i64) {
        self.turn(now_us);
        self.answers[0] += 1;
    }

    fn limited(&mut self, now_us: i64) {
        self.turn(now_us);
        self.limited[0] += 1;
    }

    fn is_too_fast(&mut self, now_us: i64) -> bool {
        self.turn(now_us);
        let (answers, limited) = (self.answers.iter().sum::<u32>(), self.limited.iter().sum::<u32>());
        answers < Self::FEW || limited * Self::NOISE > answers
    }
}

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
        reason: format!("provider.{} {}", own(code).1, entry.name),
        by_account: entry.action == ShapingAction::PauseAccount,
    };
    match entry.action {
        ShapingAction::SlowSender { factor_percent } | ShapingAction::SlowAccount { factor_percent } => {
            lane.pulse.limited(now_us);
            if !lane.pulse.is_too_fast(now_us) {
                return Effect::Nothing;
            }
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
    if lane.recover_us != i64::MAX && lane.recover_us - now_us > RECOVER_EVERY_US - SECOND / 2 {
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

#[cfg(test)]
#[path = "shaping_tests.rs"]
mod tests;
