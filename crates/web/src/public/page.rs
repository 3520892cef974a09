//! The frame and the simplest page: something to read and nothing to do.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tidings_engine::consents::Closed;

use super::words::{self, Words};
use crate::console::html;

pub const CSS: &str = include_str!("../../assets/public.css");
pub const CSS_NAME: &str = "page.css";

/// Another language of the same page.
#[derive(Debug)]
pub struct OtherLanguage {
    pub href: String,
    pub code: &'static str,
    pub name: &'static str,
    pub current: bool,
}

/// The languages of a page; `more` is what else stands in its query.
pub fn languages(current: &Words, more: &str) -> Vec<OtherLanguage> {
    let one = |words: &'static Words| OtherLanguage {
        href: format!("?lang={}{more}", words.code),
        code: words.code,
        name: words.own_name,
        current: words.code == current.code,
    };
    words::ALL.iter().map(one).collect()
}

#[derive(Template)]
#[template(path = "public_note.html")]
pub struct NotePage {
    pub words: &'static Words,
    pub business: String,
    pub heading: &'static str,
    pub text: String,
    pub languages: Vec<OtherLanguage>,
}

pub fn note(status: StatusCode, words: &'static Words, heading: &'static str, text: &str) -> Response {
    let languages = Vec::new();
    let page = NotePage { words, business: String::new(), heading, text: text.to_owned(), languages };
    (status, html(&page)).into_response()
}

/// The plain page behind a link that opens nothing.
pub fn closed(words: &'static Words, why: Closed) -> Response {
    match why {
        Closed::Unknown => note(StatusCode::NOT_FOUND, words, words.invalid_title, words.invalid),
        Closed::Expired => note(StatusCode::GONE, words, words.expired_title, words.expired),
        Closed::Failed(error) => {
            tracing::error!(%error, "a page for a recipient failed");
            note(StatusCode::SERVICE_UNAVAILABLE, words, words.failed_title, words.failed)
        }
    }
}
