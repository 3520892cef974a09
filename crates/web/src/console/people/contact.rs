//! One person: who it is, what they agreed to, what became of them.

use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tidings_domain::actor::Permission;
use tidings_domain::consent::Known;
use tidings_domain::id::ContactId;
use tidings_domain::time::Timestamp;
use tidings_engine::consents::{ConsentLine, HeldLine};
use tidings_engine::store_model::{ContactCard, HistoryEntry};

use super::contacts::title;
use crate::console::view::pages::Fact;
use crate::console::view::people::{ContactPage, HeldRow, LedgerRow, TaleRow};
use crate::console::view::{Badge, Section, When, words};
use crate::console::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;
use crate::problem::Problem;

/// Entries of the ledger that are shown.
const LEDGER: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// A moment of the past in UTC, as a browser's field writes it.
    #[serde(default)]
    at: String,
    /// Also what was recorded later about that moment.
    #[serde(default)]
    known: String,
    #[serde(default)]
    pub done: String,
}

pub async fn show(
    viewer: Viewer,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let id: ContactId = path_id(&id, "contact").map_err(Refusal::Problem)?;
    let card = viewer.state.engine.contact_card(&viewer.caller, id).await?;
    Ok(html(&page(&viewer, card, asked).await?))
}

pub(super) async fn page(viewer: &Viewer, card: ContactCard, asked: Asked) -> Result<ContactPage, Refusal> {
    let engine = &viewer.state.engine;
    let history = engine.contact_history(&viewer.caller, card.id).await?;
    let (mut held, mut ledger, mut moment) = (Vec::new(), Vec::new(), None);
    // The ledger by any address is that of the person.
    if let Some(address) = card.addresses.first() {
        let known = if asked.known.is_empty() { Known::Then } else { Known::Now };
        let at = moment_of(&asked.at)?;
        let state = engine.consent_state(&viewer.caller, address, at, known).await?;
        moment = at.map(|_| When::new(&state.at.to_string()));
        held = state.held.into_iter().map(held_row).collect();
        let entries = engine.ledger_of(&viewer.caller, address).await?;
        ledger = entries.iter().take(LEDGER).map(ledger_row).collect();
    }
    let title = title(&card);
    let mut frame = viewer.frame(title.clone(), Section::Contacts).await?;
    (frame.notice, frame.notice_class) = notice(&asked.done);
    let profile = &card.profile;
    Ok(ContactPage {
        frame,
        id: card.id.to_string(),
        title,
        erased: card.erased_at.is_some(),
        may_change: viewer.may(Permission::ConsentsWrite),
        may_erase: viewer.may(Permission::ConsentsWrite) && viewer.may(Permission::MessagesWrite),
        identities: card
            .addresses
            .iter()
            .map(|address| (address.kind(), address.expose().to_owned(), address.canonical()))
            .collect(),
        name: profile.name.clone().unwrap_or_default(),
        language: profile.language.clone().unwrap_or_default(),
        zone: profile.time_zone.clone().unwrap_or_default(),
        facts: facts(&card),
        moment,
        asked_at: asked.at,
        asked_known: !asked.known.is_empty(),
        held,
        ledger,
        history: history.into_iter().map(tale).collect(),
        link: String::new(),
        purposes: purposes(viewer).await?,
    })
}

/// What somebody may agree to or refuse: marketing and its topics first.
async fn purposes(viewer: &Viewer) -> Result<Vec<String>, Refusal> {
    let topics = viewer.state.engine.topics(&viewer.caller).await?;
    let topics = topics.into_iter().filter(|topic| !topic.archived).map(|topic| topic.code);
    let categories = ["utility", "service", "authentication"].map(str::to_owned);
    Ok(["marketing".to_owned()].into_iter().chain(topics).chain(categories).collect())
}

fn moment_of(text: &str) -> Result<Option<Timestamp>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole = match text.len() {
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    };
    let words = "write the moment like 2026-05-03T14:00, in UTC";
    Timestamp::parse(&whole)
        .map(Some)
        .ok_or_else(|| Refusal::Problem(Problem::field("at", "time.form", words)))
}

fn notice(done: &str) -> (String, &'static str) {
    let words = match done {
        "said" => "It stands in the ledger, and counts from now on.",
        "changed" => "It is written down.",
        "merged" => "They are one contact now; both ids lead here.",
        "split" => "This address is a contact of its own now, with what was said by it.",
        _ => return (String::new(), ""),
    };
    (words.to_owned(), "good")
}

fn facts(card: &ContactCard) -> Vec<Fact> {
    let fact = |name, value: String| Fact { name, value, ..Fact::default() };
    let mut facts = vec![Fact { name: "Contact", value: card.id.to_string(), mono: true, ..Fact::default() }];
    let profile = &card.profile;
    facts.extend(profile.time_zone.clone().map(|zone| fact("Time zone", zone)));
    facts.extend(profile.language.clone().map(|language| fact("Language", language)));
    for (name, value) in &profile.attributes {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        facts.push(fact("Attribute", format!("{name}: {value}")));
    }
    facts.push(fact("Known since", When::new(&card.created_at.to_string()).text));
    facts.extend(card.erased_at.map(|at| fact("Erased", When::new(&at.to_string()).text)));
    facts
}

fn state(state: &str) -> Badge {
    let class = match state {
        "granted" => "good",
        "revoked" => "bad",
        _ => "dim",
    };
    Badge::new(class, state)
}

fn held_row(held: HeldLine) -> HeldRow {
    let decided = held.decided_by.map(|line| {
        let detail = line.consent.about.source_detail.clone().unwrap_or_default();
        format!("{} {detail}", words(&line.consent.source.to_string())).trim().to_owned()
    });
    HeldRow {
        purpose: held.purpose,
        channel: held.channel,
        state: state(held.state),
        since: held.since.map(|at| When::new(&at.to_string())).unwrap_or_default(),
        because: decided.unwrap_or_default(),
    }
}

fn ledger_row(line: &ConsentLine) -> LedgerRow {
    let consent = &line.consent;
    let proof = &consent.about.proof;
    LedgerRow {
        state: state(if consent.granted { "granted" } else { "revoked" }),
        purpose: line.purpose.clone(),
        channel: consent.channel.to_string(),
        source: [words(&consent.source.to_string()), consent.about.source_detail.clone().unwrap_or_default()]
            .join(" ")
            .trim()
            .to_owned(),
        proof: [proof.text.clone(), proof.text_version.clone()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
        by: consent.actor.clone(),
        at: When::new(&consent.at.to_string()),
    }
}

fn tale(entry: HistoryEntry) -> TaleRow {
    let class = match entry.what.as_str() {
        "erased" => "bad",
        "merged" | "split" | "number_changed" => "move",
        _ => "",
    };
    let other = entry.detail.get("contact").and_then(Value::as_str).unwrap_or_default().to_owned();
    let address = entry.detail.get("address").and_then(Value::as_str).unwrap_or_default();
    let address = address.split_once(':').map_or(address, |(_, text)| text);
    TaleRow {
        class,
        at: When::new(&entry.at.to_string()),
        what: words(&entry.what),
        detail: [address, entry.actor.as_str()].join(" ").trim().to_owned(),
        other,
    }
}
