//! Words that opt out and in, the rules around them, and how the preference centre looks.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::actor::Permission;
use tidings_domain::consent::{ConsentSettings, MarketingRule};

use crate::console::posted::Posted;
use crate::console::view::consent::{Look, WordsPage};
use crate::console::view::{Choice, Section};
use crate::console::viewer::{Refusal, Viewer, html};
use crate::public::words::{self, Words};

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    done: String,
    /// The language in which the preference centre is shown.
    #[serde(default)]
    lang: String,
}

pub async fn show(viewer: Viewer, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let settings = engine.consent_settings(&viewer.caller).await?;
    let topics = engine.topics(&viewer.caller).await?;
    let language = words::exact(&asked.lang).unwrap_or(&words::ALL[0]);
    let offered = topics.iter().filter(|topic| !topic.archived);
    let titles = offered.map(|topic| topic.title(language.code).to_owned()).collect();
    let mut frame = viewer.frame("Words and rules", Section::Consent).await?;
    if !asked.done.is_empty() {
        frame.notice = "It is in force within a second.".to_owned();
        frame.notice_class = "good";
    }
    Ok(html(&WordsPage {
        frame,
        may: viewer.may(Permission::ConsentsWrite),
        opt_in: settings.marketing == MarketingRule::OptIn,
        business: settings.business_name.clone().unwrap_or_default(),
        confirm: settings.confirm_opt_out,
        confirmation: settings.confirmation.clone().unwrap_or_default(),
        stop: settings.stop_words.join("\n"),
        start: settings.start_words.join("\n"),
        look: look(language, &settings, titles),
        languages: words::ALL.iter().map(|each| choice(each, language)).collect(),
    }))
}

fn choice(each: &Words, chosen: &Words) -> Choice {
    Choice {
        value: each.code.to_owned(),
        label: each.own_name.to_owned(),
        selected: each.code == chosen.code,
    }
}

fn look(language: &'static Words, settings: &ConsentSettings, titles: Vec<String>) -> Look {
    let business = settings.business_name.clone().unwrap_or_default();
    let named = if business.is_empty() { language.us } else { &business };
    let mut boxes = vec![language.marketing.to_owned()];
    boxes.extend(titles);
    Look {
        code: language.code,
        direction: language.direction(),
        title: language.title,
        intro: language.intro.replace("{}", named),
        business,
        boxes,
        note: language.note,
        save: language.save,
        stop_all: language.stop_all,
    }
}

#[derive(Debug, Deserialize)]
pub struct Written {
    marketing: String,
    #[serde(default)]
    business: String,
    #[serde(default)]
    confirm: String,
    #[serde(default)]
    confirmation: String,
    #[serde(default)]
    stop: String,
    #[serde(default)]
    start: String,
}

pub async fn save(Posted(viewer, form): Posted<Written>) -> Result<Response, Refusal> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let words = |text: &str| text.lines().filter_map(given).collect();
    let settings = ConsentSettings {
        marketing: if form.marketing == "opt_in" { MarketingRule::OptIn } else { MarketingRule::OptOut },
        confirm_opt_out: form.confirm == "yes",
        confirmation: given(&form.confirmation),
        business_name: given(&form.business),
        stop_words: words(&form.stop),
        start_words: words(&form.start),
    };
    viewer.state.engine.set_consent_settings(&viewer.caller, settings).await?;
    Ok(Redirect::to("/console/consent/words?done=saved").into_response())
}
