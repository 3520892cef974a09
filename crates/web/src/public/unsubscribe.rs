//! One click that ends marketing mails. Mail programs post to the address by themselves; people who open it get a page
//! with a button, since scanners open every link of a mail.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tidings_engine::consents::Shown;

use super::page::{OtherLanguage, closed, languages};
use super::visitor::Visitor;
use super::words::{VERSION, Words};
use crate::console::html;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "public_unsubscribe.html")]
struct UnsubscribePage {
    words: &'static Words,
    business: String,
    /// Whether there is something to end.
    on: bool,
    languages: Vec<OtherLanguage>,
}

pub async fn show(
    State(state): State<AppState>,
    Path((region, token)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    let words = visitor.words(None);
    match state.engine.unsubscribing(&region, &token).await {
        Ok(found) => {
            let (business, on) = (found.business, found.on);
            html(&UnsubscribePage { words, business, on, languages: languages(words, "") }).into_response()
        }
        Err(why) => closed(words, why),
    }
}

/// The body is of no interest: `List-Unsubscribe=One-Click` from a program, or nothing from the page's button.
pub async fn end(
    State(state): State<AppState>,
    Path((region, token)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    let words = visitor.words(None);
    let shown = Shown { ip: visitor.ip.clone(), language: words.code.to_owned(), text_version: VERSION };
    match state.engine.unsubscribe(&region, &token, shown).await {
        Ok(()) => {
            let page = UnsubscribePage { words, business: String::new(), on: false, languages: Vec::new() };
            (StatusCode::OK, html(&page)).into_response()
        }
        Err(why) => closed(words, why),
    }
}
