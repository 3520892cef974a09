//! Authentication templates: the platform writes their words; what is left are a few switches and one button.

use serde_json::Value;

use super::Lint;
use super::limits::{
    BUTTON_CHARS_MAX, CODE_EXPIRATION_MIN_MAX, PACKAGE_CHARS_MAX, SIGNATURE_HASH_CHARS, SUPPORTED_APPS_MAX,
};
use super::texts::{component, length, list, text};

pub(super) fn components(lint: &mut Lint, components: &[Value]) {
    if component(components, "BODY").is_none() {
        lint.error("body.missing", "Add a component of type `BODY`.");
    }
    if component(components, "BUTTONS").is_none() {
        lint.error("auth.button_missing", "Add a component of type `BUTTONS` with one button of type OTP.");
    }
    for (index, each) in components.iter().enumerate() {
        lint.at(index, |lint| match text(each, "type").unwrap_or_default().to_ascii_uppercase().as_str() {
            "BODY" => {
                if text(each, "text").is_some() {
                    let detail =
                        "The platform writes the text of an authentication template; leave `text` out.";
                    lint.error("auth.text", detail);
                }
                if !matches!(each["add_security_recommendation"], Value::Null | Value::Bool(_)) {
                    lint.error("auth.recommendation", "`add_security_recommendation` is true or false.");
                }
            }
            "FOOTER" => footer(lint, each),
            "BUTTONS" => buttons(lint, list(&each["buttons"])),
            _ => {
                lint.error(
                    "auth.component",
                    "An authentication template has a body, a footer and a button only.",
                );
            }
        });
    }
}

fn footer(lint: &mut Lint, footer: &Value) {
    let (low, high) = CODE_EXPIRATION_MIN_MAX;
    if text(footer, "text").is_some() {
        lint.error("auth.text", "The platform writes the footer; give `code_expiration_minutes` instead.");
    }
    let minutes = footer["code_expiration_minutes"].as_i64();
    if !minutes.is_some_and(|minutes| (low..=high).contains(&minutes)) {
        let detail = format!("Give `code_expiration_minutes` between {low} and {high}.");
        lint.error("auth.expiration", detail);
    }
}

fn buttons(lint: &mut Lint, buttons: &[Value]) {
    let [button] = buttons else {
        return lint.error("auth.button_count", "Give exactly one button, of type OTP.");
    };
    if button.is_null() {
        return lint.error("auth.button_type", "The button of an authentication template is of type OTP.");
    }
    lint.at("buttons/0", |lint| {
        if !text(button, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("OTP")) {
            return lint
                .error("auth.button_type", "The button of an authentication template is of type OTP.");
        }
        for key in ["text", "autofill_text"] {
            if let Some(words) = text(button, key) {
                lint.at(key, |lint| length(lint, "button.length", words, BUTTON_CHARS_MAX));
            }
        }
        match text(button, "otp_type").unwrap_or_default().to_ascii_uppercase().as_str() {
            "COPY_CODE" => {}
            "ONE_TAP" => apps(lint, button),
            "ZERO_TAP" => {
                if button["zero_tap_terms_accepted"] != Value::Bool(true) {
                    lint.error(
                        "auth.zero_tap_terms",
                        "Accept the terms: set `zero_tap_terms_accepted` to true.",
                    );
                }
                apps(lint, button);
            }
            _ => lint.error("auth.otp_type", "Set `otp_type` to COPY_CODE, ONE_TAP or ZERO_TAP."),
        }
    });
}

fn apps(lint: &mut Lint, button: &Value) {
    let apps = list(&button["supported_apps"]);
    if apps.is_empty() || apps.len() > SUPPORTED_APPS_MAX {
        let detail = format!("Name 1 to {SUPPORTED_APPS_MAX} apps under `supported_apps`.");
        return lint.error("auth.apps", detail);
    }
    for (index, app) in apps.iter().enumerate() {
        let package = text(app, "package_name").unwrap_or_default();
        let hash = text(app, "signature_hash").unwrap_or_default();
        lint.at(format_args!("supported_apps/{index}"), |lint| {
            if !package.contains('.') || package.chars().count() > PACKAGE_CHARS_MAX {
                lint.error("auth.package", "Give the app's `package_name`, such as com.example.app.");
            }
            if hash.chars().count() != SIGNATURE_HASH_CHARS {
                let detail = format!("The app's `signature_hash` has {SIGNATURE_HASH_CHARS} characters.");
                lint.error("auth.signature_hash", detail);
            }
        });
    }
}
