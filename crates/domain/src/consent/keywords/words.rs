//! The lists of `words.txt`, read once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::{folded, is_undivided};

const TEXT: &str = include_str!("words.txt");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stop,
    Ask,
    Start,
    Polite,
    Not,
}

pub(super) struct Words {
    whole: HashMap<String, Kind>,
    /// Longest first, so that "thank you" goes before "you".
    polite: Vec<String>,
    not: HashSet<String>,
    /// Stop words of one word that mean nothing else in a sentence.
    strong: HashSet<String>,
    /// Stop phrases, and stop words of scripts that divide no words.
    phrases: Vec<String>,
}

/// Stop words that are everyday words in a sentence of some language: alone they count, among others not.
const EVERYDAY: &[&str] = &[
    "alto",
    "baja",
    "sair",
    "remove",
    "quit",
    "dur",
    "ret",
    "td",
    "band",
    "fin",
    "pare",
    "acha",
    "simama",
    "dung",
    "huy",
    "arretez",
    "arreter",
    "parar",
    "remover",
    "cancella",
    "rezygnacja",
    "hentikan",
    "ondoa",
    "hentI",
    "בטל",
];

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::parse(TEXT));

pub(super) fn words() -> &'static Words {
    &WORDS
}

impl Words {
    fn parse(text: &str) -> Self {
        let mut words = Self {
            whole: HashMap::new(),
            polite: Vec::new(),
            not: HashSet::new(),
            strong: HashSet::new(),
            phrases: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (head, list) = line.split_once(':').expect("a line of the list has a colon");
            let kind = match head.split(' ').nth(1).expect("a line names language and kind") {
                "stop" => Kind::Stop,
                "ask" => Kind::Ask,
                "start" => Kind::Start,
                "polite" => Kind::Polite,
                "not" => Kind::Not,
                other => panic!("`{other}` is no kind of word"),
            };
            for word in list.split(',').map(folded).filter(|word| !word.is_empty()) {
                words.add(word, kind);
            }
        }
        words.polite.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.polite.dedup();
        words
    }

    fn add(&mut self, word: String, kind: Kind) {
        match kind {
            Kind::Polite => return self.polite.push(word),
            Kind::Not => {
                self.not.insert(word);
                return;
            }
            Kind::Stop if word.contains(' ') || is_undivided(&word) => self.phrases.push(word.clone()),
            Kind::Stop if !EVERYDAY.contains(&word.as_str()) => {
                self.strong.insert(word.clone());
            }
            Kind::Stop | Kind::Ask | Kind::Start => {}
        }
        // A word that means stop in one language means it in all, whatever else it means elsewhere.
        let known = self.whole.entry(word).or_insert(kind);
        if kind == Kind::Stop {
            *known = Kind::Stop;
        }
    }

    pub(super) fn kind(&self, whole: &str) -> Option<Kind> {
        self.whole.get(whole).copied()
    }
    pub(super) fn polite(&self) -> impl Iterator<Item = &str> {
        self.polite.iter().map(String::as_str)
    }
    pub(super) fn is_strong(&self, word: &str) -> bool {
        self.strong.contains(word)
    }
    pub(super) fn kind_of_not(&self, word: &str) -> bool {
        self.not.contains(word)
    }
    pub(super) fn phrases(&self) -> impl Iterator<Item = &str> {
        self.phrases.iter().map(String::as_str)
    }
}
