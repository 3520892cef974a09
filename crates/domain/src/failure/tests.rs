use std::collections::HashSet;

use super::*;

/// Every code that the platform documents, and the older ones that still turn up.
const DOCUMENTED: &str = "0 1 2 3 4 10 17 341 613 33 100 102 104 190 200 200-299 368 506 803 80007 80008 130403 130429 \
    130472 130497 131000 131005 131008 131009 131016 131021 131026 131030 131031 131037 131042 131045 131047 131048 \
    131049 131050 131051 131052 131053 131055 131056 131057 131061 131062 131063 131064 131065 131070 132000 132001 \
    132005 132007 132012 132015 132016 132018 132068 132069 133000 133004 133005 133006 133008 133009 133010 133015 \
    133016 134011 134100 134101 134102 135000 136024 136025 137000 138000-138100 139100-139103 147001-147005 1752041 \
    2388001 2388012 2388091 2388093 2388103 2494100 2388019 2388024 2388039 2388040 2388047 2388072 2388073 2388293 \
    2388299 200005-200007 2494164-2494179 2494191 2593079 2593085 2593107 2593108 2593109 131014 131001 131002 131006 \
    131043 133001-133003 133007";

fn documented() -> Vec<i64> {
    DOCUMENTED
        .split_whitespace()
        .flat_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            first.parse::<i64>().unwrap()..=last.parse::<i64>().unwrap()
        })
        .collect()
}

#[test]
fn every_documented_code_has_a_row() {
    for code in documented() {
        let entry = cloud(code);
        assert!(entry.codes.contains(code) && entry.class != FailureClass::Unknown, "{code} has no row");
    }
}

#[test]
fn the_table_is_sorted_without_overlaps_and_says_something() {
    for pair in TABLE.windows(2) {
        assert!(
            pair[0].codes.last() < pair[1].codes.first(),
            "{:?} before {:?}",
            pair[0].codes,
            pair[1].codes
        );
    }
    let mut names = HashSet::new();
    for entry in TABLE {
        assert!(entry.codes.first() <= entry.codes.last());
        assert!(names.insert(entry.name), "{} is used twice", entry.name);
        assert!(entry.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", entry.name);
        assert!(entry.meaning.ends_with('.') && entry.meaning.len() > 20, "{}", entry.meaning);
    }
}

#[test]
fn exactly_these_codes_leave_the_outcome_open() {
    let open: Vec<i64> =
        TABLE.iter().filter(|entry| !entry.definite).map(|entry| entry.codes.first()).collect();
    assert_eq!(open, [1, 2, 131_000, 131_016, 133_004]);
    for code in open {
        assert_eq!(cloud(code).class, FailureClass::Transient);
        assert!(matches!(cloud(code).retry, RetryAdvice::Backoff { .. }));
    }
}

#[test]
fn unknown_codes_are_refusals_that_are_not_repeated() {
    for code in [-1, 5, 199, 300, 131_999, 139_104, i64::MIN, i64::MAX] {
        let entry = cloud(code);
        assert_eq!(
            (entry.class, entry.retry, entry.definite),
            (FailureClass::Unknown, RetryAdvice::Never, true),
            "{code}"
        );
    }
}

#[test]
fn http_statuses_speak_where_no_code_does() {
    for (status, class, definite) in [
        (400, FailureClass::Unknown, true),
        (401, FailureClass::AccountBlocked, true),
        (403, FailureClass::AccountBlocked, true),
        (404, FailureClass::Misconfigured, true),
        (408, FailureClass::Transient, false),
        (429, FailureClass::RateLimitAccount, true),
        (499, FailureClass::Unknown, true),
        (500, FailureClass::Transient, false),
        (502, FailureClass::Transient, false),
        (503, FailureClass::Transient, false),
        (504, FailureClass::Transient, false),
        (599, FailureClass::Transient, false),
        (200, FailureClass::Transient, false),
        (302, FailureClass::Transient, false),
    ] {
        let entry = for_http_status(status);
        assert_eq!((entry.class, entry.definite), (class, definite), "{status}");
    }
}

#[test]
fn what_a_sender_does_about_the_codes_that_bite() {
    use ShapingAction as A;
    for (code, class, retry, scope, action) in [
        (130_429, "rate_limit_sender", true, Scope::Sender, A::SlowSender { factor_percent: 50 }),
        (131_056, "rate_limit_pair", true, Scope::Recipient, A::HoldRecipient { seconds: 6 }),
        (131_057, "rate_limit_sender", true, Scope::Sender, A::HoldSender { seconds: 60 }),
        (131_049, "recipient_cool_down", true, Scope::Recipient, A::HoldRecipient { seconds: 86_400 }),
        (131_050, "recipient_opted_out", false, Scope::Recipient, A::SuppressMarketing),
        (131_026, "recipient_unreachable", false, Scope::Recipient, A::RememberInvalid),
        (131_047, "window_closed", false, Scope::Recipient, A::None),
        (132_015, "template_paused", true, Scope::Template, A::HoldTemplate { seconds: 10_800 }),
        (132_001, "template_invalid", false, Scope::Template, A::None),
        (132_000, "invalid_payload", false, Scope::Message, A::None),
        (190, "account_blocked", true, Scope::Account, A::PauseAccount),
        (255, "account_blocked", true, Scope::Account, A::PauseAccount),
        (368, "account_blocked", true, Scope::Account, A::PauseAccount),
        (131_042, "account_blocked", true, Scope::Account, A::PauseAccount),
        (131_048, "sender_blocked", true, Scope::Sender, A::PauseSender),
        (80_007, "rate_limit_account", true, Scope::Account, A::SlowAccount { factor_percent: 50 }),
        (137_000, "policy", false, Scope::Recipient, A::None),
    ] {
        let entry = cloud(code);
        assert_eq!(entry.class.as_str(), class, "{code}");
        assert_eq!(entry.retry != RetryAdvice::Never, retry, "{code}");
        assert_eq!((entry.scope, entry.action), (scope, action), "{code}");
    }
}

#[test]
fn codes_that_stop_an_account_are_known_by_their_action() {
    let codes = account_codes();
    for (code, stops) in
        [(190, true), (250, true), (-401, true), (131_056, false), (4, false), (132_015, false)]
    {
        assert_eq!(codes.iter().any(|each| each.contains(code)), stops, "{code}");
    }
}
