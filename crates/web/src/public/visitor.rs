//! Who looks at a page: from where, and in which language.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use super::words::{self, Words};
use crate::server::Peer;
use crate::state::AppState;

/// What a request tells of a visitor.
#[derive(Debug)]
pub struct Visitor {
    pub ip: Option<String>,
    /// Chosen on the page by `?lang=`.
    pub chosen: Option<&'static Words>,
    /// What the browser asks for.
    pub wished: &'static Words,
    pub saved: bool,
}

impl Visitor {
    /// The choice on the page goes before the maker of the link, and that before the browser.
    pub fn words(&self, of_link: Option<&str>) -> &'static Words {
        self.chosen.or_else(|| of_link.and_then(words::exact)).unwrap_or(self.wished)
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let header =
            parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .take(8)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
        let of =
            |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.to_string());
        Ok(Self {
            ip: state.client_ip(&parts.headers).or(peer),
            chosen: of("lang").and_then(words::exact),
            wished: words::of_header(header),
            saved: of("saved").is_some(),
        })
    }
}
