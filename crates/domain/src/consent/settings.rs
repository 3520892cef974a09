//! What a tenant sets about consent.

use std::collections::BTreeMap;

use crate::category::Category;
use crate::id::TopicId;
use crate::limits::{KEYWORD_CHARS_MAX, KEYWORDS_OF_TENANT_MAX};
use crate::problem::{Checked, FieldProblem};

/// When marketing may go to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketingRule {
    /// Unless they opted out.
    #[default]
    OptOut,
    /// Only if a grant stands in the ledger.
    OptIn,
}

/// A subject of a tenant's own that people choose by, such as `new-arrivals`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    /// How programs name it.
    pub code: String,
    pub category: Category,
    /// Titles for people, by language.
    pub titles: BTreeMap<String, String>,
    pub archived: bool,
}

impl Topic {
    /// The title in a language, in its base language, in English, in any; at last the code.
    pub fn title(&self, language: &str) -> &str {
        let base = language.split(['-', '_']).next().unwrap_or(language);
        let found = [language, base, "en"].iter().find_map(|wanted| self.titles.get(*wanted));
        found.or_else(|| self.titles.values().next()).unwrap_or(&self.code)
    }
}

/// The settings as they are stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsentSettings {
    pub marketing: MarketingRule,
    /// Answer a certain opt-out with one confirmation.
    pub confirm_opt_out: bool,
    /// The confirmation's words; ours, in English, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// The name that pages and proofs show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
    /// Words of the tenant's own beside ours, which stay.
    pub stop_words: Vec<String>,
    pub start_words: Vec<String>,
}

impl ConsentSettings {
    pub fn check(&self) -> Checked<()> {
        let mut problems = Vec::new();
        for (field, words) in [("stop_words", &self.stop_words), ("start_words", &self.start_words)] {
            if words.len() > KEYWORDS_OF_TENANT_MAX {
                let detail = format!("Give at most {KEYWORDS_OF_TENANT_MAX} words.");
                problems.push(FieldProblem::new(field, "keywords.many", detail));
            }
            for (n, word) in words.iter().enumerate() {
                let empty = super::keywords::folded(word).is_empty();
                if empty || word.chars().count() > KEYWORD_CHARS_MAX {
                    let detail =
                        format!("A word has 1 to {KEYWORD_CHARS_MAX} characters, letters among them.");
                    problems.push(FieldProblem::new(format!("{field}[{n}]"), "keywords.word", detail));
                }
            }
        }
        let mut text = |field: &str, value: &Option<String>, most: usize| {
            let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= most;
            if !value.as_ref().is_none_or(fits) {
                let detail = format!("Write 1 to {most} characters, or leave it out.");
                problems.push(FieldProblem::new(field, "text.size", detail));
            }
        };
        text("business_name", &self.business_name, 200);
        text("confirmation", &self.confirmation, 500);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
