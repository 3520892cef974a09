//! Carousels and limited-time offers.

use serde_json::Value;

use super::limits::{CARD_BODY_CHARS_MAX, CARD_BUTTONS_MAX, CARDS_MAX, CARDS_MIN, OFFER_TEXT_CHARS_MAX};
use super::texts::{self, Frame, component, length, list, text};
use super::{Lint, buttons};

pub(super) fn carousel(lint: &mut Lint, carousel: &Value, frame: &Frame<'_>) {
    let cards = list(&carousel["cards"]);
    if !carousel["cards"].is_array() {
        return lint.error("carousel.cards", format!("Give {CARDS_MIN} to {CARDS_MAX} cards as a list."));
    }
    lint.at("cards", |lint| {
        if !(CARDS_MIN..=CARDS_MAX).contains(&cards.len()) {
            lint.error("carousel.cards", format!("Give {CARDS_MIN} to {CARDS_MAX} cards."));
        }
        let first = cards.first().map(shape);
        for (index, each) in cards.iter().enumerate() {
            lint.at(index, |lint| {
                if first.as_ref() != Some(&shape(each)) {
                    lint.error("carousel.shape", "All cards have the same components and the same buttons.");
                }
                lint.at_given(each, "components", |lint| card(lint, list(&each["components"]), frame));
            });
        }
    });
}

/// What must be alike: header format and kinds of buttons.
fn shape(card: &Value) -> Vec<String> {
    let components = list(&card["components"]);
    let upper = |value: &Value, key: &str| text(value, key).unwrap_or_default().to_ascii_uppercase();
    let mut shape: Vec<String> = components.iter().map(|each| upper(each, "type")).collect();
    shape.extend(component(components, "HEADER").map(|header| upper(header, "format")));
    let buttons = component(components, "BUTTONS").map(|each| list(&each["buttons"])).unwrap_or_default();
    shape.extend(buttons.iter().map(|each| upper(each, "type")));
    shape
}

fn card(lint: &mut Lint, components: &[Value], frame: &Frame<'_>) {
    if component(components, "HEADER").is_none() {
        lint.error("card.header_missing", "Each card shows an image or a video in its header.");
    }
    for (index, each) in components.iter().enumerate() {
        lint.at(index, |lint| match text(each, "type").unwrap_or_default().to_ascii_uppercase().as_str() {
            "HEADER" => match text(each, "format").unwrap_or_default().to_ascii_uppercase().as_str() {
                "IMAGE" | "VIDEO" => texts::sample_file(lint, each),
                "PRODUCT" => {}
                _ => lint.error("card.header", "A card's header is an image or a video."),
            },
            "BODY" => texts::body(lint, each, frame, CARD_BODY_CHARS_MAX),
            "BUTTONS" => buttons::buttons(lint, &each["buttons"], CARD_BUTTONS_MAX),
            _ => lint.error("card.component", "A card has a header, a body and buttons only."),
        });
    }
}

pub(super) fn offer(lint: &mut Lint, offer: &Value) {
    let inner = &offer["limited_time_offer"];
    match text(inner, "text") {
        None => lint.error("offer.text_missing", "Give `limited_time_offer.text`."),
        Some(words) => lint.at("limited_time_offer/text", |lint| {
            length(lint, "offer.length", words, OFFER_TEXT_CHARS_MAX);
        }),
    }
}
