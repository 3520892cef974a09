//! The preference centre: one page, one form.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use tidings_domain::category::Channel;
use tidings_engine::consents::{Chosen, Preference, Preferences, Shown};

use super::page::{OtherLanguage, closed, languages};
use super::visitor::Visitor;
use super::words::{VERSION, Words};
use crate::console::html;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "public_preferences.html")]
struct PreferencesPage {
    words: &'static Words,
    business: String,
    intro: String,
    saved: bool,
    channels: Vec<ChannelPart>,
    languages: Vec<OtherLanguage>,
}

struct ChannelPart {
    name: &'static str,
    boxes: Vec<Box>,
}

struct Box {
    name: String,
    label: String,
    on: bool,
}

pub async fn show(
    State(state): State<AppState>,
    Path((region, token)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    let language = visitor.chosen.map_or("", |words| words.code);
    let found = match state.engine.preferences(&region, &token, language).await {
        Ok(found) => found,
        Err(why) => return closed(visitor.words(None), why),
    };
    let words = visitor.words(found.language.as_deref());
    // Titles of topics are those of the language in which the page is shown.
    let found = if words.code == language {
        found
    } else {
        match state.engine.preferences(&region, &token, words.code).await {
            Ok(found) => found,
            Err(why) => return closed(words, why),
        }
    };
    html(&page(words, &found, visitor.saved))
}

fn page(words: &'static Words, found: &Preferences, saved: bool) -> PreferencesPage {
    let mut channels: Vec<ChannelPart> = Vec::new();
    for channel in Channel::ALL {
        let boxes: Vec<Box> =
            found.all.iter().filter(|each| each.channel == channel).map(|each| one(words, each)).collect();
        if !boxes.is_empty() {
            channels.push(ChannelPart { name: channel_name(words, channel), boxes });
        }
    }
    PreferencesPage {
        words,
        intro: intro(words, &isolated(words, &found.business)),
        business: found.business.clone(),
        saved,
        channels,
        languages: languages(words, ""),
    }
}

fn one(words: &Words, each: &Preference) -> Box {
    Box { name: format!("{}.{}", each.channel, each.key), label: label(words, each), on: each.on }
}

fn label(words: &Words, each: &Preference) -> String {
    each.title.clone().unwrap_or_else(|| words.marketing.to_owned())
}

fn intro(words: &Words, business: &str) -> String {
    words.intro.replace("{}", if business.is_empty() { words.us } else { business })
}

/// A name in another script keeps its own direction, and the sentence around it its own.
fn isolated(words: &Words, name: &str) -> String {
    if words.rtl && !name.is_empty() { format!("\u{2068}{name}\u{2069}") } else { name.to_owned() }
}

fn channel_name(words: &Words, channel: Channel) -> &'static str {
    match channel {
        Channel::Whatsapp => "WhatsApp",
        Channel::Sms => "SMS",
        Channel::Email => words.email,
    }
}

pub async fn save(
    State(state): State<AppState>,
    Path((region, token)): Path<(String, String)>,
    visitor: Visitor,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let language = visitor.chosen.map_or("", |words| words.code);
    let found = match state.engine.preferences(&region, &token, language).await {
        Ok(found) => found,
        Err(why) => return closed(visitor.words(None), why),
    };
    let words = visitor.words(found.language.as_deref());
    let none = fields.iter().any(|(name, _)| name == "none");
    let has = |wanted: &str, field: &str| fields.iter().any(|(name, value)| name == wanted && value == field);
    let intro = intro(words, &found.business);
    // Only what was on the page that was sent: a topic that came since was not refused by anybody.
    let chosen = found.all.iter().filter_map(|each| {
        let name = format!("{}.{}", each.channel, each.key);
        let on = has("on", &name) && !none;
        has("shown", &name).then(|| Chosen {
            text: format!(
                "{intro} {} ({}): [{}]",
                label(words, each),
                channel_name(words, each.channel),
                if on { "x" } else { " " },
            ),
            key: each.key.clone(),
            channel: each.channel,
            on,
        })
    });
    let shown = Shown { ip: visitor.ip.clone(), language: words.code.to_owned(), text_version: VERSION };
    match state.engine.choose(&region, &token, chosen.collect(), shown).await {
        Ok(_) => Redirect::to(&format!("/p/{region}/{token}?saved=1&lang={}", words.code)).into_response(),
        Err(why) => closed(words, why),
    }
}
