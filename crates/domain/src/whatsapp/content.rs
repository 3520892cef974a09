//! What a message says: one variant per type of the platform.
//!
//! These types hold what people wrote. None of them prints its fields.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::interactive::Interactive;
use super::template::Template;

#[derive(Clone)]
pub enum Content {
    Text(Text),
    Image(Media),
    Video(Media),
    Audio(Media),
    Document(Media),
    Sticker(Media),
    Location(Location),
    Contacts(Vec<ContactCard>),
    Reaction(Reaction),
    Interactive(Box<Interactive>),
    Template(Box<Template>),
    /// A type that did not exist when this was written; it passes through as it is.
    Raw {
        kind: String,
        object: serde_json::Value,
    },
}

impl Content {
    pub fn kind(&self) -> &str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Sticker(_) => "sticker",
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Reaction(_) => "reaction",
            Self::Interactive(_) => "interactive",
            Self::Template(_) => "template",
            Self::Raw { kind, .. } => kind,
        }
    }

    /// The file of a media message.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(media) | Self::Video(media) | Self::Audio(media) => Some(media),
            Self::Document(media) | Self::Sticker(media) => Some(media),
            _ => None,
        }
    }

    /// Reads the object that stands under the name of its type.
    pub(super) fn read(kind: &str, object: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            "text" => Self::Text(serde_json::from_str(object)?),
            "image" => Self::Image(serde_json::from_str(object)?),
            "video" => Self::Video(serde_json::from_str(object)?),
            "audio" => Self::Audio(serde_json::from_str(object)?),
            "document" => Self::Document(serde_json::from_str(object)?),
            "sticker" => Self::Sticker(serde_json::from_str(object)?),
            "location" => Self::Location(serde_json::from_str(object)?),
            "contacts" => Self::Contacts(serde_json::from_str(object)?),
            "reaction" => Self::Reaction(serde_json::from_str(object)?),
            "interactive" => Self::Interactive(serde_json::from_str(object)?),
            "template" => Self::Template(serde_json::from_str(object)?),
            _ => Self::Raw { kind: kind.to_owned(), object: serde_json::from_str(object)? },
        })
    }

    /// Where a misfit of [`Self::read`] stands; slower, and only asked after one.
    pub(super) fn misfit(kind: &str, object: &str) -> Option<(String, serde_json::Error)> {
        fn at<'a, T: Deserialize<'a>>(object: &'a str) -> Option<(String, serde_json::Error)> {
            let mut reader = serde_json::Deserializer::from_str(object);
            let error = serde_path_to_error::deserialize::<_, T>(&mut reader).err()?;
            let path = error.path().to_string();
            Some((if path == "." { String::new() } else { path }, error.into_inner()))
        }
        match kind {
            "text" => at::<Text>(object),
            "image" | "video" | "audio" | "document" | "sticker" => at::<Media>(object),
            "location" => at::<Location>(object),
            "contacts" => at::<Vec<ContactCard>>(object),
            "reaction" => at::<Reaction>(object),
            "interactive" => at::<Interactive>(object),
            "template" => at::<Template>(object),
            _ => None,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.kind())
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    pub body: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview_url: bool,
}

/// A file, by the platform's id or by a link.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Media {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// A voice message rather than a file with sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<bool>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Location {
    pub latitude: Degrees,
    pub longitude: Degrees,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub address: Option<String>,
}

/// Degrees, which the platform takes as a number or as a text with one.
#[derive(Clone, Copy, PartialEq)]
pub struct Degrees(pub f64);

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Degrees;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("degrees as a number")
            }
            fn visit_f64<E>(self, value: f64) -> Result<Degrees, E> {
                Ok(Degrees(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Degrees, E> {
                #[expect(clippy::cast_precision_loss, reason = "degrees are small; larger ones are refused")]
                Ok(Degrees(value as f64))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Degrees, E> {
                #[expect(clippy::cast_precision_loss, reason = "degrees are small; larger ones are refused")]
                Ok(Degrees(value as f64))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Degrees, E> {
                let unfit = || E::invalid_type(serde::de::Unexpected::Other("text"), &self);
                text.trim().parse().map(Degrees).map_err(|_| unfit())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct ContactCard {
    pub name: ContactName,
    #[serde(default)]
    pub birthday: Option<String>,
    #[serde(default)]
    pub phones: Vec<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct ContactName {
    pub formatted_name: String,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Reaction {
    pub message_id: String,
    /// Empty: take the reaction back.
    pub emoji: String,
}
