//! Topics that people choose by.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::actor::Permission;
use tidings_domain::category::Category;
use tidings_domain::consent::Topic;
use tidings_engine::EngineError;
use tidings_engine::consents::NewTopic;

use super::Done;
use crate::console::posted::{Nothing, Posted};
use crate::console::view::consent::{TopicRow, TopicsPage};
use crate::console::view::{Badge, Section};
use crate::console::viewer::{Refusal, Viewer, html};
use crate::problem::Problem;

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let topics = viewer.state.engine.topics(&viewer.caller).await?;
    let mut frame = viewer.frame("Topics", Section::Consent).await?;
    if !done.done.is_empty() {
        frame.notice = "It is in force within a second.".to_owned();
        frame.notice_class = "good";
    }
    let may = viewer.may(Permission::ConsentsWrite);
    Ok(html(&TopicsPage { frame, may, rows: topics.iter().map(row).collect() }))
}

fn row(topic: &Topic) -> TopicRow {
    TopicRow {
        code: topic.code.clone(),
        category: topic.category.as_str(),
        titles: topic.titles.iter().map(|(language, title)| (language.clone(), title.clone())).collect(),
        archived: topic.archived,
        state: if topic.archived { Badge::new("dim", "archived") } else { Badge::new("good", "offered") },
    }
}

#[derive(Debug, Deserialize)]
pub struct Written {
    code: String,
    #[serde(default)]
    category: String,
    /// A title a line, after its language and a colon.
    titles: String,
}

fn titles(text: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let title = |line: &str| {
        let (language, title) = line.split_once(':')?;
        Some((language.trim().to_owned(), title.trim().to_owned()))
    };
    let words = "write a title a line, after its language and a colon, such as `en: New arrivals`";
    lines
        .map(title)
        .collect::<Option<_>>()
        .ok_or_else(|| Refusal::Problem(Problem::field("titles", "titles", words)))
}

pub async fn put(Posted(viewer, form): Posted<Written>) -> Result<Response, Refusal> {
    let category = Category::parse(&form.category).unwrap_or(Category::Marketing);
    let code = form.code.trim().to_owned();
    let new = NewTopic { code, category, titles: titles(&form.titles)?, archived: false };
    viewer.state.engine.put_topic(&viewer.caller, new).await?;
    Ok(Redirect::to("/console/consent/topics?done=put").into_response())
}

/// Offers a topic to nobody any more, or again.
pub async fn archive(
    Path(code): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let known = engine.topics(&viewer.caller).await?.into_iter().find(|topic| topic.code == code);
    let topic = known.ok_or(EngineError::NotFound("topic"))?;
    let Topic { code, category, titles, archived, .. } = topic;
    engine.put_topic(&viewer.caller, NewTopic { code, category, titles, archived: !archived }).await?;
    Ok(Redirect::to("/console/consent/topics?done=put").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_written_a_line_each() {
        let Ok(read) = titles(" en: New: arrivals \r\n\nde:Neuheiten\n") else {
            panic!("they are well-formed")
        };
        let read: Vec<(&str, &str)> =
            read.iter().map(|(language, title)| (language.as_str(), title.as_str())).collect();
        assert_eq!(read, [("de", "Neuheiten"), ("en", "New: arrivals")]);
        assert!(titles("New arrivals").is_err());
    }
}
