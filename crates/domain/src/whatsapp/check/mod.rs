//! What the platform would refuse, found before anything leaves: every limit with its path and its rule.

mod interactive;
mod plain;
mod report;
mod template;

pub(super) use report::Report;
pub(super) use template::{parameter_text, template};

use super::content::Content;
use super::limits::IDENTITY_HASH_MAX;
use super::outgoing::Outgoing;
use crate::problem::Checked;

pub(super) fn message(outgoing: &Outgoing) -> Checked<()> {
    let mut report = Report::default();
    report.at(outgoing.kind(), |report| content(report, outgoing.content()));
    envelope(&mut report, outgoing);
    report.finish()
}

fn content(report: &mut Report, content: &Content) {
    match content {
        Content::Text(text) => plain::text(report, text),
        Content::Image(media) | Content::Video(media) => plain::media(report, media, true),
        Content::Document(media) => plain::media(report, media, true),
        Content::Audio(media) | Content::Sticker(media) => plain::media(report, media, false),
        Content::Location(location) => plain::location(report, location),
        Content::Contacts(cards) => plain::contacts(report, cards),
        Content::Reaction(reaction) => {
            report.text("message_id", &reaction.message_id, usize::MAX);
        }
        Content::Interactive(interactive) => interactive::interactive(report, interactive),
        Content::Template(filled) => template(report, filled),
        Content::Raw { .. } => {}
    }
}

/// Fields around the content; that they are texts was found when reading.
fn envelope(report: &mut Report, outgoing: &Outgoing) {
    if matches!(outgoing.content(), Content::Reaction(_)) && outgoing.field("context").is_some() {
        report.add(
            "context",
            "field.not_allowed",
            "A reaction names its message itself; leave `context` out.",
        );
    }
    let text = |name: &str| -> Option<String> { serde_json::from_str(outgoing.field(name)?.get()).ok() };
    if let Some(category) = text("category")
        && !["utility", "authentication", "service"].contains(&category.as_str())
    {
        report.add("category", "value.not_allowed", "Use `utility`, `authentication` or `service`.");
    }
    if let Some(hash) = text("recipient_identity_key_hash") {
        report.text("recipient_identity_key_hash", &hash, IDENTITY_HASH_MAX);
    }
}
