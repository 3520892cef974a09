//! Corrections that change no meaning: what can be tried after a rejection without asking its author.

use serde_json::{Value, json};

use super::texts::{is_emoji, list, places_of, text};

/// A corrected copy, or none if nothing can be corrected without a person. `reason` is the platform's.
pub fn correct(template: &Value, reason: &str) -> Option<Value> {
    let mut copy = template.clone();
    if reason == "INCORRECT_CATEGORY" && text(template, "category") == Some("UTILITY") {
        copy["category"] = json!("MARKETING");
    }
    for index in 0..list(&template["components"]).len() {
        let component = &mut copy["components"][index];
        let kind = text(component, "type").unwrap_or_default().to_ascii_uppercase();
        let Some(words) = text(component, "text").map(str::to_owned) else { continue };
        let better = match kind.as_str() {
            "BODY" => body(&words),
            "HEADER" | "FOOTER" => single_line(&words),
            _ => continue,
        };
        component["text"] = json!(better);
    }
    (copy != *template).then_some(copy)
}

/// No tabs, no empty lines beyond one, no long blanks, and no variable at the very end.
fn body(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 1);
    let mut breaks = 0;
    let mut blanks = 0;
    for c in words.trim().chars() {
        let c = if c == '\t' { ' ' } else { c };
        breaks = if c == '\n' { breaks + 1 } else { 0 };
        blanks = if c == ' ' { blanks + 1 } else { 0 };
        if breaks <= super::limits::LINE_BREAKS_IN_A_ROW_MAX && blanks <= 1 {
            out.push(c);
        }
    }
    let length = out.chars().count();
    if places_of(&out).ok().and_then(|places| places.last().map(|last| last.end)) == Some(length) {
        out.push('.');
    }
    out
}

fn single_line(words: &str) -> String {
    let clean: String =
        words.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    let clean: String = clean.chars().filter(|c| !is_emoji(*c) && !matches!(c, '*' | '~' | '`')).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}
