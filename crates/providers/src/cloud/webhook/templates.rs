//! What the platform decides about templates.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::fact::{Fact, TemplateStatus};

use super::super::lenient::{Maybe, Text};
use super::envelope::object;

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow, default)]
    message_template_name: Text<'a>,
    #[serde(borrow, default)]
    message_template_language: Text<'a>,
    #[serde(borrow, default)]
    message_template_category: Text<'a>,
    #[serde(borrow, default)]
    event: Text<'a>,
    #[serde(borrow, default)]
    reason: Text<'a>,
    #[serde(borrow, default)]
    rejection_info: Maybe<Why<'a>>,
    #[serde(borrow, default)]
    other_info: Maybe<Why<'a>>,
    #[serde(borrow, default)]
    new_quality_score: Text<'a>,
    #[serde(borrow, default)]
    new_category: Text<'a>,
    #[serde(borrow, default)]
    correct_category: Text<'a>,
}

#[derive(Deserialize)]
struct Why<'a> {
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    reason: Text<'a>,
}

impl Update<'_> {
    fn name(&self) -> Option<String> {
        self.message_template_name.owned()
    }

    /// Callbacks write `en-US` where everything else writes `en_US`.
    fn language(&self) -> Option<String> {
        self.message_template_language.get().map(|code| code.replace('-', "_"))
    }

    fn reason(&self) -> Option<String> {
        let why = |info: &Maybe<Why<'_>>| {
            let info = info.get()?;
            info.reason.owned().or_else(|| info.title.owned())
        };
        let reason = self.reason.get().filter(|reason| *reason != "NONE").map(str::to_owned);
        reason.or_else(|| why(&self.rejection_info)).or_else(|| why(&self.other_info))
    }
}

pub(super) fn status(value: &RawValue) -> Option<Vec<Fact>> {
    let update: Update<'_> = object(value)?;
    Some(vec![Fact::TemplateStatus(TemplateStatus {
        name: update.name()?,
        language: update.language()?,
        category: update.message_template_category.owned(),
        event: update.event.get()?.to_ascii_uppercase(),
        reason: update.reason(),
    })])
}

pub(super) fn quality(value: &RawValue) -> Option<Vec<Fact>> {
    let update: Update<'_> = object(value)?;
    let (name, language) = (update.name()?, update.language()?);
    Some(vec![Fact::TemplateQuality { name, language, score: update.new_quality_score.owned()? }])
}

/// A day ahead the platform names the category that will be right; `new_category` is still the old one.
pub(super) fn category(value: &RawValue) -> Option<Vec<Fact>> {
    let update: Update<'_> = object(value)?;
    let upcoming = update.correct_category.get().is_some();
    let category = update.correct_category.owned().or_else(|| update.new_category.owned())?;
    let (name, language) = (update.name()?, update.language()?);
    Some(vec![Fact::TemplateCategory { name, language, category, upcoming }])
}
