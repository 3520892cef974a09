use tidings_domain::id::{AccountId, Id, SenderId, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;

use super::*;
use crate::config::EngineConfig;

fn lane() -> Lane {
    let config = EngineConfig::default();
    Lane::new(
        TenantId::from_bytes([1; 16]),
        AccountId::from_bytes([2; 16]),
        SenderId::from_bytes([3; 16]),
        0,
        80.0,
        &config,
        0,
    )
}

fn at(mono_us: i64) -> Moment {
    Moment { wall: Timestamp::from_micros(mono_us), mono_us }
}

#[test]
fn the_first_limit_of_a_quiet_lane_slows_it_and_it_recovers_step_by_step() {
    let mut lane = lane();
    lane.pulse.answered(0);
    assert_eq!(apply(&mut lane, 130_429, None, None, &at(0)), Effect::Slowed);
    let slowed = lane.bucket.factor();
    assert!(slowed < 1.0);
    let mut now = 0;
    let mut steps = 0;
    while lane.bucket.factor() < 1.0 {
        now += RECOVER_EVERY_US;
        assert!(recover(&mut lane, now));
        steps += 1;
        assert!(steps < 20, "recovery ends");
    }
    assert!(steps > 1, "not all at once");
}

#[test]
fn one_limit_in_a_hundred_is_noise_and_one_in_ten_is_the_limit() {
    let mut lane = lane();
    for n in 0..500 {
        lane.pulse.answered(0);
        if n % 100 == 99 {
            assert_eq!(apply(&mut lane, 130_429, None, None, &at(0)), Effect::Nothing);
        }
    }
    let mut effects = Vec::new();
    for n in 0..500 {
        lane.pulse.answered(1_500_000);
        if n % 10 == 9 {
            effects.push(apply(&mut lane, 130_429, None, None, &at(1_500_000)));
        }
    }
    assert!(effects.contains(&Effect::Slowed));
}

#[test]
fn holds_name_their_reason_and_end() {
    let mut lane = lane();
    assert_eq!(apply(&mut lane, 131_057, None, None, &at(0)), Effect::Held);
    assert!(lane.hold(0).is_some_and(|hold| hold.reason.contains("131057")));
    assert!(lane.hold(3_600 * SECOND).is_none());
    assert_eq!(apply(&mut lane, 132_015, None, Some("parcel"), &at(0)), Effect::Held);
    assert!(lane.template_hold(Some("parcel"), 1).is_some());
    assert!(lane.template_hold(Some("other"), 1).is_none() && lane.template_hold(None, 1).is_none());
}

#[test]
fn signals_about_accounts_are_told_from_those_about_senders() {
    assert!(is_about_account(80_007) && is_about_account(4));
    assert!(!is_about_account(130_429) && !is_about_account(131_056) && !is_about_account(131_026));
}

#[test]
fn a_new_token_lifts_what_was_said_of_the_old_one() {
    let (old, new) = (Secret::new("old"), Secret::new("new"));
    let mut lane = lane();
    assert!(!lane.use_token(&old), "the first one is no change");
    assert_eq!(apply(&mut lane, 190, None, None, &at(0)), Effect::Held);
    assert_eq!(apply(&mut lane, 132_015, None, Some("offer"), &at(0)), Effect::Held);
    assert!(!lane.use_token(&old));
    assert!(lane.hold(1).is_some(), "the same token is no news");
    assert!(lane.use_token(&new) && lane.has_other_token(&old) && !lane.has_other_token(&new));
    assert!(lane.hold(1).is_none());
    assert!(lane.template_hold(Some("offer"), 1).is_some(), "a template's pause is about something else");
    assert_eq!(apply(&mut lane, 131_057, None, None, &at(0)), Effect::Held);
    assert!(lane.use_token(&old));
    assert!(lane.hold(1).is_some(), "a sender's rest is no matter of tokens");
}
