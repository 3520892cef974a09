//! Words about health in English, German, French, Spanish and Portuguese.

use super::{ContentKind, Find};

/// Whole words, in lower case.
const WORDS: [&str; 62] = [
    "hiv",
    "aids",
    "std",
    "sti",
    "ivf",
    "adhd",
    "ptsd",
    "cancer",
    "tumor",
    "tumour",
    "diabetes",
    "insulin",
    "asthma",
    "hepatitis",
    "epilepsy",
    "depression",
    "chlamydia",
    "syphilis",
    "gonorrhea",
    "herpes",
    "miscarriage",
    "abortion",
    "biopsy",
    "viagra",
    "methadone",
    "krebs",
    "krebsvorsorge",
    "tumormarker",
    "asthmaanfall",
    "depressionen",
    "schwangerschaft",
    "fehlgeburt",
    "abtreibung",
    "befund",
    "blutwerte",
    "epilepsie",
    "vih",
    "sida",
    "tumeur",
    "diabète",
    "insuline",
    "asthme",
    "grossesse",
    "avortement",
    "biopsie",
    "dépression",
    "cáncer",
    "asma",
    "insulina",
    "embarazo",
    "aborto",
    "biopsia",
    "depresión",
    "epilepsia",
    "câncer",
    "gravidez",
    "biópsia",
    "depressão",
    "tumore",
    "ist-test",
    "seropositivo",
    "séropositif",
];

/// Beginnings of words, in lower case.
const STEMS: [&str; 24] = [
    "chemother",
    "chemotherap",
    "psychiatr",
    "psychother",
    "antidepress",
    "antipsycho",
    "oncolog",
    "onkolog",
    "chimioth",
    "quimioter",
    "psiquiatr",
    "psicoter",
    "dialys",
    "diálisis",
    "hémodialyse",
    "diagnos",
    "diagnós",
    "hiv-",
    "vih-",
    "mammogra",
    "schizophren",
    "bipolar",
    "fertilit",
    "vasectom",
];

pub(super) fn find(text: &str, found: &mut Vec<Find>) {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '\'';
    let mut at = 0;
    for piece in text.split_inclusive(|c: char| !is_part(c)) {
        let word = piece.trim_end_matches(|c: char| !is_part(c));
        // `l'asthme`, `d'insuline`: the article is not of the word.
        let inner = word.rsplit_once('\'').map_or(word, |(_, inner)| inner);
        let lower = inner.to_lowercase();
        if WORDS.contains(&lower.as_str()) || STEMS.iter().any(|stem| lower.starts_with(stem)) {
            let start = at + word.len() - inner.len();
            found.push(Find { kind: ContentKind::Health, range: start..start + inner.len() });
        }
        at += piece.len();
    }
}
