//! What is done about a person.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;
use tidings_domain::address::Address;
use tidings_domain::consent::{Reach, Source};
use tidings_domain::id::ContactId;
use tidings_engine::consents::NewConsentInput;
use tidings_engine::contacts::ContactPatch;
use tidings_engine::store_model::About;

use super::contact::{Asked, page};
use super::contacts::whom;
use crate::console::posted::{Nothing, Posted};
use crate::console::viewer::{Refusal, html};
use crate::extract::path_id;
use crate::problem::Problem;

fn contact(id: &str) -> Result<ContactId, Refusal> {
    path_id(id, "contact").map_err(Refusal::Problem)
}

fn back(id: ContactId, done: &str) -> Response {
    Redirect::to(&format!("/console/contacts/{id}?done={done}")).into_response()
}

/// An empty field takes a value away.
#[derive(Debug, Deserialize)]
pub struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    zone: String,
}

pub async fn change(
    Path(id): Path<String>,
    Posted(viewer, profile): Posted<Profile>,
) -> Result<Response, Refusal> {
    let wish = |text: &str| Some(Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
    let patch = ContactPatch {
        name: wish(&profile.name),
        language: wish(&profile.language),
        time_zone: wish(&profile.zone),
        ..ContactPatch::default()
    };
    let card = viewer.state.engine.patch_contact(&viewer.caller, contact(&id)?, patch).await?;
    Ok(back(card.id, "changed"))
}

/// What the person said to somebody who looks after them.
#[derive(Debug, Deserialize)]
pub struct Said {
    granted: String,
    purpose: String,
    channel: String,
    detail: String,
}

pub async fn say(Path(id): Path<String>, Posted(viewer, said): Posted<Said>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let card = engine.contact_card(&viewer.caller, contact(&id)?).await?;
    let channel = Reach::parse(&said.channel)
        .ok_or_else(|| Refusal::Problem(Problem::field("channel", "channel", "there is no such channel")))?;
    let fits = |address: &&Address| match channel {
        Reach::Any => true,
        Reach::On(channel) => address.fits(channel),
    };
    let Some(address) = card.addresses.iter().find(fits).cloned() else {
        let words = "the contact has no address for this channel";
        return Err(Refusal::Problem(Problem::field("channel", "channel.misfit", words)));
    };
    let about = About { source_detail: Some(said.detail.trim().to_owned()), ..About::default() };
    let new = NewConsentInput {
        address,
        channel,
        purpose: said.purpose,
        granted: said.granted == "yes",
        source: Source::Api,
        about,
        at: None,
    };
    engine.add_consent(&viewer.caller, new).await?;
    Ok(back(card.id, "said"))
}

#[derive(Debug, Deserialize)]
pub struct Other {
    other: String,
}

pub async fn merge(Path(id): Path<String>, Posted(viewer, form): Posted<Other>) -> Result<Response, Refusal> {
    let id = contact(&id)?;
    let other = whom(&viewer, form.other.trim()).await?;
    let card = viewer.state.engine.merge_contacts(&viewer.caller, id, other).await?;
    Ok(back(card.id, "merged"))
}

#[derive(Debug, Deserialize)]
pub struct Part {
    identity: String,
}

pub async fn split(Path(id): Path<String>, Posted(viewer, form): Posted<Part>) -> Result<Response, Refusal> {
    let words = "choose the address that is somebody else's";
    let address = Address::from_canonical(&form.identity)
        .ok_or_else(|| Refusal::Problem(Problem::field("identity", "identity", words)))?;
    let card = viewer.state.engine.split_contact(&viewer.caller, contact(&id)?, &address).await?;
    Ok(back(card.id, "split"))
}

#[derive(Debug, Deserialize)]
pub struct Meant {
    #[serde(default)]
    word: String,
}

/// Only if the word is typed: it cannot be undone.
pub async fn erase(Path(id): Path<String>, Posted(viewer, form): Posted<Meant>) -> Result<Response, Refusal> {
    if !form.word.trim().eq_ignore_ascii_case("erase") {
        let words = "type the word `erase`: nothing brings the person back";
        return Err(Refusal::Problem(Problem::field("word", "word", words)));
    }
    viewer.state.engine.erase_contact(&viewer.caller, contact(&id)?).await?;
    Ok(Redirect::to("/console/contacts?done=erased").into_response())
}

/// A link to the person's preference centre, shown once.
pub async fn link(
    Path(id): Path<String>,
    headers: HeaderMap,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let card = engine.contact_card(&viewer.caller, contact(&id)?).await?;
    let Some(address) = card.addresses.first().cloned() else {
        let words = "the contact has no address any more";
        return Err(Refusal::Problem(Problem::field("contact", "identity.absent", words)));
    };
    let link = engine.preference_link(&viewer.caller, address, card.profile.language.clone(), None).await?;
    let mut page = page(&viewer, card, Asked::default()).await?;
    page.link = viewer.state.public_url(&headers, &link.path);
    Ok(html(&page))
}
