//! A form that asks for consent, and the page on which a double opt-in is confirmed.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use tidings_domain::address::Phone;
use tidings_engine::consents::{Asked, Submitted};

use super::headers::embeddable;
use super::page::{OtherLanguage, closed, note};
use super::visitor::Visitor;
use super::words::Words;
use crate::console::html;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "public_form.html")]
struct FormPage {
    words: &'static Words,
    business: String,
    heading: String,
    text: String,
    /// Only where there is something to choose between.
    purposes: Vec<(String, String)>,
    phone: String,
    wrong: bool,
    languages: Vec<OtherLanguage>,
}

#[derive(Template)]
#[template(path = "public_confirm.html")]
struct ConfirmPage {
    words: &'static Words,
    business: String,
    text: String,
    languages: Vec<OtherLanguage>,
}

pub async fn show(
    State(state): State<AppState>,
    Path((region, id)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    page(&state, &region, &id, &visitor, ("", false)).await
}

async fn page(
    state: &AppState,
    region: &str,
    id: &str,
    visitor: &Visitor,
    (phone, wrong): (&str, bool),
) -> Response {
    let (form, titles) = match state.engine.public_form(region, id, visitor.words(None).code).await {
        Ok(found) => found,
        Err(why) => return closed(visitor.words(None), why),
    };
    // A form speaks the language of its words.
    let words = visitor.words(Some(&form.definition.language));
    let titled = titles.into_iter().map(|(purpose, title)| {
        let title = title.unwrap_or_else(|| words.marketing.to_owned());
        (purpose, title)
    });
    let purposes: Vec<(String, String)> = titled.collect();
    let definition = form.definition;
    let page = FormPage {
        words,
        business: definition.business_name.clone(),
        heading: definition.name,
        text: definition.text,
        purposes: if purposes.len() > 1 { purposes } else { Vec::new() },
        phone: phone.to_owned(),
        wrong,
        languages: Vec::new(),
    };
    let mut response = html(&page);
    if wrong {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    if !definition.embed_origins.is_empty()
        && let Some(policy) = embeddable(&definition.embed_origins)
    {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

pub async fn submit(
    State(state): State<AppState>,
    Path((region, id)): Path<(String, String)>,
    headers: HeaderMap,
    visitor: Visitor,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let of =
        |wanted: &'static str| fields.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value);
    let typed = of("phone").next().cloned().unwrap_or_default();
    let (form, _) = match state.engine.public_form(&region, &id, "en").await {
        Ok(found) => found,
        Err(why) => return closed(visitor.words(None), why),
    };
    let purposes: Vec<String> = match form.definition.purposes.as_slice() {
        [only] => vec![only.clone()],
        _ => of("purpose").cloned().collect(),
    };
    let Ok(phone) = Phone::parse(&typed) else {
        return page(&state, &region, &id, &visitor, (&typed, true)).await;
    };
    if !purposes.is_empty() {
        let base = state.public_url(&headers, "");
        let who = (phone.into(), purposes);
        match state.engine.submit_form(&region, &id, who, (visitor.ip.clone(), &base)).await {
            Ok(Submitted::Recorded) => return to(&region, &id, "thanks", &visitor),
            Ok(Submitted::Pending) => return to(&region, &id, "pending", &visitor),
            Err(why) => return closed(visitor.words(None), why),
        }
    }
    page(&state, &region, &id, &visitor, (&typed, false)).await
}

fn to(region: &str, id: &str, what: &str, visitor: &Visitor) -> Response {
    let language = visitor.chosen.map_or(String::new(), |words| format!("?lang={}", words.code));
    Redirect::to(&format!("/p/{region}/f/{id}/{what}{language}")).into_response()
}

pub async fn done(
    State(state): State<AppState>,
    Path((region, id, what)): Path<(String, String, String)>,
    visitor: Visitor,
) -> Response {
    let (form, _) = match state.engine.public_form(&region, &id, "en").await {
        Ok(found) => found,
        Err(why) => return closed(visitor.words(None), why),
    };
    let words = visitor.words(Some(&form.definition.language));
    let mut response = match what.as_str() {
        "thanks" => note(StatusCode::OK, words, words.thanks_title, words.thanks),
        "pending" => note(StatusCode::OK, words, words.thanks_title, words.pending),
        _ => note(StatusCode::NOT_FOUND, words, words.invalid_title, words.invalid),
    };
    if !form.definition.embed_origins.is_empty()
        && let Some(policy) = embeddable(&form.definition.embed_origins)
    {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Looking at the link confirms nothing: a preview in a chat must not.
pub async fn ask(
    State(state): State<AppState>,
    Path((region, token)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    let Asked { business, text, language, done } = match state.engine.asked(&region, &token).await {
        Ok(asked) => asked,
        Err(why) => return closed(visitor.words(None), why),
    };
    let words = visitor.words(language.as_deref());
    if done && visitor.saved {
        return note(StatusCode::OK, words, words.thanks_title, words.thanks);
    }
    if done {
        return note(StatusCode::OK, words, words.thanks_title, words.used);
    }
    html(&ConfirmPage { words, business, text, languages: Vec::new() })
}

pub async fn confirm(
    State(state): State<AppState>,
    Path((region, token)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    match state.engine.confirm(&region, &token, visitor.ip.clone()).await {
        Ok(_) => Redirect::to(&format!("/p/{region}/c/{token}?saved=1")).into_response(),
        Err(why) => closed(visitor.words(None), why),
    }
}
