//! Template messages, as far as they can be judged without the template's definition.

use super::{Report, plain};
use crate::whatsapp::limits::{
    BLANKS_IN_A_ROW_MAX, CARDS_MAX, COUPON_CODE_MAX, TEMPLATE_BODY_MAX, TEMPLATE_BUTTONS_MAX,
    TEMPLATE_LANGUAGE_CHARS_MAX, TEMPLATE_NAME_MAX,
};
use crate::whatsapp::template::{Component, Parameter, Template, TemplateCard};

const MEDIA_KINDS: [&str; 4] = ["image", "video", "gif", "document"];

pub(in crate::whatsapp) fn template(report: &mut Report, template: &Template) {
    let named_well = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    report.text("name", &template.name, TEMPLATE_NAME_MAX);
    if !template.name.bytes().all(named_well) {
        report.add(
            "name",
            "template.name",
            "A template's name has only lower-case letters, digits and underscores.",
        );
    }
    let code = &template.language.code;
    let shaped = code
        .split('_')
        .all(|part| (2..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    if code.is_empty() || code.len() > TEMPLATE_LANGUAGE_CHARS_MAX || !shaped {
        report.add("language.code", "template.language", "Give a language code such as `en` or `pt_BR`.");
    }
    components(report, &template.components);
}

fn components(report: &mut Report, components: &[Component]) {
    for kind in ["header", "body", "carousel", "limited_time_offer"] {
        if components.iter().filter(|component| component.is(kind)).count() > 1 {
            report.add("components", "value.duplicate", format!("Give the {kind} once."));
        }
    }
    let places: Vec<String> = components
        .iter()
        .filter(|component| component.is("button"))
        .filter_map(|component| component.index.map(|index| index.to_string()))
        .collect();
    report.distinct("components", places.iter().map(String::as_str));
    report.each("components", components, component);
}

fn component(report: &mut Report, component: &Component) {
    if component.is("header") {
        report.count("parameters", component.parameters.len(), 0, 1);
        report.each("parameters", &component.parameters, header_parameter);
    } else if component.is("body") {
        report.each("parameters", &component.parameters, body_parameter);
        let named = component.parameters.iter().filter(|each| each.parameter_name.is_some()).count();
        if named != 0 && named != component.parameters.len() {
            report.add("parameters", "template.mixed_names", "Name all parameters or none.");
        }
        let names = component.parameters.iter().filter_map(|each| each.parameter_name.as_deref());
        report.distinct("parameters", names);
    } else if component.is("button") {
        button(report, component);
    } else if component.is("limited_time_offer") {
        report.count("parameters", component.parameters.len(), 1, 1);
        report.each("parameters", &component.parameters, offer_parameter);
    } else if component.is("carousel") {
        report.count("cards", component.cards.len(), 1, CARDS_MAX);
        report.each("cards", &component.cards, card);
    }
}

fn card(report: &mut Report, card: &TemplateCard) {
    if card.card_index as usize >= CARDS_MAX {
        report.add("card_index", "value.out_of_range", "Number the cards from 0.");
    }
    if card.components.iter().any(|component| component.is("carousel")) {
        return report.add("components", "value.not_allowed", "A card cannot hold a carousel.");
    }
    components(report, &card.components);
}

fn header_parameter(report: &mut Report, parameter: &Parameter) {
    if parameter.is("text") {
        text_of(report, parameter);
    } else if parameter.is("location") {
        let place = parameter.location.as_ref();
        for name in ["latitude", "longitude"] {
            if !place.is_some_and(|place| place.contains_key(name)) {
                report.missing(&format!("location.{name}"));
            }
        }
    } else if let Some(kind) = MEDIA_KINDS.into_iter().find(|kind| parameter.is(kind)) {
        match parameter.media(kind) {
            Some(media) => report.at(kind, |report| plain::file(report, media)),
            None => report.missing(kind),
        }
    }
}

fn body_parameter(report: &mut Report, parameter: &Parameter) {
    if parameter.is("text") {
        text_of(report, parameter);
    } else if parameter.is("currency") || parameter.is("date_time") {
        report.required(&format!("{}.fallback_value", parameter.kind), parameter.words(), TEMPLATE_BODY_MAX);
    } else {
        report.add(
            "type",
            "value.not_allowed",
            "A body takes parameters of type `text`, `currency` or `date_time`.",
        );
    }
    if let Some(name) = &parameter.parameter_name {
        report.text("parameter_name", name, TEMPLATE_NAME_MAX);
    }
}

fn text_of(report: &mut Report, parameter: &Parameter) {
    match &parameter.text {
        Some(text) => parameter_text(report, "text", text),
        None => report.missing("text"),
    }
}

/// The rules for a value that takes a place's stead.
pub(in crate::whatsapp) fn parameter_text(report: &mut Report, name: &str, text: &str) {
    report.text(name, text, TEMPLATE_BODY_MAX);
    let blanks = " ".repeat(BLANKS_IN_A_ROW_MAX + 1);
    if text.contains(['\n', '\r', '\t']) || text.contains(&blanks) {
        let detail = format!(
            "Take line breaks, tabs and more than {BLANKS_IN_A_ROW_MAX} blanks in a row out of this value; the \
             platform refuses them in a template."
        );
        report.add(name, "template.parameter_format", detail);
    }
}

fn button(report: &mut Report, component: &Component) {
    match component.index {
        Some(index) if (index as usize) < TEMPLATE_BUTTONS_MAX => {}
        Some(_) => report.add("index", "value.out_of_range", "Number the buttons from 0 to 9."),
        None => report.missing("index"),
    }
    let Some(sub_type) = component.sub_type.as_deref() else { return report.missing("sub_type") };
    let sub_type = sub_type.to_ascii_lowercase();
    report.count("parameters", component.parameters.len(), 1, 1);
    report.each("parameters", &component.parameters, |report, parameter| match sub_type.as_str() {
        "url" => text_of(report, parameter),
        "quick_reply" => {
            report.one_of("type", &parameter.kind, &["payload"]);
            report.required("payload", parameter.payload.as_deref(), usize::MAX);
        }
        "copy_code" => match &parameter.coupon_code {
            Some(code) => coupon(report, "coupon_code", code),
            None => report.missing("coupon_code"),
        },
        "flow" | "catalog" | "mpm" | "spm" | "order_details" | "payment_request"
            if parameter.action.is_none() =>
        {
            report.missing("action");
        }
        _ => {}
    });
}

pub(in crate::whatsapp) fn coupon(report: &mut Report, name: &str, code: &str) {
    report.text(name, code, COUPON_CODE_MAX);
    if !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        report.add(name, "template.coupon_code", "A coupon code has only letters and digits.");
    }
}

fn offer_parameter(report: &mut Report, parameter: &Parameter) {
    let time = parameter.limited_time_offer.as_ref().and_then(|offer| offer.get("expiration_time_ms"));
    if !time.is_some_and(serde_json::Value::is_number) {
        report.missing("limited_time_offer.expiration_time_ms");
    }
}
