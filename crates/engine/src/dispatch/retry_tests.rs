use tidings_domain::time::MINUTE;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn next(code: i64, attempt: u8, expires_in_us: i64) -> Next {
    next_after_failure(&Failed {
        entry: entry(code),
        code,
        attempt,
        expires_at: NOW.plus(expires_in_us),
        retry_after_s: None,
        now: NOW,
        unit: 0.5,
    })
}

#[test]
fn a_definite_refusal_ends_the_message() {
    for code in [100, 131_026, 131_047, 132_000, 131_008] {
        assert_eq!(next(code, 1, DAY_US), Next::Fail { reason: format!("provider.{code}") }, "{code}");
    }
}

const DAY_US: i64 = 24 * 60 * MINUTE;

#[test]
fn limits_are_waited_out_and_waits_grow() {
    let wait = |attempt| match next(130_429, attempt, DAY_US) {
        Next::Retry { at, .. } => at.since(NOW),
        other => panic!("{other:?}"),
    };
    assert!(wait(1) > 0 && wait(3) > wait(1), "{} {}", wait(1), wait(3));
}

#[test]
fn the_pair_limit_waits_four_to_the_n() {
    let wait = |attempt| match next(131_056, attempt, DAY_US) {
        Next::Retry { at, .. } => at.since(NOW) / SECOND,
        other => panic!("{other:?}"),
    };
    assert_eq!((wait(1), wait(2), wait(3)), (4, 18, 72));
}

#[test]
fn no_retry_beyond_the_expiry_or_the_attempts() {
    assert_eq!(next(130_429, 1, 1_000), Next::Dead { reason: "provider.130429".to_owned() });
    assert_eq!(next(130_429, 200, DAY_US), Next::Dead { reason: "provider.130429".to_owned() });
}

#[test]
fn the_provider_may_ask_for_more_patience() {
    let failed = Failed {
        entry: entry(130_429),
        code: 130_429,
        attempt: 1,
        expires_at: NOW.plus(DAY_US),
        retry_after_s: Some(300),
        now: NOW,
        unit: 0.0,
    };
    assert_eq!(
        next_after_failure(&failed),
        Next::Retry { at: NOW.plus(300 * SECOND), reason: failed.entry.name }
    );
}

#[test]
fn what_never_left_is_tried_again() {
    assert!(matches!(next(NOT_SENT, 1, DAY_US), Next::Retry { .. }));
    assert!(matches!(next(-429, 1, DAY_US), Next::Retry { .. }));
}
