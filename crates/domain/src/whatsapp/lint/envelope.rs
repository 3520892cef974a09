//! Name, language, category and the other fields around the components.

use serde_json::Value;

use super::Lint;
use super::limits::{AUTHENTICATION_TTL_S, MARKETING_TTL_S, NAME_CHARS_MAX, UTILITY_TTL_S};
use super::texts::text;

/// The languages in which the platform takes templates.
pub const LANGUAGES: [&str; 111] = [
    "af", "sq", "ar", "ar_EG", "ar_AE", "ar_LB", "ar_MA", "ar_QA", "az", "be_BY", "bn", "bn_IN", "bg", "ca",
    "zh_CN", "zh_HK", "zh_TW", "hr", "cs", "da", "prs_AF", "nl", "nl_BE", "en", "en_GB", "en_US", "en_AE",
    "en_AU", "en_CA", "en_GH", "en_IE", "en_IN", "en_JM", "en_MY", "en_NZ", "en_QA", "en_SG", "en_UG",
    "en_ZA", "et", "fil", "fi", "fr", "fr_BE", "fr_CA", "fr_CH", "fr_CI", "fr_MA", "ka", "de", "de_AT",
    "de_CH", "el", "gu", "ha", "he", "hi", "hu", "id", "ga", "it", "ja", "kn", "kk", "rw_RW", "ko", "ky_KG",
    "lo", "lv", "lt", "mk", "ms", "ml", "mr", "nb", "ps_AF", "fa", "pl", "pt_BR", "pt_PT", "pa", "ro", "ru",
    "sr", "si_LK", "sk", "sl", "es", "es_AR", "es_CL", "es_CO", "es_CR", "es_DO", "es_EC", "es_HN", "es_MX",
    "es_PA", "es_PE", "es_ES", "es_UY", "sw", "sv", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zu",
];

pub(super) fn is_language(code: &str) -> bool {
    LANGUAGES.contains(&code)
}

pub(super) fn envelope(lint: &mut Lint, template: &Value) {
    name(lint, template);
    match text(template, "language") {
        None => lint.error("language.missing", "Give the `language`, such as `en_US`."),
        Some(code) if !is_language(code) => lint.at("language", |lint| {
            lint.error(
                "language.unknown",
                "The platform has no such language; it writes codes such as `en`, `pt_BR` and `zh_CN`.",
            );
        }),
        Some(_) => {}
    }
    let category = text(template, "category");
    match category {
        None => lint.error("category.missing", "Give the `category`: UTILITY, MARKETING or AUTHENTICATION."),
        Some("UTILITY" | "MARKETING" | "AUTHENTICATION") => {}
        Some(_) => lint.at("category", |lint| {
            lint.error("category.unknown", "Use UTILITY, MARKETING or AUTHENTICATION, in capitals.");
        }),
    }
    if let Some(format) = text(template, "parameter_format")
        && !["POSITIONAL", "NAMED"].iter().any(|known| known.eq_ignore_ascii_case(format))
    {
        lint.at("parameter_format", |lint| {
            lint.error("parameter_format.unknown", "Use POSITIONAL or NAMED, or leave it out.");
        });
    }
    ttl(lint, template, category.unwrap_or_default());
    if !template["components"].is_array() {
        lint.error("components.missing", "Give the `components` as a list.");
    }
}

fn name(lint: &mut Lint, template: &Value) {
    let Some(name) = text(template, "name") else {
        return lint.error("name.missing", "Give the template a `name`.");
    };
    lint.at("name", |lint| {
        if name.chars().count() > NAME_CHARS_MAX {
            lint.error("name.length", format!("A name has at most {NAME_CHARS_MAX} characters."));
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if let Some(offset) = name.chars().position(|c| !fits(c)) {
            lint.error_at("name.format", offset, "Use lower-case letters, digits and underscores only.");
        }
        let bare: String = name.chars().filter(char::is_ascii_lowercase).collect();
        if ["template", "test", "tmp", "untitled", "message", ""].contains(&bare.as_str()) {
            let detail = "Name the template after its purpose; reviewers turn away names that say nothing.";
            lint.warn("name.vague", None, detail);
        }
    });
}

fn ttl(lint: &mut Lint, template: &Value, category: &str) {
    let value = &template["message_send_ttl_seconds"];
    if value.is_null() {
        return;
    }
    let (low, high) = match category {
        "AUTHENTICATION" => AUTHENTICATION_TTL_S,
        "MARKETING" => MARKETING_TTL_S,
        _ => UTILITY_TTL_S,
    };
    let endless = category != "MARKETING" && value.as_i64() == Some(-1);
    if !endless && !value.as_i64().is_some_and(|seconds| (low..=high).contains(&seconds)) {
        lint.at("message_send_ttl_seconds", |lint| {
            lint.error("ttl.range", format!("In this category it is between {low} and {high} seconds."));
        });
    }
}
