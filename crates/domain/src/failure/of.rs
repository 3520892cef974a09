//! Codes of all providers side by side. A code is stored with its provider's place in front, so that whoever meets one
//! (another node, the log, an explanation) knows whose it is.

use super::{Entry, SMPP, SMS_HTTP, TABLE, UNKNOWN, find, for_http_status, smtp};
use crate::credentials::ProviderKind;

/// How far the places of two providers lie apart.
const PLACE: i64 = 10_000_000;

type Table = fn() -> &'static [Entry];

/// The table of each kind.
pub(super) static TABLES: &[(ProviderKind, Table)] = &[
    (ProviderKind::Cloud, || TABLE),
    (ProviderKind::Smpp, || SMPP),
    (ProviderKind::SmsHttp, || SMS_HTTP),
    (ProviderKind::Smtp, || smtp::TABLE),
];

/// The order is that of stored codes: it may grow, and never change.
const PLACES: [ProviderKind; 5] = [
    ProviderKind::Cloud,
    ProviderKind::Ultramsg,
    ProviderKind::Smpp,
    ProviderKind::SmsHttp,
    ProviderKind::Smtp,
];

/// A provider's own code as it is stored. Negative codes, which are ours, are the same for all.
pub fn stored(kind: ProviderKind, code: i64) -> i64 {
    let place = PLACES.iter().position(|each| *each == kind).expect("every kind has its place");
    if code < 0 || place == 0 { code } else { place as i64 * PLACE + code.min(PLACE - 1) }
}

/// Whose a stored code is, and what that provider calls it.
pub fn own(code: i64) -> (ProviderKind, i64) {
    let place = usize::try_from(code / PLACE).unwrap_or(0);
    match PLACES.get(place) {
        Some(kind) if place > 0 => (*kind, code % PLACE),
        _ => (ProviderKind::Cloud, code),
    }
}

/// The row of a stored code; negative ones stand for an HTTP status without a readable code.
pub fn entry(code: i64) -> &'static Entry {
    let (kind, code) = own(code);
    for_provider(kind, code)
}

/// The row of a provider's own code.
pub fn for_provider(kind: ProviderKind, code: i64) -> &'static Entry {
    if code < 0 {
        return for_http_status(u16::try_from(-code).unwrap_or(500));
    }
    if kind == ProviderKind::Smtp {
        return smtp::smtp(code);
    }
    let table = TABLES.iter().find(|(each, _)| *each == kind).map(|(_, table)| table());
    table.and_then(|table| find(table, code)).unwrap_or(&UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureClass;

    #[test]
    fn codes_keep_their_provider() {
        for kind in ProviderKind::ALL {
            for code in [1, 0x58, 131_026, 5_001_001, 9_999_999] {
                assert_eq!(own(stored(kind, code)), (kind, code), "{kind:?} {code}");
            }
            assert_eq!(stored(kind, -429), -429);
        }
        assert_eq!(stored(ProviderKind::Cloud, 131_026), 131_026, "what was stored before keeps its meaning");
        let throttled = entry(stored(ProviderKind::Smpp, 0x58));
        assert_eq!((throttled.name, throttled.class), ("smpp_throttled", FailureClass::RateLimitAccount));
        assert_eq!(entry(stored(ProviderKind::SmsHttp, 21_610)).class, FailureClass::RecipientOptedOut);
        assert_eq!(entry(131_026).class, FailureClass::RecipientUnreachable);
        assert_eq!(entry(stored(ProviderKind::Smpp, 0x7777)).name, "unknown");
        assert_eq!(entry(-429).name, "http_too_many");
    }

    #[test]
    fn tables_are_sorted_and_their_names_are_used_once() {
        let mut names = std::collections::HashSet::new();
        for (kind, table) in TABLES {
            let table = table();
            for pair in table.windows(2) {
                assert!(pair[0].codes.last() < pair[1].codes.first(), "{kind:?}: {:?}", pair[0].codes);
            }
            for each in table {
                assert!(each.codes.first() <= each.codes.last() && each.codes.last() < PLACE);
                assert!(names.insert(each.name), "{} is used twice", each.name);
                assert!(each.meaning.ends_with('.') && each.meaning.len() > 20, "{}", each.meaning);
            }
        }
    }
}
