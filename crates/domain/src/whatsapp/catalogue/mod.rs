//! Templates as the platform lists them, and what a send of one must supply.

mod fit;
mod needs;

use serde::{Deserialize, Deserializer, Serialize};

pub use needs::{ButtonNeed, HeaderNeed, Parameters};

/// One localization of a template. Read leniently: a field that is absent or new costs no template.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TemplateDefinition {
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub language: String,
    /// The platform's word, such as `UTILITY`.
    #[serde(default, deserialize_with = "or_default")]
    pub category: String,
    /// The platform's word, such as `APPROVED`.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "format_or_none")]
    pub parameter_format: Option<ParameterFormat>,
    #[serde(default, deserialize_with = "or_default")]
    pub components: Vec<ComponentDefinition>,
    /// The platform's id of this localization.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text_or_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text_or_none")]
    pub rejected_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_score: Option<serde_json::Value>,
}

/// How places in the text are called: `{{1}}` or `{{first_name}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ParameterFormat {
    Positional,
    Named,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ComponentDefinition {
    /// `HEADER`, `BODY`, `FOOTER`, `BUTTONS`, `CAROUSEL`, `LIMITED_TIME_OFFER` …
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// Of a header: `TEXT`, `IMAGE`, `VIDEO`, `GIF`, `DOCUMENT`, `LOCATION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub buttons: Vec<ButtonDefinition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub cards: Vec<CardDefinition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_time_offer: Option<OfferDefinition>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ButtonDefinition {
    /// `QUICK_REPLY`, `URL`, `PHONE_NUMBER`, `COPY_CODE`, `OTP`, `FLOW`, `CATALOG`, `MPM` …
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otp_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CardDefinition {
    #[serde(default, deserialize_with = "or_default")]
    pub components: Vec<ComponentDefinition>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OfferDefinition {
    #[serde(default, deserialize_with = "or_default")]
    pub has_expiration: bool,
}

impl TemplateDefinition {
    /// One item of the platform's template list; `None` if it has no name.
    pub fn from_json(item: &[u8]) -> Option<Self> {
        serde_json::from_slice(item).ok()
    }

    pub fn component(&self, kind: &str) -> Option<&ComponentDefinition> {
        find(&self.components, kind)
    }

    pub fn body_text(&self) -> Option<&str> {
        self.component("BODY").and_then(|body| body.text.as_deref())
    }

    /// `GREEN`, `YELLOW` or `RED`, once the platform has judged it.
    pub fn quality(&self) -> Option<&str> {
        let score = self.quality_score.as_ref()?;
        let word = score.as_str().or_else(|| score.get("score")?.as_str())?;
        ["GREEN", "YELLOW", "RED"].contains(&word).then_some(word)
    }

    pub fn is_authentication(&self) -> bool {
        self.category.eq_ignore_ascii_case("AUTHENTICATION")
    }

    /// The declared format, or what the places in the text look like.
    pub fn format(&self) -> ParameterFormat {
        let places = || {
            let texts = self.components.iter().filter_map(|component| component.text.as_deref());
            texts.flat_map(needs::places)
        };
        let named = || places().any(|place| place.parse::<u32>().is_err());
        self.parameter_format
            .unwrap_or_else(|| if named() { ParameterFormat::Named } else { ParameterFormat::Positional })
    }
}

fn find<'a>(components: &'a [ComponentDefinition], kind: &str) -> Option<&'a ComponentDefinition> {
    components.iter().find(|component| component.kind.eq_ignore_ascii_case(kind))
}

/// `null` and absent are the same to the platform.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Ids come as texts or as numbers.
fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(deserializer)? {
        Some(serde_json::Value::String(text)) => Some(text),
        Some(serde_json::Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}

fn format_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ParameterFormat>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(match word.to_ascii_uppercase().as_str() {
        "POSITIONAL" => Some(ParameterFormat::Positional),
        "NAMED" => Some(ParameterFormat::Named),
        _ => None,
    })
}
