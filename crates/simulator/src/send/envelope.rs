//! The body of a send, read once and borrowed where it can be.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::GraphError;

/// A string that borrows from the body unless it had escapes.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub fn get(&self) -> &str {
        &self.0
    }
}

/// Every field a send may have. Rare types stay raw until their validator wants them.
#[derive(Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    pub messaging_product: Option<Text<'a>>,
    pub recipient_type: Option<Text<'a>>,
    pub to: Option<Text<'a>>,
    pub recipient: Option<Text<'a>>,
    #[serde(rename = "type")]
    pub kind: Option<Text<'a>>,
    pub biz_opaque_callback_data: Option<Text<'a>>,
    pub context: Option<Context<'a>>,
    pub status: Option<Text<'a>>,
    pub message_id: Option<Text<'a>>,
    pub typing_indicator: Option<&'a RawValue>,
    pub text: Option<TextObject<'a>>,
    pub template: Option<TemplateObject<'a>>,
    pub image: Option<&'a RawValue>,
    pub video: Option<&'a RawValue>,
    pub audio: Option<&'a RawValue>,
    pub document: Option<&'a RawValue>,
    pub sticker: Option<&'a RawValue>,
    pub location: Option<&'a RawValue>,
    pub contacts: Option<&'a RawValue>,
    pub reaction: Option<&'a RawValue>,
    pub interactive: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Context<'a> {
    #[serde(borrow)]
    pub message_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct TextObject<'a> {
    #[serde(borrow)]
    pub body: Option<Text<'a>>,
    #[serde(rename = "preview_url")]
    pub _preview_url: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct TemplateObject<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    pub language: Option<Language<'a>>,
    #[serde(default)]
    pub components: Option<Vec<Component<'a>>>,
}

#[derive(Deserialize)]
pub(crate) struct Language<'a> {
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Component<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    pub sub_type: Option<Text<'a>>,
    pub index: Option<&'a RawValue>,
    #[serde(default)]
    pub parameters: Option<Vec<Parameter<'a>>>,
    #[serde(default)]
    pub cards: Option<Vec<Card<'a>>>,
}

#[derive(Deserialize)]
pub(crate) struct Card<'a> {
    pub card_index: Option<u32>,
    #[serde(borrow, default)]
    pub components: Option<Vec<Component<'a>>>,
}

#[derive(Deserialize)]
pub(crate) struct Parameter<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    pub parameter_name: Option<Text<'a>>,
    pub text: Option<Text<'a>>,
    pub payload: Option<Text<'a>>,
    pub coupon_code: Option<Text<'a>>,
    pub currency: Option<&'a RawValue>,
    pub date_time: Option<&'a RawValue>,
    pub image: Option<&'a RawValue>,
    pub video: Option<&'a RawValue>,
    pub document: Option<&'a RawValue>,
    pub gif: Option<&'a RawValue>,
    pub product: Option<&'a RawValue>,
    pub location: Option<&'a RawValue>,
    pub action: Option<&'a RawValue>,
    pub limited_time_offer: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    pub fn parse(body: &'a [u8]) -> Result<Envelope<'a>, GraphError> {
        serde_json::from_slice(body).map_err(|error| {
            let fault = if error.is_data() { "has a field of the wrong type" } else { "is not valid JSON" };
            GraphError::parameter(format!("The request body {fault}: {error}"))
        })
    }

    pub fn product(&self) -> Result<(), GraphError> {
        match self.messaging_product.as_ref().map(Text::get) {
            Some("whatsapp") => Ok(()),
            Some(_) => Err(GraphError::parameter("Param messaging_product must be one of {WHATSAPP}.")),
            None => Err(GraphError::parameter("The parameter messaging_product is required.")),
        }
    }
}

/// The type's name as a constant.
pub(crate) fn known_kind(kind: &str) -> &'static str {
    const KINDS: [&str; 11] = [
        "text",
        "template",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "reaction",
        "interactive",
    ];
    KINDS.into_iter().find(|known| *known == kind).unwrap_or("unsupported")
}
