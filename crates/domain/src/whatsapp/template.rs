//! Template messages: the name of approved content and the values for its places.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::Media;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub name: String,
    pub language: Language,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
}

impl fmt::Debug for Template {
    /// Names the template; its values are about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} {})", self.name, self.language.code)
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Language {
    pub code: String,
}

#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Component {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<String>,
    /// The button's place, which clients write as a text or as a number.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "index")]
    pub index: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<TemplateCard>,
}

impl Component {
    pub fn new(kind: &str, parameters: Vec<Parameter>) -> Self {
        Self { kind: kind.to_owned(), parameters, ..Self::default() }
    }
    pub fn button(sub_type: &str, index: u32, parameter: Parameter) -> Self {
        Self {
            kind: "button".to_owned(),
            sub_type: Some(sub_type.to_owned()),
            index: Some(index),
            parameters: vec![parameter],
            cards: Vec::new(),
        }
    }
    /// Kinds are compared without regard to case, as the platform does.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateCard {
    pub card_index: u32,
    #[serde(default)]
    pub components: Vec<Component>,
}

/// One value. Which field is filled follows from the type.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Parameter {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gif: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_time: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_time_offer: Option<Map<String, Value>>,
}

impl Parameter {
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: "text".to_owned(), text: Some(text.into()), ..Self::default() }
    }
    pub fn coupon(code: impl Into<String>) -> Self {
        Self { kind: "coupon_code".to_owned(), coupon_code: Some(code.into()), ..Self::default() }
    }
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }
    /// The file of a media parameter of the given type.
    pub fn media(&self, kind: &str) -> Option<&Media> {
        match kind {
            "image" => self.image.as_ref(),
            "video" => self.video.as_ref(),
            "gif" => self.gif.as_ref(),
            "document" => self.document.as_ref(),
            _ => None,
        }
    }
    /// The words that take a place's stead in the text.
    pub fn words(&self) -> Option<&str> {
        fn fallback(object: &Option<Map<String, Value>>) -> Option<&str> {
            object.as_ref()?.get("fallback_value")?.as_str()
        }
        self.text.as_deref().or_else(|| fallback(&self.currency)).or_else(|| fallback(&self.date_time))
    }
}

mod index {
    //! A small number that may be written as a text, and is sent as one.
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(index: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
        match index {
            Some(index) => serializer.collect_str(index),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
        struct Reader;
        impl de::Visitor<'_> for Reader {
            type Value = Option<u32>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the button's place as a number, starting with 0")
            }
            fn visit_unit<E>(self) -> Result<Option<u32>, E> {
                Ok(None)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<u32>, E> {
                u32::try_from(value)
                    .map(Some)
                    .map_err(|_| E::invalid_type(de::Unexpected::Other("number"), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<u32>, E> {
                text.parse().map(Some).map_err(|_| E::invalid_type(de::Unexpected::Other("text"), &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
