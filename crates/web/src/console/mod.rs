//! The console: pages rendered on the server, from the same engine calls and the same reports as the API.
//!
//! Nothing of it comes from elsewhere, and the policy that goes with each page says so to the browser. It
//! works without its script; with it, counters follow the log.

mod assets;
mod attention;
mod catalogue;
mod codes;
mod consent;
mod cookies;
mod csrf;
pub(crate) mod draft_form;
mod drafting;
mod headers;
pub mod history;
mod links;
mod live;
pub(crate) mod logical_form;
mod message;
mod messages;
mod nodes;
mod overview;
mod pauses;
mod people;
mod policy;
mod posted;
mod report;
mod senders;
mod sign_in;
mod templates;
mod view;
mod viewer;
pub mod watch;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};

use crate::limits;
use crate::state::AppState;

pub use links::path as sign_in_path;
pub(crate) use viewer::html;

pub fn router(state: AppState) -> Router<AppState> {
    let drafts = Router::new()
        .route("/catalogue/{id}/draft", get(drafting::draft).post(drafting::post_draft))
        .route("/catalogue/{id}/draft/preview", post(drafting::preview))
        .layer(DefaultBodyLimit::max(limits::DRAFT_FORM_BYTES_MAX));
    let pages = Router::new()
        .route("/", get(overview::show))
        .route("/live", get(live::open))
        .route("/messages", get(messages::show))
        .route("/messages/{id}", get(message::show))
        .route("/messages/{id}/cancel", post(message::cancel))
        .route("/messages/{id}/redrive", post(message::redrive))
        .route("/senders", get(senders::show))
        .route("/codes", get(codes::show))
        .route("/nodes", get(nodes::show))
        .route("/templates", get(templates::show))
        .route("/templates/sync", post(templates::sync))
        .route("/templates/adopt", post(templates::adopt))
        .route("/catalogue", get(catalogue::show))
        .route("/catalogue/new", get(drafting::new).post(drafting::create))
        .route("/catalogue/{id}", get(catalogue::logical))
        .route("/catalogue/{id}/settings", get(drafting::settings).post(drafting::set_settings))
        .route("/versions/{id}", get(catalogue::version))
        .route("/versions/{id}/steps", post(catalogue::step))
        .route("/versions/{id}/roll-back", post(catalogue::roll_back))
        .route("/attention", get(attention::show))
        .route("/policy", get(policy::show))
        .route("/pauses", get(pauses::show).post(pauses::set))
        .route("/pauses/{id}/lift", post(pauses::lift))
        .route("/sign-in", get(sign_in::door).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/tenant", post(sign_in::choose))
        .merge(people())
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX));
    let tables = Router::new()
        .route("/consent/imports", get(consent::imports).post(consent::upload))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .merge(pages)
        .merge(tables)
        .merge(drafts)
        .layer(middleware::from_fn_with_state(state, headers::ours))
        .route("/links", post(links::mint))
        .route("/assets/{name}", get(asset))
        .layer(middleware::from_fn(headers::policy))
}

/// People, and what they agreed to.
fn people() -> Router<AppState> {
    Router::new()
        .route("/contacts", get(people::show).post(people::find))
        .route("/contacts/{id}", get(people::one))
        .route("/contacts/{id}/change", post(people::change))
        .route("/contacts/{id}/merge", post(people::merge))
        .route("/contacts/{id}/split", post(people::split))
        .route("/contacts/{id}/erase", post(people::erase))
        .route("/contacts/{id}/link", post(people::link))
        .route("/consent", get(consent::reviews))
        .route("/consent/reviews/{id}/confirm", post(consent::confirm))
        .route("/consent/reviews/{id}/dismiss", post(consent::dismiss))
        .route("/consent/imports/{id}", get(consent::import))
        .route("/consent/imports/{id}/refused", get(consent::refused))
        .route("/consent/topics", get(consent::topics).post(consent::put_topic))
        .route("/consent/topics/{code}/archive", post(consent::archive))
        .route("/consent/forms", get(consent::forms))
        .route("/consent/forms/{id}", get(consent::form))
        .route("/consent/forms/{id}/close", post(consent::close))
        .route("/consent/words", get(consent::words).post(consent::save_words))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = assets::find(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.mime)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, asset.body).into_response()
}
