//! Words with which a person opts out of marketing by writing to us.

/// A message that is nothing but one of these is an opt-out for certain. Words that a conversation uses
/// for other things as well (cancel, end) are left to people.
const OPT_OUT: [&str; 14] = [
    "stop",
    "stopp",
    "stopall",
    "stop all",
    "unsubscribe",
    "opt out",
    "opt-out",
    "optout",
    "arret",
    "arrêt",
    "baja",
    "sair",
    "abmelden",
    "afmelden",
];

/// Whether the whole text is an opt-out, whatever its case and the punctuation around it.
pub(super) fn is_opt_out(text: &str) -> bool {
    let core = text.trim_matches(|c: char| !c.is_alphanumeric());
    // Longer than any of the words: not worth folding.
    core.len() <= 16 && OPT_OUT.contains(&core.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::is_opt_out;

    #[test]
    fn only_a_whole_message_counts() {
        for text in ["STOP", " stop. ", "Stop!!", "\u{201c}STOP\u{201d}", "Opt out", "ARRÊT", "Unsubscribe\n"]
        {
            assert!(is_opt_out(text), "{text}");
        }
        for text in [
            "",
            "...",
            "Stop the delivery please",
            "don't stop",
            "cancel",
            "stopwatch",
            &"stop".repeat(1_000),
        ] {
            assert!(!is_opt_out(text), "{text}");
        }
    }
}
