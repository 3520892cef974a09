//! The list of contacts, and the search by an address, which never stands in the page's own address.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::address::Address;
use tidings_domain::id::{ContactId, Id as _};
use tidings_engine::store_model::ContactCard;

use crate::api::v1::recipients::address_of_text;
use crate::console::posted::Posted;
use crate::console::view::people::{ContactRow, ContactsPage};
use crate::console::view::{Section, When};
use crate::console::viewer::{Refusal, Viewer, html};

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub struct Sought {
    #[serde(default)]
    find: String,
}

pub async fn show(viewer: Viewer, Query(wanted): Query<Wanted>) -> Result<Response, Refusal> {
    let mut page = page(&viewer, Some(wanted.cursor.as_str()).filter(|cursor| !cursor.is_empty())).await?;
    if wanted.done == "erased" {
        page.frame.notice = "The person is erased. What honours their choices is kept.".to_owned();
        page.frame.notice_class = "good";
    }
    Ok(html(&page))
}

async fn page(viewer: &Viewer, cursor: Option<&str>) -> Result<ContactsPage, Refusal> {
    let found = viewer.state.engine.contacts(&viewer.caller, cursor, Some(ROWS)).await?;
    let rows = found.items.iter().map(row).collect();
    // A cursor is written in letters that an address takes as they are.
    let next = found.next.map(|cursor| format!("/console/contacts?cursor={cursor}")).unwrap_or_default();
    let frame = viewer.frame("Contacts", Section::Contacts).await?;
    Ok(ContactsPage { frame, rows, next, sought: String::new() })
}

fn row(card: &ContactCard) -> ContactRow {
    let profile = &card.profile;
    ContactRow {
        id: card.id.to_string(),
        title: title(card),
        identities: card.addresses.iter().map(|address| address.expose().to_owned()).collect(),
        language: profile.language.clone().unwrap_or_default(),
        zone: profile.time_zone.clone().unwrap_or_default(),
        since: When::new(&card.created_at.to_string()),
    }
}

/// What a person is called: the name, else an address, else that there is none.
pub(super) fn title(card: &ContactCard) -> String {
    let address = || card.addresses.first().map(|address| address.expose().to_owned());
    let none = if card.erased_at.is_some() { "Erased" } else { "Without an address" };
    card.profile.name.clone().or_else(address).unwrap_or_else(|| none.to_owned())
}

/// Looks for a person by a number, a user id, an e-mail address or the contact's id.
pub async fn find(Posted(viewer, sought): Posted<Sought>) -> Result<Response, Refusal> {
    let text = sought.find.trim();
    let problem = match whom(&viewer, text).await {
        Ok(id) => return Ok(Redirect::to(&format!("/console/contacts/{id}")).into_response()),
        Err(Refusal::Problem(problem)) => problem,
        Err(other) => return Err(other),
    };
    let mut page = page(&viewer, None).await?;
    page.frame.notice = match (problem.status, problem.errors.first()) {
        (404, _) => "Nobody is known by this.".to_owned(),
        (_, Some(error)) => error.detail.clone(),
        (_, None) => problem.detail,
    };
    page.frame.notice_class = "bad";
    text.clone_into(&mut page.sought);
    Ok(html(&page))
}

/// The contact that somebody means.
pub(super) async fn whom(viewer: &Viewer, text: &str) -> Result<ContactId, Refusal> {
    let engine = &viewer.state.engine;
    if let Ok(id) = ContactId::parse(text) {
        return Ok(engine.contact_card(&viewer.caller, id).await?.id);
    }
    let address: Address = address_of_text("find", text).map_err(Refusal::Problem)?;
    Ok(engine.contact_of(&viewer.caller, &address).await?.id)
}
