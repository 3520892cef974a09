//! Small pieces of text: states with their colour, times, ids, numbers.

/// A word with a colour class; the word alone says everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    pub class: &'static str,
    pub label: String,
}

impl Badge {
    pub fn new(class: &'static str, label: impl Into<String>) -> Self {
        Self { class, label: label.into() }
    }

    /// The status of a message, of an attempt, or the kind of an attention entry.
    pub fn status(status: &str) -> Self {
        let class = match status {
            "delivered" | "read" | "played" => "good",
            "submitted" | "sent" | "submitting" => "move",
            "in_doubt" | "unknown" | "denied" => "warn",
            "failed" | "dead" | "expired" => "bad",
            _ => "dim",
        };
        Self::new(class, words(status))
    }

    /// The phase of a lane.
    pub fn phase(phase: &str) -> Self {
        let class = match phase {
            "pacing" => "good",
            "waiting_for_tokens" | "waiting_for_answers" => "move",
            "slowed" | "probing" | "backing_off" | "held_by_template" => "warn",
            "held" | "paused" => "bad",
            _ => "dim",
        };
        Self::new(class, words(phase))
    }

    pub fn template(status: &str) -> Self {
        let class = match status {
            "APPROVED" => "good",
            "PENDING" | "IN_APPEAL" => "move",
            "PAUSED" | "FLAGGED" | "LIMIT_EXCEEDED" => "warn",
            "REJECTED" | "DISABLED" | "DELETED" => "bad",
            _ => "dim",
        };
        Self::new(class, words(&status.to_lowercase()))
    }

    pub fn verdict(verdict: &str) -> Self {
        let class = match verdict {
            "allow" => "good",
            "defer" => "warn",
            "deny" => "bad",
            _ => "dim",
        };
        Self::new(class, words(verdict))
    }
}

/// A point in time: the machine's form and one for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    pub iso: String,
    pub text: String,
}

impl When {
    /// From RFC 3339 in UTC, as all reports write times. An empty text is no time.
    pub fn new(iso: &str) -> Self {
        let text = match (iso.get(..10), iso.get(11..19)) {
            (Some(day), Some(time)) => format!("{day} {time}"),
            _ => iso.to_owned(),
        };
        Self { iso: iso.to_owned(), text }
    }

    /// With milliseconds, where the order of close events matters.
    pub fn exact(iso: &str) -> Self {
        let text = match (iso.get(..10), iso.get(11..23)) {
            (Some(day), Some(time)) => format!("{day} {time}"),
            _ => Self::new(iso).text,
        };
        Self { iso: iso.to_owned(), text }
    }
}

/// `in_doubt` → `in doubt`.
pub fn words(code: &str) -> String {
    code.replace('_', " ")
}

/// The end of an id, which tells neighbours apart: `msg_…8k2qz9`.
pub fn shorten(id: &str) -> String {
    const TAIL: usize = 8;
    match id.split_once('_') {
        Some((prefix, suffix)) if suffix.len() > TAIL && suffix.is_ascii() => {
            format!("{prefix}_…{}", &suffix[suffix.len() - TAIL..])
        }
        _ => id.to_owned(),
    }
}

/// `1234567` → `1,234,567`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A rate or a level, without needless digits.
pub fn decimal(value: f64) -> String {
    if value.fract().abs() < 0.05 || value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_ids_and_times_for_people() {
        for (value, want) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(number(value), want);
        }
        assert_eq!(shorten("msg_01j9abcdefghjkmnpqrstvwxyz"), "msg_…rstvwxyz");
        assert_eq!(shorten("main"), "main");
        assert_eq!(When::new("2026-03-01T09:30:00.250Z").text, "2026-03-01 09:30:00");
        assert_eq!(When::exact("2026-03-01T09:30:00.250Z").text, "2026-03-01 09:30:00.250");
        assert_eq!(When::new("").text, "");
        assert_eq!((decimal(80.0), decimal(0.25), decimal(123.4)), ("80".into(), "0.2".into(), "123".into()));
    }

    #[test]
    fn each_state_has_a_word_and_a_colour() {
        for (status, class, label) in [
            ("delivered", "good", "delivered"),
            ("in_doubt", "warn", "in doubt"),
            ("queued", "dim", "queued"),
            ("failed", "bad", "failed"),
            ("something_new", "dim", "something new"),
        ] {
            assert_eq!(Badge::status(status), Badge::new(class, label));
        }
        assert_eq!(Badge::template("IN_APPEAL"), Badge::new("move", "in appeal"));
    }
}
