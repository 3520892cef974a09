use std::collections::BTreeMap;

use super::*;

/// Language, the kinds that a line has, and the line.
fn corpus() -> impl Iterator<Item = (&'static str, Vec<ContentKind>, &'static str)> {
    let text = include_str!("../../../data/content.tsv");
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut fields = line.splitn(3, '\t');
        let mut next = || fields.next().expect("three fields");
        let (language, kinds, text) = (next(), next(), next());
        let kinds = kinds.split(',').filter(|kind| *kind != "-");
        (language, kinds.map(|kind| ContentKind::parse(kind).expect("a kind")).collect(), text)
    })
}

#[derive(Default, Clone, Copy)]
struct Score {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Score {
    fn precision(self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.wrong)
    }
    fn recall(self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.missed)
    }
}

/// The figures that `docs/policy.md` shows; a change of rules or corpus shows here.
#[test]
fn precision_and_recall_are_as_published() {
    let mut scores: BTreeMap<ContentKind, Score> = BTreeMap::new();
    let (mut lines, mut languages) = (0, BTreeMap::<&str, u32>::new());
    for (language, wanted, text) in corpus() {
        lines += 1;
        *languages.entry(language).or_default() += 1;
        let found: Vec<_> = find(text, &["example.com".to_owned()]).iter().map(|find| find.kind).collect();
        for kind in ContentKind::ALL {
            let score = scores.entry(kind).or_default();
            match (wanted.contains(&kind), found.contains(&kind)) {
                (true, true) => score.right += 1,
                (false, true) => {
                    score.wrong += 1;
                    eprintln!("wrong {kind:?}: {text}");
                }
                (true, false) => {
                    score.missed += 1;
                    eprintln!("missed {kind:?}: {text}");
                }
                (false, false) => {}
            }
        }
    }
    assert!(lines >= 300 && languages.len() == 5, "{lines} lines in {languages:?}");
    let published = include_str!("../../../../../docs/policy.md");
    let mut unpublished = Vec::new();
    for (kind, score) in scores {
        let row = format!(
            "| `{}` | {} | {:.3} | {:.3} |",
            kind.as_str(),
            score.right + score.missed,
            score.precision(),
            score.recall()
        );
        if !published.contains(&row) {
            unpublished.push(row.clone());
        }
        assert!(score.precision() >= 0.9 && score.recall() >= 0.85, "{row}");
    }
    assert!(unpublished.is_empty(), "docs/policy.md should say:\n{}", unpublished.join("\n"));
}

#[test]
fn what_is_taken_out_leaves_a_marker() {
    let rules = ContentRules {
        cards: Action::Scrub,
        emails: Action::Scrub,
        secrets: Action::Shadow,
        links: Action::Deny,
        allowed_domains: vec!["example.com".to_owned()],
        ..ContentRules::default()
    };
    let text = "Card 4111 1111 1111 1111, mail a.b@example.org, see https://shop.example.com/x, key sk_live_abcdefghijkl.";
    let found = rules.find(text);
    let kinds: Vec<_> = found.iter().map(|find| find.kind).collect();
    assert_eq!(kinds, [ContentKind::Card, ContentKind::Email, ContentKind::Secret]);
    assert_eq!(
        rules.scrub(text, &found).as_deref(),
        Some("Card [card], mail [email], see https://shop.example.com/x, key sk_live_abcdefghijkl.")
    );
    assert_eq!(rules.scrub("nothing", &rules.find("nothing")), None);
    assert!(!ContentRules::default().is_on());
    assert!(ContentRules::default().find(text).is_empty());
}

#[test]
fn finds_are_whole_letters_whatever_the_text() {
    for text in [
        "é4111111111111111",
        "ÄÖÜ DE89 3704 0044 0532 0130 00ß",
        "🙂a@b.de🙂",
        "-----BEGIN RSA PRIVATE KEY-----é",
        "…",
        "ſİ@ıI.de",
    ] {
        for find in find(text, &[]) {
            assert!(text.get(find.range.clone()).is_some(), "{text}: {find:?}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_looked_at(text in "\\PC{0,200}") {
        for find in find(&text, &["example.com".to_owned()]) {
            proptest::prop_assert!(text.get(find.range.clone()).is_some_and(|part| !part.is_empty()));
        }
    }
}
