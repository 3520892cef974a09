//! What a filled template says, in plain words: for providers and channels that know no templates.

use super::catalogue::{ComponentDefinition, TemplateDefinition};
use super::lint::places_of;
use super::template::{Component, Parameter, Template};

/// Header, body and footer with their values, each a paragraph; links and codes of buttons after them.
pub fn plain_words(definition: &TemplateDefinition, template: &Template) -> String {
    let mut paragraphs = Vec::new();
    for component in &definition.components {
        let kind = component.kind.to_ascii_uppercase();
        let filled = template.components.iter().find(|each| each.is(&component.kind));
        match (kind.as_str(), &component.text) {
            ("HEADER" | "BODY" | "FOOTER", Some(text)) => paragraphs.push(fill(text, filled)),
            ("BODY", None) if definition.is_authentication() => {
                paragraphs.push(fill("{{1}} is your verification code.", filled));
            }
            ("BUTTONS", _) => paragraphs.extend(buttons(component, template)),
            _ => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.trim().is_empty());
    paragraphs.join("\n\n")
}

/// Links that people can follow from a text.
fn buttons(component: &ComponentDefinition, template: &Template) -> Vec<String> {
    let mut lines = Vec::new();
    for (n, button) in (0u32..).zip(&component.buttons) {
        let filled = template.components.iter().find(|each| each.is("button") && each.index == Some(n));
        let Some(url) = button.url.as_deref().filter(|_| button.kind.eq_ignore_ascii_case("URL")) else {
            continue;
        };
        let label = button.text.as_deref().unwrap_or_default();
        lines.push(format!("{label}: {}", fill(url, filled)));
    }
    lines
}

fn fill(text: &str, filled: Option<&Component>) -> String {
    let Ok(places) = places_of(text) else { return text.to_owned() };
    let parameters = filled.map_or(&[][..], |component| &component.parameters);
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for place in places {
        out.extend(&chars[at..place.start]);
        let named = parameters.iter().find(|each| each.parameter_name.as_deref() == Some(&place.name));
        let by_number = || place.name.parse::<usize>().ok().and_then(|n| parameters.get(n.checked_sub(1)?));
        out.push_str(&named.or_else(by_number).map(said).unwrap_or_default());
        at = place.end;
    }
    out.extend(&chars[at..]);
    out
}

/// Money and dates carry the words to use where they cannot be formatted.
fn said(parameter: &Parameter) -> String {
    let fallback = [&parameter.currency, &parameter.date_time].into_iter().flatten().find_map(|fields| {
        fields.get("fallback_value").and_then(serde_json::Value::as_str).map(str::to_owned)
    });
    parameter.text.clone().or_else(|| parameter.coupon_code.clone()).or(fallback).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::whatsapp::fill_template;

    fn words(components: &serde_json::Value, variables: &serde_json::Value) -> String {
        let definition =
            json!({"name": "t", "language": "en", "category": "UTILITY", "components": components});
        let definition = TemplateDefinition::from_json(definition.to_string().as_bytes()).unwrap();
        plain_words(&definition, &fill_template(&definition, variables).unwrap())
    }

    #[test]
    fn all_parts_are_paragraphs() {
        let components = json!([
            {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
            {"type": "BODY", "text": "Hello {{1}}, your parcel {{2}} has left."},
            {"type": "FOOTER", "text": "Acme Parcels"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Track", "url": "https://acme.example/t/{{1}}"},
                {"type": "QUICK_REPLY", "text": "Thanks"}]},
        ]);
        assert_eq!(
            words(&components, &json!(["A-1", "Ann", "0034", "x7"])),
            "Order A-1\n\nHello Ann, your parcel 0034 has left.\n\nAcme Parcels\n\nTrack: https://acme.example/t/x7"
        );
    }

    #[test]
    fn names_are_filled_by_name() {
        let components = json!([{"type": "BODY", "text": "Hello {{first_name}}, {{ first_name }}!"}]);
        assert_eq!(words(&components, &json!({"first_name": "Ann"})), "Hello Ann, Ann!");
    }

    #[test]
    fn a_code_is_said_where_the_platform_writes_the_text() {
        let definition = json!({"name": "t", "language": "en", "category": "AUTHENTICATION", "components": [
            {"type": "BODY"}, {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}]});
        let definition = TemplateDefinition::from_json(definition.to_string().as_bytes()).unwrap();
        let filled = fill_template(&definition, &json!(["123456"])).unwrap();
        assert_eq!(plain_words(&definition, &filled), "123456 is your verification code.");
    }
}
