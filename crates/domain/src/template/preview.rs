//! A template as its recipient will see it.

use serde::Serialize;
use serde_json::Value;

use crate::whatsapp::lint::places_of;

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Preview {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<PreviewHeader>,
    pub body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    pub buttons: Vec<PreviewButton>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Preview>,
    /// `rtl` or `ltr`.
    pub direction: &'static str,
    pub language: String,
    /// Variables without a value, which the text shows as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewHeader {
    /// `text`, `image`, `video`, `gif`, `document` or `location`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreviewButton {
    pub kind: String,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
}

const RIGHT_TO_LEFT: [&str; 5] = ["ar", "he", "fa", "ur", "ps"];

/// Renders a definition; `value` gives a variable's value by its name and its place in the whole template.
pub fn preview(definition: &Value, value: &dyn Fn(&str, usize) -> Option<String>) -> Preview {
    let language = definition["language"].as_str().unwrap_or_default().to_owned();
    let base = language.split('_').next().unwrap_or_default();
    let direction = if RIGHT_TO_LEFT.contains(&base) { "rtl" } else { "ltr" };
    let mut seen = Seen { value, names: Vec::new(), missing: Vec::new() };
    let authentication = definition["category"].as_str() == Some("AUTHENTICATION");
    let mut preview = components(&definition["components"], &mut seen, authentication);
    preview.missing = seen.missing;
    preview.direction = direction;
    preview.language = language;
    preview
}

struct Seen<'a> {
    value: &'a dyn Fn(&str, usize) -> Option<String>,
    names: Vec<String>,
    missing: Vec<String>,
}

impl Seen<'_> {
    /// Positions count through header, body and buttons; `scope` keeps their numbers apart.
    fn fill(&mut self, text: &str, scope: &str) -> String {
        let Ok(places) = places_of(text) else { return text.to_owned() };
        let chars: Vec<char> = text.chars().collect();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for place in places {
            out.extend(&chars[at..place.start]);
            let key = format!("{scope}{}", place.name);
            let position = self.names.iter().position(|name| *name == key).unwrap_or_else(|| {
                self.names.push(key);
                self.names.len() - 1
            });
            match (self.value)(&place.name, position) {
                Some(value) => out.push_str(&value),
                None => {
                    out.extend(&chars[place.start..place.end]);
                    self.missing.push(place.name.clone());
                }
            }
            at = place.end;
        }
        out.extend(&chars[at..]);
        out
    }
}

fn components(components: &Value, seen: &mut Seen<'_>, authentication: bool) -> Preview {
    let mut preview = Preview::default();
    for component in components.as_array().into_iter().flatten() {
        let upper = |key: &str| component[key].as_str().unwrap_or_default().to_ascii_uppercase();
        let text = component["text"].as_str();
        match upper("type").as_str() {
            "HEADER" => {
                let kind = component["format"].as_str().unwrap_or("TEXT").to_ascii_lowercase();
                let text = text.map(|text| seen.fill(text, "header:"));
                preview.header = Some(PreviewHeader { kind, text });
            }
            "BODY" if authentication && text.is_none() => {
                let code = seen.fill("{{1}} is your verification code.", "");
                let advice = component["add_security_recommendation"].as_bool() == Some(true);
                preview.body =
                    if advice { format!("{code} For your security, do not share this code.") } else { code };
            }
            "BODY" => preview.body = text.map(|text| seen.fill(text, "")).unwrap_or_default(),
            "FOOTER" => {
                let minutes = component["code_expiration_minutes"].as_i64();
                let expires = minutes.map(|minutes| format!("This code expires in {minutes} minutes."));
                preview.footer = text.map(str::to_owned).or(expires);
            }
            "BUTTONS" => {
                for (index, each) in component["buttons"].as_array().into_iter().flatten().enumerate() {
                    preview.buttons.push(button(each, index, seen));
                }
            }
            "CAROUSEL" => {
                for card in component["cards"].as_array().into_iter().flatten() {
                    preview.cards.push(self::components(&card["components"], seen, false));
                }
            }
            "LIMITED_TIME_OFFER" => {
                let text = component["limited_time_offer"]["text"].as_str().map(str::to_owned);
                preview.buttons.push(PreviewButton {
                    kind: "offer".to_owned(),
                    text: text.unwrap_or_default(),
                    leads_to: None,
                });
            }
            _ => {}
        }
    }
    preview
}

fn button(button: &Value, index: usize, seen: &mut Seen<'_>) -> PreviewButton {
    let kind = button["type"].as_str().unwrap_or_default().to_ascii_lowercase();
    let words = match kind.as_str() {
        "copy_code" => "Copy offer code",
        "otp" => "Copy code",
        "catalog" => "View catalog",
        "mpm" | "spm" => "View items",
        _ => "",
    };
    let text = button["text"].as_str().unwrap_or(words).to_owned();
    let leads_to = match kind.as_str() {
        "url" => button["url"].as_str().map(|url| seen.fill(url, &format!("button_{index}:"))),
        "phone_number" => button["phone_number"].as_str().map(str::to_owned),
        _ => None,
    };
    PreviewButton { kind, text, leads_to }
}
