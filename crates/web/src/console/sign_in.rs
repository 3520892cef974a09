//! The door: a one-time link opens it, a button goes through.
//!
//! Looking at the link uses nothing up, so a preview in a chat does not burn it.

use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use tidings_domain::id::{Id, TenantId};
use tidings_engine::EngineError;

use super::posted::{Nothing, Posted};
use super::view::pages::SignInPage;
use super::viewer::{Refusal, html};
use super::{assets, cookies};
use crate::limits::TOKEN_CHARS_MAX;
use crate::state::AppState;

/// Seconds that a browser keeps the session's cookie; the session itself may end earlier.
const SESSION_S: u32 = 12 * 60 * 60;
/// Seconds that a browser remembers which tenant was looked at.
const TENANT_S: u32 = 30 * 24 * 60 * 60;

#[derive(Debug, Default, Deserialize)]
pub struct Token {
    #[serde(default)]
    token: String,
}

pub async fn door(Query(given): Query<Token>) -> Response {
    html(&page(well_formed(&given.token).unwrap_or_default(), ""))
}

pub async fn enter(State(state): State<AppState>, Form(given): Form<Token>) -> Result<Response, Refusal> {
    const USED: &str = "This link was used before, or it is too old. Ask for a new one.";
    let refuse = || (StatusCode::UNAUTHORIZED, html(&page("", USED))).into_response();
    let Some(token) = well_formed(&given.token) else { return Ok(refuse()) };
    let session = match state.engine.login(token).await {
        Ok(session) => session,
        Err(EngineError::Unauthorized | EngineError::NotFound(_)) => return Ok(refuse()),
        Err(other) => return Err(other.into()),
    };
    let cookie = cookies::set(cookies::session_name(state.tls), session.expose(), state.tls, SESSION_S);
    Ok(to_console(&[cookie]))
}

pub async fn leave(Posted(viewer, Nothing {}): Posted<Nothing>) -> Result<Response, Refusal> {
    viewer.state.engine.logout(&viewer.token).await?;
    let tls = viewer.state.tls;
    let gone =
        [cookies::session_name(tls), cookies::tenant_name(tls)].map(|name| cookies::set(name, "", tls, 0));
    let mut response = Redirect::to("/console/sign-in").into_response();
    add_cookies(response.headers_mut(), &gone);
    Ok(response)
}

#[derive(Debug, Deserialize)]
pub struct Chosen {
    tenant: String,
}

pub async fn choose(Posted(viewer, form): Posted<Chosen>) -> Result<Response, Refusal> {
    let tls = viewer.state.tls;
    let tenant = TenantId::parse(&form.tenant).ok();
    let known = tenant.filter(|tenant| viewer.tenants.iter().any(|(id, _)| id == tenant));
    let cookies =
        known.map(|tenant| cookies::set(cookies::tenant_name(tls), &tenant.to_string(), tls, TENANT_S));
    Ok(to_console(cookies.as_slice()))
}

fn to_console(cookies: &[String]) -> Response {
    let mut response = Redirect::to("/console").into_response();
    add_cookies(response.headers_mut(), cookies);
    response
}

fn add_cookies(headers: &mut HeaderMap, cookies: &[String]) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
}

fn page(token: &str, problem: &str) -> SignInPage {
    SignInPage {
        css: assets::css_path(),
        icon: assets::icon_path(),
        token: token.to_owned(),
        problem: problem.to_owned(),
    }
}

fn well_formed(token: &str) -> Option<&str> {
    let plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (plain && !token.is_empty() && token.len() <= TOKEN_CHARS_MAX).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_token_is_put_into_a_page() {
        for (token, want) in [
            ("tdl_main_Ab-9", true),
            ("", false),
            ("a b", false),
            ("\"><script>", false),
            (&"a".repeat(TOKEN_CHARS_MAX + 1), false),
        ] {
            assert_eq!(well_formed(token).is_some(), want, "{token}");
        }
    }
}
