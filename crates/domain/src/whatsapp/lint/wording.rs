//! What the words say, as far as a list of words can tell: a category that does not fit, requests that the
//! platform's policy forbids, addresses that hide where they lead.

use serde_json::Value;

use super::Lint;
use super::texts::{component, list, text};

/// Words of advertising, by which reviewers tell marketing from utility.
const PROMOTIONAL: [&str; 22] = [
    "discount",
    "% off",
    "sale ends",
    "special offer",
    "limited offer",
    "buy now",
    "shop now",
    "promo code",
    "coupon",
    "best price",
    "free gift",
    "don't miss",
    "exclusive offer",
    "rabatt",
    "angebot",
    "descuento",
    "oferta",
    "desconto",
    "promoção",
    "remise",
    "promotion",
    "sconto",
];
const CODES: [&str; 8] = [
    "verification code",
    "one-time password",
    "one time password",
    "your otp",
    "login code",
    "security code is",
    "código de verificación",
    "código de verificação",
];
const SENSITIVE: [&str; 9] = [
    "card number",
    "your cvv",
    "your pin",
    "your password",
    "national id number",
    "social security number",
    "bank account number",
    "número de tarjeta",
    "número do cartão",
];
const SHORTENERS: [&str; 9] =
    ["bit.ly/", "tinyurl.com/", "goo.gl/", "t.co/", "ow.ly/", "is.gd/", "cutt.ly/", "rebrand.ly/", "rb.gy/"];
const ASKING: [&str; 8] =
    ["reply with", "send us", "enter", "share", "confirm your", "tell us", "envía", "envie"];

pub(super) fn wording(lint: &mut Lint, category: &str, components: &[Value]) {
    for (index, each) in components.iter().enumerate() {
        let Some(words) = text(each, "text") else { continue };
        lint.at(format_args!("components/{index}/text"), |lint| look(lint, category, words));
    }
    let buttons = component(components, "BUTTONS");
    let place = components.iter().position(|each| Some(each) == buttons).unwrap_or_default();
    for (index, button) in buttons.map(|each| list(&each["buttons"])).unwrap_or_default().iter().enumerate() {
        if let Some(url) = text(button, "url") {
            lint.at(format_args!("components/{place}/buttons/{index}/url"), |lint| shortened(lint, url));
        }
    }
}

fn look(lint: &mut Lint, category: &str, words: &str) {
    // Lower-casing may change lengths in a few languages; the place is then approximate.
    let lower = words.to_lowercase();
    let find = |list: &[&str]| {
        list.iter().filter_map(|word| lower.find(word)).min().map(|byte| lower[..byte].chars().count())
    };
    if category == "UTILITY"
        && let Some(offset) = find(&PROMOTIONAL)
    {
        let detail = "This reads like advertising: the platform will take it as MARKETING, at that price.";
        lint.warn("category.promotional", Some(offset), detail);
    }
    if let Some(offset) = find(&CODES)
        && lower.contains("{{")
    {
        let detail = "Codes belong into an authentication template; in another category they are refused.";
        lint.error_at("category.authentication", offset, detail);
    }
    if let (Some(offset), Some(_)) = (find(&SENSITIVE), find(&ASKING)) {
        let detail = "The platform forbids asking for card numbers, passwords and the like.";
        lint.error_at("content.sensitive", offset, detail);
    }
    shortened(lint, words);
}

fn shortened(lint: &mut Lint, words: &str) {
    let lower = words.to_lowercase();
    let at_host = |short: &&str| {
        let byte = lower.find(*short)?;
        let before = lower[..byte].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '-').then_some(byte)
    };
    if let Some(byte) = SHORTENERS.iter().filter_map(at_host).min() {
        let offset = lower[..byte].chars().count();
        lint.error_at("content.shortened_url", offset, "Give the full address; shortened ones are refused.");
    }
}
