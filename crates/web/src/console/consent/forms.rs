//! Forms that ask for consent, each with its page and its QR code.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;
use tidings_domain::actor::Permission;
use tidings_domain::category::Channel;
use tidings_domain::consent::{Form, FormDefinition, Reach};
use tidings_domain::id::FormId;

use super::Done;
use crate::console::posted::{Nothing, Posted};
use crate::console::view::consent::{FormPage, FormRow, FormsPage};
use crate::console::view::pages::Fact;
use crate::console::view::{Badge, Section, When};
use crate::console::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;
use crate::public::qr;

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let forms = viewer.state.engine.forms(&viewer.caller).await?;
    let mut frame = viewer.frame("Forms", Section::Consent).await?;
    if !done.done.is_empty() {
        frame.notice = "The form is closed: nobody can agree by it any more.".to_owned();
        frame.notice_class = "good";
    }
    let settings = viewer.state.engine.consent_settings(&viewer.caller).await?;
    let topics = viewer.state.engine.topics(&viewer.caller).await?;
    let codes: Vec<String> =
        topics.into_iter().filter(|topic| !topic.archived).map(|topic| topic.code).collect();
    Ok(html(&FormsPage {
        frame,
        may: viewer.may(Permission::ConsentsWrite),
        business: settings.business_name.unwrap_or_default(),
        topics: codes.join(", "),
        rows: forms.iter().map(row).collect(),
    }))
}

#[derive(Debug, Deserialize)]
pub struct Written {
    name: String,
    language: String,
    business: String,
    text: String,
    /// Categories and codes of topics, with commas between them.
    purposes: String,
    #[serde(default)]
    origins: String,
}

/// A plain form; one with a double opt-in names a template, and is made by the API or the command line.
pub async fn make(Posted(viewer, form): Posted<Written>) -> Result<Response, Refusal> {
    let list = |text: &str| -> Vec<String> {
        let parts = text.split([',', ' ', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let definition = FormDefinition {
        name: form.name.trim().to_owned(),
        language: form.language.trim().to_owned(),
        business_name: form.business.trim().to_owned(),
        text: form.text.trim().replace("\r\n", "\n"),
        purposes: list(&form.purposes),
        channel: Reach::On(Channel::Whatsapp),
        embed_origins: list(&form.origins),
        double_opt_in: false,
        confirmation: None,
        join_text: None,
    };
    let made = viewer.state.engine.create_form(&viewer.caller, definition).await?;
    Ok(Redirect::to(&format!("/console/consent/forms/{}", made.id)).into_response())
}

fn row(form: &Form) -> FormRow {
    FormRow {
        id: form.id.to_string(),
        name: form.definition.name.clone(),
        version: form.version.to_string(),
        language: form.definition.language.clone(),
        purposes: form.definition.purposes.join(", "),
        double: form.definition.double_opt_in,
        state: if form.closed { Badge::new("dim", "closed") } else { Badge::new("good", "open") },
        made: When::new(&form.created_at.to_string()),
    }
}

pub async fn one(viewer: Viewer, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let id: FormId = path_id(&id, "form").map_err(Refusal::Problem)?;
    let engine = &viewer.state.engine;
    let form = engine.form(&viewer.caller, id).await?;
    // Without a sender there is no chat to open, and so no code.
    let join = engine.join_link(&viewer.caller, id, None).await.ok().map(|(_, link)| link);
    let picture = join.as_deref().map(|link| qr::svg(link, &form.definition.name)).unwrap_or_default();
    let url = viewer.state.public_url(&headers, &format!("/p/{}/f/{}", viewer.caller.region, form.id));
    let frame = viewer.frame(form.definition.name.clone(), Section::Consent).await?;
    let fact = |name, value: String| Fact { name, value, ..Fact::default() };
    let definition = &form.definition;
    let mut facts = vec![
        fact("Business", definition.business_name.clone()),
        fact("Purposes", definition.purposes.join(", ")),
        fact("Channel", definition.channel.to_string()),
        fact("Language", definition.language.clone()),
        fact("Version", form.version.to_string()),
        fact("Double opt-in", if definition.double_opt_in { "yes" } else { "no" }.to_owned()),
        fact("May be embedded by", definition.embed_origins.join(", ")),
        fact("Code in the chat", form.code()),
    ];
    facts.retain(|fact| !fact.value.is_empty());
    let may_close = !form.closed && viewer.may(Permission::ConsentsWrite);
    let text = definition.text.clone();
    Ok(html(&FormPage { frame, form: row(&form), url, text, facts, picture, may_close }))
}

pub async fn close(
    Path(id): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    let id: FormId = path_id(&id, "form").map_err(Refusal::Problem)?;
    viewer.state.engine.close_form(&viewer.caller, id).await?;
    Ok(Redirect::to("/console/consent/forms?done=closed").into_response())
}
