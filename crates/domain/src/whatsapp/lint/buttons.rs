//! Buttons: how many of which kind, in which order, with which words.

use serde_json::Value;

use super::Lint;
use super::limits::{BUTTON_CHARS_MAX, COUPON_CHARS_MAX, PHONE_CHARS_MAX, URL_BUTTONS_MAX, URL_CHARS_MAX};
use super::texts::{is_emoji, length, list, places_of, text};

const KINDS: [&str; 10] = [
    "QUICK_REPLY",
    "URL",
    "PHONE_NUMBER",
    "COPY_CODE",
    "FLOW",
    "CATALOG",
    "MPM",
    "SPM",
    "ORDER_DETAILS",
    "VOICE_CALL",
];
/// Kinds of which there may be one.
const SINGLE: [&str; 6] = ["PHONE_NUMBER", "COPY_CODE", "FLOW", "CATALOG", "MPM", "SPM"];

pub(super) fn buttons(lint: &mut Lint, buttons: &Value, max: usize) {
    let all = list(buttons);
    let kinds: Vec<String> =
        all.iter().map(|each| text(each, "type").unwrap_or_default().to_ascii_uppercase()).collect();
    if !buttons.is_array() {
        return lint.error("buttons.count", format!("Give 1 to {max} buttons as a list."));
    }
    lint.at("buttons", |lint| {
        if all.is_empty() || all.len() > max {
            lint.error("buttons.count", format!("Give 1 to {max} buttons, or leave them out."));
        }
        if kinds.iter().filter(|kind| *kind == "URL").count() > URL_BUTTONS_MAX {
            lint.error("buttons.urls", format!("At most {URL_BUTTONS_MAX} buttons open an address."));
        }
        for kind in SINGLE {
            if kinds.iter().filter(|each| *each == kind).count() > 1 {
                lint.error("buttons.single", format!("There may be one button of type {kind}."));
            }
        }
        // Quick replies stand together, before or after all others.
        let replies: Vec<bool> = kinds.iter().map(|kind| kind == "QUICK_REPLY").collect();
        if replies.windows(2).filter(|pair| pair[0] != pair[1]).count() > 1 {
            lint.error("buttons.order", "Put the quick replies together, before or after all other buttons.");
        }
        for (index, (button, kind)) in all.iter().zip(&kinds).enumerate() {
            let same = |other: &&Value| text(other, "text").is_some() && other["text"] == button["text"];
            let repeated = all[..index].iter().any(|other| same(&other));
            lint.at(index, |lint| {
                if repeated {
                    lint.error("button.duplicate", "Give each button words of its own.");
                }
                one(lint, button, kind);
            });
        }
    });
}

fn one(lint: &mut Lint, button: &Value, kind: &str) {
    if !KINDS.contains(&kind) {
        return lint.at_given(button, "type", |lint| {
            let detail = if kind == "OTP" {
                "A button of type OTP belongs into an authentication template.".to_owned()
            } else {
                format!("Use one of {}.", KINDS.join(", "))
            };
            lint.error("button.type", detail);
        });
    }
    match text(button, "text") {
        None if ["COPY_CODE", "CATALOG", "MPM", "SPM"].contains(&kind) => {}
        None => lint.error("button.text_missing", "Give the button its `text`."),
        Some(words) => lint.at("text", |lint| label(lint, words)),
    }
    match kind {
        "URL" => url(lint, button),
        "PHONE_NUMBER" => phone(lint, button),
        "COPY_CODE" => coupon(lint, button),
        "FLOW" if ["flow_id", "flow_name", "flow_json"].iter().all(|key| button[*key].is_null()) => {
            lint.error("button.flow", "Name the flow by `flow_id` or `flow_name`.");
        }
        _ => {}
    }
}

fn label(lint: &mut Lint, words: &str) {
    length(lint, "button.length", words, BUTTON_CHARS_MAX);
    let banned = |c: char| is_emoji(c) || matches!(c, '\n' | '\r' | '{' | '}' | '*');
    if let Some(offset) = words.chars().position(banned) {
        let detail = "Take variables, emoji, line breaks and formatting marks out of the button's words.";
        lint.error_at("button.characters", offset, detail);
    }
}

fn url(lint: &mut Lint, button: &Value) {
    let Some(url) = text(button, "url") else {
        return lint.error("button.url_missing", "Give the button its `url`.");
    };
    let places = lint.places("url", url);
    lint.at("url", |lint| {
        length(lint, "button.url_length", url, URL_CHARS_MAX);
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let host = host.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        if host.is_empty() || host.contains(['{', ' ']) || !host.contains('.') {
            let detail = "Give an address that begins with https:// and a host name without variables.";
            lint.error("button.url", detail);
        }
        if ["wa.me", "api.whatsapp.com", "chat.whatsapp.com"].contains(&host) {
            lint.error("button.url_whatsapp", "The platform refuses links back into WhatsApp on a button.");
        }
        let end = url.chars().count();
        if places.len() > 1 {
            lint.error_at("button.url_variable", places[1].start, "An address takes one variable.");
        } else if let Some(place) = places.first().filter(|place| place.end != end) {
            let detail = "Put the variable at the end of the address.";
            lint.error_at("button.url_variable", place.start, detail);
        }
    });
    let sampled = match &button["example"] {
        Value::String(sample) => !sample.is_empty(),
        Value::Array(samples) => {
            samples.iter().any(|each| each.as_str().is_some_and(|text| !text.is_empty()))
        }
        _ => false,
    };
    if !places.is_empty() && !sampled {
        lint.error("button.url_sample_missing", "Give the whole address with a sample under `example`.");
    }
}

impl Lint {
    fn places(&mut self, part: &str, words: &str) -> Vec<super::Place> {
        let mut found = Vec::new();
        self.at(part, |lint| match places_of(words) {
            Ok(places) => found = places,
            Err(offset) => lint.error_at("variable.braces", offset, "Write a variable as `{{1}}`."),
        });
        found
    }
}

fn phone(lint: &mut Lint, button: &Value) {
    let Some(number) = text(button, "phone_number") else {
        return lint.error("button.phone_missing", "Give the button its `phone_number`.");
    };
    let digits = number.trim_start_matches('+');
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !fits || number.chars().count() > PHONE_CHARS_MAX {
        lint.at("phone_number", |lint| {
            let detail = format!("Give the number as `+` and digits, at most {PHONE_CHARS_MAX} characters.");
            lint.error("button.phone", detail);
        });
    }
}

fn coupon(lint: &mut Lint, button: &Value) {
    let sample = match &button["example"] {
        Value::Array(samples) => samples.first().and_then(Value::as_str),
        other => other.as_str(),
    };
    match sample {
        None | Some("") => lint.error("button.code_sample_missing", "Give a sample code under `example`."),
        Some(code) if code.chars().count() > COUPON_CHARS_MAX || !code.chars().all(char::is_alphanumeric) => {
            lint.at("example", |lint| {
                let detail = format!("A code has at most {COUPON_CHARS_MAX} letters and digits.");
                lint.error("button.code", detail);
            });
        }
        Some(_) => {}
    }
}
