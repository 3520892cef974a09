//! Interactive messages, kind by kind. A kind that is not known is left to the platform.

use serde_json::{Map, Value};

use super::{Report, plain};
use crate::whatsapp::interactive::{Action, Card, Header, Interactive, Section};
use crate::whatsapp::limits::{
    CARD_BODY_MAX, CARD_LINE_BREAKS_MAX, CARDS_MAX, CARDS_MIN, CTA_TEXT_MAX, FOOTER_MAX, HEADER_TEXT_MAX,
    INTERACTIVE_BODY_MAX, LIST_BODY_MAX, LIST_BUTTON_MAX, PRODUCTS_MAX, REPLY_BUTTONS_MAX, REPLY_ID_MAX,
    REPLY_TITLE_MAX, ROW_DESCRIPTION_MAX, ROW_ID_MAX, ROW_TITLE_MAX, ROWS_MAX, SECTION_TITLE_MAX,
    SECTIONS_MAX,
};

/// Which headers a kind takes.
#[derive(Clone, Copy, PartialEq)]
enum Headers {
    Any,
    Text,
    RequiredText,
    None,
}

/// What all messages of a kind have in common.
struct Frame {
    headers: Headers,
    body_required: bool,
    body_max: usize,
    footer: bool,
}

impl Frame {
    const USUAL: Self =
        Self { headers: Headers::Any, body_required: true, body_max: INTERACTIVE_BODY_MAX, footer: true };
    const BARE: Self = Self { headers: Headers::None, ..Self::USUAL };

    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "button" | "cta_url" | "flow" | "order_details" | "order_status" => Self::USUAL,
            "list" => Self { headers: Headers::Text, body_max: LIST_BODY_MAX, ..Self::USUAL },
            "product" => Self { body_required: false, ..Self::BARE },
            "product_list" => Self { headers: Headers::RequiredText, ..Self::USUAL },
            "carousel" => Self { footer: false, ..Self::BARE },
            "catalog_message" | "location_request_message" | "address_message" | "request_contact_info" => {
                Self::BARE
            }
            _ => return None,
        })
    }
}

pub(super) fn interactive(report: &mut Report, message: &Interactive) {
    let Some(frame) = Frame::of(&message.kind) else { return };
    around(report, message, &frame);
    let Some(action) = &message.action else { return report.missing("action") };
    report.at("action", |report| match message.kind.as_str() {
        "button" => reply_buttons(report, action),
        "list" => list(report, action),
        "product" => {
            report.required("catalog_id", action.catalog_id.as_deref(), usize::MAX);
            report.required("product_retailer_id", action.product_retailer_id.as_deref(), usize::MAX);
        }
        "product_list" => product_list(report, action),
        "carousel" => carousel(report, &action.cards),
        kind => named(report, kind, action),
    });
}

fn around(report: &mut Report, message: &Interactive, frame: &Frame) {
    match (&message.header, frame.headers) {
        (Some(_), Headers::None) => {
            report.add("header", "field.not_allowed", "This kind of message has no header; leave it out.");
        }
        (Some(head), Headers::Text | Headers::RequiredText) if head.kind != "text" => {
            report.add(
                "header.type",
                "value.not_allowed",
                "This kind of message takes a header of type `text`.",
            );
        }
        (Some(head), _) => report.at("header", |report| header(report, head)),
        (None, Headers::RequiredText) => report.missing("header"),
        (None, _) => {}
    }
    match &message.body {
        Some(body) => report.text("body.text", &body.text, frame.body_max),
        None if frame.body_required => report.missing("body"),
        None => {}
    }
    if let Some(footer) = &message.footer {
        report.unwanted("footer", !frame.footer, "This kind of message has no footer; leave it out.");
        report.text("footer.text", &footer.text, FOOTER_MAX);
    }
}

fn header(report: &mut Report, header: &Header) {
    let media = match header.kind.as_str() {
        "text" => return report.required("text", header.text.as_deref(), HEADER_TEXT_MAX),
        "image" => &header.image,
        "video" => &header.video,
        "document" => &header.document,
        _ => return report.one_of("type", &header.kind, &["text", "image", "video", "document"]),
    };
    match media {
        Some(media) => report.at(&header.kind, |report| plain::file(report, media)),
        None => report.missing(&header.kind),
    }
}

fn reply_buttons(report: &mut Report, action: &Action) {
    report.count("buttons", action.buttons.len(), 1, REPLY_BUTTONS_MAX);
    report.each("buttons", &action.buttons, |report, button| {
        report.one_of("type", &button.kind, &["reply"]);
        let Some(reply) = &button.reply else { return report.missing("reply") };
        report.text("reply.id", &reply.id, REPLY_ID_MAX);
        report.text("reply.title", &reply.title, REPLY_TITLE_MAX);
    });
    let replies = || action.buttons.iter().filter_map(|button| button.reply.as_ref());
    report.distinct("buttons", replies().map(|reply| reply.id.as_str()));
    report.distinct("buttons", replies().map(|reply| reply.title.as_str()));
}

fn list(report: &mut Report, action: &Action) {
    report.required("button", action.button.as_deref(), LIST_BUTTON_MAX);
    report.count("sections", action.sections.len(), 1, SECTIONS_MAX);
    let rows = || action.sections.iter().flat_map(|section| &section.rows);
    report.count("sections", rows().count(), 1, ROWS_MAX);
    report.each("sections", &action.sections, |report, section| {
        section_title(report, section, action.sections.len() > 1);
        report.count("rows", section.rows.len(), 1, ROWS_MAX);
        report.each("rows", &section.rows, |report, row| {
            report.text("id", &row.id, ROW_ID_MAX);
            report.text("title", &row.title, ROW_TITLE_MAX);
            if let Some(description) = &row.description {
                report.length("description", description, ROW_DESCRIPTION_MAX);
            }
        });
    });
    report.distinct("sections", rows().map(|row| row.id.as_str()));
}

