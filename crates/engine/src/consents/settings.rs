//! Topics and settings: what a tenant chooses about consent.

use std::collections::BTreeMap;

use tidings_domain::actor::Permission;
use tidings_domain::category::Category;
use tidings_domain::consent::{ConsentSettings, Topic};
use tidings_domain::problem::FieldProblem;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{NAME_CHARS_MAX, TOPIC_CODE_CHARS_MAX, TOPICS_MAX};
use crate::pipeline::Engine;

/// A topic to be made, or changed where the code is known.
#[derive(Debug)]
pub struct NewTopic {
    pub code: String,
    pub category: Category,
    /// By language.
    pub titles: BTreeMap<String, String>,
    pub archived: bool,
}

impl Engine {
    /// Makes a topic, or changes the titles of one and whether it is archived; whether it is new.
    pub async fn put_topic(&self, caller: &Caller, new: NewTopic) -> Result<(Topic, bool)> {
        caller.require(Permission::ConsentsWrite)?;
        check(&new)?;
        let known = caller.store.consent_setup(&caller.scope).await?.topics;
        let same = known.iter().find(|topic| topic.code == new.code);
        if same.is_none() && known.len() >= TOPICS_MAX {
            let words = format!("There are {TOPICS_MAX} topics; archive or reuse one.");
            return Err(EngineError::invalid("code", "topics.many", words));
        }
        if same.is_some_and(|topic| topic.category != new.category) {
            let words = "A topic keeps its category: what people said about it would mean something else. Use another code.";
            return Err(EngineError::invalid("category", "topic.category", words));
        }
        let topic = Topic {
            id: same.map_or_else(|| self.0.ids.next(self.now()), |topic| topic.id),
            code: new.code,
            category: new.category,
            titles: new.titles,
            archived: new.archived,
        };
        let fresh = same.is_none();
        caller.store.put_topic(&caller.scope, topic.clone(), caller.actor, self.now()).await?;
        self.changed(caller);
        Ok((topic, fresh))
    }

    pub async fn topics(&self, caller: &Caller) -> Result<Vec<Topic>> {
        caller.require(Permission::ConsentsRead)?;
        Ok(caller.store.consent_setup(&caller.scope).await?.topics)
    }

    pub async fn consent_settings(&self, caller: &Caller) -> Result<ConsentSettings> {
        caller.require(Permission::ConsentsRead)?;
        Ok(caller.store.consent_setup(&caller.scope).await?.settings)
    }

    /// In force within a second on every node.
    pub async fn set_consent_settings(
        &self,
        caller: &Caller,
        settings: ConsentSettings,
    ) -> Result<ConsentSettings> {
        caller.require(Permission::ConsentsWrite)?;
        settings.check().map_err(EngineError::Invalid)?;
        caller.store.set_consent_settings(&caller.scope, settings.clone(), caller.actor, self.now()).await?;
        self.changed(caller);
        Ok(settings)
    }
}

fn check(new: &NewTopic) -> Result<()> {
    let mut problems = Vec::new();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let length = new.code.len();
    if !(1..=TOPIC_CODE_CHARS_MAX).contains(&length) || !new.code.bytes().all(plain) {
        let words =
            format!("A code has 1 to {TOPIC_CODE_CHARS_MAX} lower-case letters, digits, `-` and `_`.");
        problems.push(FieldProblem::new("code", "topic.code", words));
    }
    if Category::ALL.iter().any(|category| category.as_str() == new.code) || new.code == "all" {
        let words = "This name means a category; choose another code.";
        problems.push(FieldProblem::new("code", "topic.code", words));
    }
    if new.titles.is_empty() {
        let words = "Give a title in at least one language, such as {\"en\": \"New arrivals\"}.";
        problems.push(FieldProblem::new("titles", "titles.missing", words));
    }
    for (language, title) in &new.titles {
        let field = format!("titles.{language}");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(2..=12).contains(&language.len()) || !language.chars().all(plain) {
            let words = "Name the language by its code, such as `en` or `pt-BR`.";
            problems.push(FieldProblem::new(field, "language.code", words));
        } else if title.trim().is_empty() || title.chars().count() > NAME_CHARS_MAX {
            let words = format!("A title has 1 to {NAME_CHARS_MAX} characters.");
            problems.push(FieldProblem::new(field, "title.size", words));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(EngineError::Invalid(problems)) }
}
