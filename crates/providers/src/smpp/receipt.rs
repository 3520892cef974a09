//! Delivery receipts: what stands in parameters first, what stands in the text second, whatever the vendor.

use tidings_domain::credentials::MessageIds;
use tidings_domain::failure::smpp::RECEIPT;
use tidings_domain::lifecycle::AttemptState;

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// In the form in which answers are kept.
    pub id: String,
    pub state: AttemptState,
    /// Of a failure.
    pub code: Option<i64>,
    /// The network's own word.
    pub network: Option<String>,
}

/// Reads a receipt from its parameters and its text; `None` if it names no message.
pub(super) fn read(id: Option<&str>, state: Option<u8>, text: &str, ids: MessageIds) -> Option<Told> {
    let id = of_receipt(id.filter(|id| !id.is_empty()).or_else(|| field(text, "id"))?, ids);
    let state = state.or_else(|| field(text, "stat").map(by_word)).unwrap_or(7);
    let (state, code) = match state {
        2 => (AttemptState::Delivered, None),
        3 | 4 | 5 | 8 | 9 => (AttemptState::Failed, Some(RECEIPT + i64::from(state))),
        // Under way, accepted, or unknown to a network that may still deliver it.
        _ => (AttemptState::Sent, None),
    };
    let network = field(text, "err").filter(|word| word.bytes().any(|byte| byte != b'0'));
    Some(Told { id, state, code, network: network.map(|word| word.chars().take(16).collect()) })
}

/// Whether a text looks like a receipt, for those that do not say so.
pub(super) fn looks_like_one(text: &str) -> bool {
    let starts = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("id:"));
    starts && field(text, "stat").is_some()
}

fn by_word(word: &str) -> u8 {
    match word.get(..7).unwrap_or(word).to_ascii_uppercase().as_str() {
        "SCHEDUL" => 0,
        "ENROUTE" => 1,
        "DELIVRD" | "DELIVER" => 2,
        "EXPIRED" => 3,
        "DELETED" => 4,
        "UNDELIV" | "FAILED" => 5,
        "ACCEPTD" | "ACCEPTE" => 6,
        "REJECTD" | "REJECTE" => 8,
        "SKIPPED" => 9,
        _ => 7,
    }
}

/// What stands behind `name:`, up to the next blank; names are compared without case.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = find(&text[from..], name)? + from;
        let after = &text[at + name.len()..];
        let begins = at == 0 || text[..at].ends_with([' ', '\n', '\r', '\t']);
        if begins && let Some(value) = after.strip_prefix(':') {
            let value = value.trim_start();
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            return Some(&value[..end]).filter(|value| !value.is_empty());
        }
        from = at + name.len();
    }
}

fn find(text: &str, name: &str) -> Option<usize> {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    text.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))
}

/// The id of an answer, as it is kept.
pub(super) fn of_answer(id: &str, ids: MessageIds) -> String {
    match ids {
        MessageIds::HexThenDecimal => decimal(id, 16),
        MessageIds::Same | MessageIds::DecimalThenHex => plain(id),
    }
}

/// The id in a receipt, in the form of an answer's.
fn of_receipt(id: &str, ids: MessageIds) -> String {
    match ids {
        MessageIds::DecimalThenHex => decimal(id, 16),
        MessageIds::Same | MessageIds::HexThenDecimal => plain(id),
    }
}

/// Without what differs between an answer and its receipt.
fn plain(id: &str) -> String {
    let lower = id.trim().to_ascii_lowercase();
    let short = lower.trim_start_matches('0');
    if short.is_empty() { lower } else { short.to_owned() }
}

/// A number of this base in decimal; what is none stays as it is.
fn decimal(id: &str, base: u32) -> String {
    u128::from_str_radix(id.trim(), base).map_or_else(|_| plain(id), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptState::{Delivered, Failed, Sent};

    #[test]
    fn receipts_of_many_vendors_are_read() {
        let standard = "id:0123456789 sub:001 dlvrd:001 submit date:2611210910 done date:2611210911 stat:DELIVRD err:000 text:Hello";
        for (id, state, text, want) in [
            (None, None, standard, Some(("123456789", Delivered, None, None))),
            (None, None, "ID:AbC stat:UNDELIV err:0A1 Text:", Some(("abc", Failed, Some(5), Some("0A1")))),
            (None, None, "id:7 stat:EXPIRED done date:261121091100 err:", Some(("7", Failed, Some(3), None))),
            (None, None, "stat:REJECTD\nerr:045\nid:9", Some(("9", Failed, Some(8), Some("045")))),
            (None, None, "id: 12 stat: ACCEPTD", Some(("12", Sent, None, None))),
            (None, None, "id:12 stat:ENROUTE", Some(("12", Sent, None, None))),
            (None, None, "id:12 stat:UNKNOWN", Some(("12", Sent, None, None))),
            (None, None, "id:12 stat:Failed", Some(("12", Failed, Some(5), None))),
            (None, None, "id:12", Some(("12", Sent, None, None))),
            // Parameters win over the text.
            (Some("55"), Some(2), "id:12 stat:UNDELIV err:001", Some(("55", Delivered, None, Some("001")))),
            (Some("55"), Some(8), "", Some(("55", Failed, Some(8), None))),
            (Some(""), None, "id:12 stat:DELIVRD", Some(("12", Delivered, None, None))),
            (Some("000"), Some(2), "", Some(("000", Delivered, None, None))),
            (None, Some(2), "no name at all", None),
            (None, None, "", None),
            // `id` inside another word is none.
            (None, None, "paid:5 stat:DELIVRD", None),
            (None, None, "id:5 text:id:6 stat:x stat:DELIVRD", Some(("5", Sent, None, None))),
        ] {
            let got = read(id, state, text, MessageIds::Same);
            let got = got.as_ref().map(|told| {
                (told.id.as_str(), told.state, told.code.map(|code| code - RECEIPT), told.network.as_deref())
            });
            assert_eq!(got, want, "{id:?} {state:?} {text}");
        }
    }

    #[test]
    fn ids_of_answers_and_receipts_meet() {
        for (ids, answer, receipt) in [
            (MessageIds::Same, "0A1F", "a1f"),
            (MessageIds::Same, " 42", "0000000042"),
            (MessageIds::HexThenDecimal, "75BCD15", "123456789"),
            (MessageIds::HexThenDecimal, "0x!", "0x!"),
            (MessageIds::DecimalThenHex, "123456789", "075bcd15"),
        ] {
            assert_eq!(of_answer(answer, ids), of_receipt(receipt, ids), "{ids:?} {answer} {receipt}");
        }
        assert_ne!(of_answer("12", MessageIds::Same), of_receipt("13", MessageIds::Same));
    }

    #[test]
    fn what_looks_like_a_receipt() {
        for (text, is) in [
            ("id:1 stat:DELIVRD", true),
            ("ID:1 sub:001 stat:x", true),
            ("My id:1 stat:x", false),
            ("id:1", false),
            ("", false),
            ("ö", false),
        ] {
            assert_eq!(looks_like_one(text), is, "{text}");
        }
    }
}
