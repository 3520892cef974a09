//! Interactive messages. One flat shape holds all kinds; what each kind needs is checked, not typed,
//! since kinds keep coming and a problem should name the exact field.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::content::Media;

#[derive(Clone, PartialEq, Deserialize)]
pub struct Interactive {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub header: Option<Header>,
    #[serde(default)]
    pub body: Option<Wording>,
    #[serde(default)]
    pub footer: Option<Wording>,
    #[serde(default)]
    pub action: Option<Action>,
}

/// `{"text": …}`, as bodies and footers are written.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Wording {
    pub text: String,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Header {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub image: Option<Media>,
    #[serde(default)]
    pub video: Option<Media>,
    #[serde(default)]
    pub document: Option<Media>,
}

#[derive(Clone, PartialEq, Default, Deserialize)]
pub struct Action {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub button: Option<String>,
    #[serde(default)]
    pub buttons: Vec<ReplyButton>,
    #[serde(default)]
    pub sections: Vec<Section>,
    #[serde(default)]
    pub parameters: Map<String, Value>,
    #[serde(default)]
    pub catalog_id: Option<String>,
    #[serde(default)]
    pub product_retailer_id: Option<String>,
    #[serde(default)]
    pub cards: Vec<Card>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct ReplyButton {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub reply: Option<Reply>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Reply {
    pub id: String,
    pub title: String,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Section {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub rows: Vec<Row>,
    #[serde(default)]
    pub product_items: Vec<ProductItem>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct ProductItem {
    pub product_retailer_id: String,
}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Card {
    pub card_index: u32,
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub header: Option<Header>,
    #[serde(default)]
    pub body: Option<Wording>,
    #[serde(default)]
    pub action: Option<Action>,
}