fn section_title(report: &mut Report, section: &Section, required: bool) {
    match &section.title {
        Some(title) if required => report.text("title", title, SECTION_TITLE_MAX),
        Some(title) => report.length("title", title, SECTION_TITLE_MAX),
        None if required => report.missing("title"),
        None => {}
    }
}

fn product_list(report: &mut Report, action: &Action) {
    report.required("catalog_id", action.catalog_id.as_deref(), usize::MAX);
    report.count("sections", action.sections.len(), 1, SECTIONS_MAX);
    let products: usize = action.sections.iter().map(|section| section.product_items.len()).sum();
    report.count("sections", products, 1, PRODUCTS_MAX);
    report.each("sections", &action.sections, |report, section| {
        section_title(report, section, action.sections.len() > 1);
        report.count("product_items", section.product_items.len(), 1, PRODUCTS_MAX);
        report.each("product_items", &section.product_items, |report, item| {
            report.text("product_retailer_id", &item.product_retailer_id, usize::MAX);
        });
    });
}

fn carousel(report: &mut Report, cards: &[Card]) {
    report.count("cards", cards.len(), CARDS_MIN, CARDS_MAX);
    let first = cards.first();
    let head = |card: &Card| card.header.as_ref().map(|header| header.kind.clone());
    for (index, card) in cards.iter().take(CARDS_MAX).enumerate() {
        report.at(&format!("cards[{index}]"), |report| {
            if card.card_index as usize != index {
                report.add("card_index", "value.not_allowed", "Number the cards from 0 in their order.");
            }
            report.one_of("type", &card.kind, &["cta_url", "product"]);
            if first.is_some_and(|first| first.kind != card.kind) {
                report.add("type", "value.not_allowed", "All cards are of the same type.");
            }
            if first.is_some_and(|first| head(first) != head(card)) {
                report.add("header", "value.not_allowed", "All cards have the same type of header.");
            }
            self::card(report, card);
        });
    }
}

fn card(report: &mut Report, card: &Card) {
    if let Some(head) = &card.header {
        report.at("header", |report| header(report, head));
    }
    if let Some(body) = &card.body {
        report.text("body.text", &body.text, CARD_BODY_MAX);
        if body.text.matches('\n').count() > CARD_LINE_BREAKS_MAX {
            let detail = format!("A card's text has at most {CARD_LINE_BREAKS_MAX} line breaks.");
            report.add("body.text", "text.line_breaks", detail);
        }
    }
    match (&card.action, card.kind.as_str()) {
        (None, _) => report.missing("action"),
        (Some(action), "cta_url") => report.at("action", |report| named(report, "cta_url", action)),
        (Some(action), "product") => {
            report.required("action.product_retailer_id", action.product_retailer_id.as_deref(), usize::MAX);
        }
        _ => {}
    }
}

/// Kinds whose action has a fixed name and parameters.
fn named(report: &mut Report, kind: &str, action: &Action) {
    let name = match kind {
        "location_request_message" => "send_location",
        "order_details" => "review_and_pay",
        "order_status" => "review_order",
        same => same,
    };
    match action.name.as_deref() {
        Some(given) => report.one_of("name", given, &[name]),
        None => report.missing("name"),
    }
    let parameters = &action.parameters;
    report.at("parameters", |report| match kind {
        "cta_url" => {
            report.required("display_text", string(parameters, "display_text"), CTA_TEXT_MAX);
            match string(parameters, "url") {
                Some(url) => plain::link(report, "url", url),
                None => report.missing("url"),
            }
        }
        "flow" => flow(report, parameters),
        "address_message" => report.required("country", string(parameters, "country"), usize::MAX),
        "order_details" => order_details(report, parameters),
        "order_status" => {
            report.required("reference_id", string(parameters, "reference_id"), usize::MAX);
            let order = parameters.get("order").and_then(Value::as_object);
            report.required("order.status", order.and_then(|order| string(order, "status")), usize::MAX);
        }
        _ => {}
    });
}

fn string<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

fn flow(report: &mut Report, parameters: &Map<String, Value>) {
    for name in ["flow_message_version", "flow_cta"] {
        report.required(name, string(parameters, name), usize::MAX);
    }
    match (string(parameters, "flow_id"), string(parameters, "flow_name")) {
        (Some(_), None) | (None, Some(_)) => {}
        _ => report.add("flow_id", "field.one_of", "Give either `flow_id` or `flow_name`."),
    }
    if let Some(mode) = string(parameters, "mode") {
        report.one_of("mode", mode, &["draft", "published"]);
    }
    if let Some(action) = string(parameters, "flow_action") {
        report.one_of("flow_action", action, &["navigate", "data_exchange"]);
    }
}

fn order_details(report: &mut Report, parameters: &Map<String, Value>) {
    for name in ["reference_id", "type", "currency"] {
        report.required(name, string(parameters, name), usize::MAX);
    }
    let amount = parameters.get("total_amount").and_then(Value::as_object);
    for name in ["value", "offset"] {
        if !amount.and_then(|amount| amount.get(name)).is_some_and(Value::is_number) {
            report.missing(&format!("total_amount.{name}"));
        }
    }
    if !parameters.get("order").is_some_and(Value::is_object) {
        report.missing("order");
    }
}
