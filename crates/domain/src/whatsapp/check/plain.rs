//! Text, media, location and contacts.

use super::Report;
use crate::whatsapp::content::{ContactCard, Location, Media, Text};
use crate::whatsapp::limits::{CAPTION_MAX, CONTACT_CARDS_MAX, LINK_BYTES_MAX, TEXT_BODY_MAX};

pub(super) fn text(report: &mut Report, text: &Text) {
    report.text("body", &text.body, TEXT_BODY_MAX);
}

pub(super) fn media(report: &mut Report, media: &Media, captioned: bool) {
    file(report, media);
    match &media.caption {
        Some(caption) if captioned => report.length("caption", caption, CAPTION_MAX),
        Some(_) => {
            report.add("caption", "field.not_allowed", "This type of media has no caption; leave it out.")
        }
        None => {}
    }
}

/// An id or a link, but not both.
pub(super) fn file(report: &mut Report, media: &Media) {
    match (&media.id, &media.link) {
        (Some(id), None) => report.text("id", id, usize::MAX),
        (None, Some(address)) => link(report, "link", address),
        (None, None) => {
            report.add("", "media.one_of", "Give the `id` of an uploaded file or a `link` to it.")
        }
        (Some(_), Some(_)) => report.add("", "media.one_of", "Give either `id` or `link`, not both."),
    }
}

pub(super) fn link(report: &mut Report, name: &str, address: &str) {
    let parsed = url::Url::parse(address).ok();
    let web = parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if address.len() > LINK_BYTES_MAX {
        report.add(name, "text.too_long", format!("Shorten this link to at most {LINK_BYTES_MAX} bytes."));
    } else if !web || address.contains(char::is_whitespace) {
        report.add(name, "link.invalid", "Give a full address that starts with https:// or http://.");
    }
}

pub(super) fn location(report: &mut Report, location: &Location) {
    for (name, degrees, max) in
        [("latitude", location.latitude.0, 90.0), ("longitude", location.longitude.0, 180.0)]
    {
        if !(-max..=max).contains(&degrees) {
            report.add(name, "value.out_of_range", format!("Give degrees between -{max} and {max}."));
        }
    }
}

pub(super) fn contacts(report: &mut Report, cards: &[ContactCard]) {
    report.count("", cards.len(), 1, CONTACT_CARDS_MAX);
    for (index, card) in cards.iter().take(CONTACT_CARDS_MAX).enumerate() {
        if card.name.formatted_name.trim().is_empty() {
            report.add(
                &format!("[{index}].name.formatted_name"),
                "text.empty",
                "This text must not be empty.",
            );
        }
        if card
            .birthday
            .as_deref()
            .is_some_and(|day| day.parse::<jiff::civil::Date>().is_err() || day.len() != 10)
        {
            report.add(&format!("[{index}].birthday"), "value.not_allowed", "Write the day as YYYY-MM-DD.");
        }
    }
}
