//! What a send of a template must supply, read off its definition.

use super::{ButtonDefinition, ComponentDefinition, TemplateDefinition, find};

/// The values that one template, or one card of a carousel, asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    pub header: HeaderNeed,
    /// The places of the body in the order of their first use (names), or of their numbers.
    pub body: Vec<String>,
    pub buttons: Vec<ButtonNeed>,
    /// A limited-time offer that runs out asks for its end.
    pub offer_end: bool,
    pub cards: Vec<Parameters>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HeaderNeed {
    #[default]
    None,
    /// The place in a text header.
    Text(String),
    /// A file: `image`, `video`, `gif` or `document`.
    Media(&'static str),
    Location,
}

/// A button that takes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonNeed {
    pub index: u32,
    /// The `sub_type` of the component in a send.
    pub sub_type: &'static str,
    /// Otherwise the platform has a value of its own.
    pub required: bool,
}

impl Parameters {
    /// Whether the template can be sent with its name alone.
    pub fn is_empty(&self) -> bool {
        self.header == HeaderNeed::None
            && self.body.is_empty()
            && self.buttons.iter().all(|button| !button.required)
            && !self.offer_end
            && self.cards.iter().all(Self::is_empty)
    }

    pub(super) fn of(components: &[ComponentDefinition], authentication: bool) -> Self {
        let mut body = find(components, "BODY")
            .and_then(|body| body.text.as_deref())
            .map(|text| distinct(places(text)))
            .unwrap_or_default();
        // The fixed text of an authentication template is not always listed; its one place is the code.
        if authentication && body.is_empty() && find(components, "BODY").is_some() {
            body.push("1".to_owned());
        }
        let buttons = find(components, "BUTTONS").map(|each| each.buttons.as_slice()).unwrap_or_default();
        let offer = find(components, "LIMITED_TIME_OFFER").and_then(|each| each.limited_time_offer.as_ref());
        let cards = find(components, "CAROUSEL").map(|each| each.cards.as_slice()).unwrap_or_default();
        Self {
            header: find(components, "HEADER").map_or(HeaderNeed::None, header),
            body,
            buttons: buttons
                .iter()
                .zip(0..)
                .filter_map(|(each, index)| button(each, index, authentication))
                .collect(),
            offer_end: offer.is_some_and(|offer| offer.has_expiration),
            cards: cards.iter().map(|card| Self::of(&card.components, false)).collect(),
        }
    }
}

impl TemplateDefinition {
    /// What a send must supply.
    pub fn parameters(&self) -> Parameters {
        Parameters::of(&self.components, self.is_authentication())
    }
}

fn header(header: &ComponentDefinition) -> HeaderNeed {
    match header.format.as_deref().unwrap_or("TEXT").to_ascii_uppercase().as_str() {
        "IMAGE" => HeaderNeed::Media("image"),
        "VIDEO" => HeaderNeed::Media("video"),
        "GIF" => HeaderNeed::Media("gif"),
        "DOCUMENT" => HeaderNeed::Media("document"),
        "LOCATION" => HeaderNeed::Location,
        _ => match header.text.as_deref().and_then(|text| places(text).next()) {
            Some(place) => HeaderNeed::Text(place.to_owned()),
            None => HeaderNeed::None,
        },
    }
}

fn button(button: &ButtonDefinition, index: u32, authentication: bool) -> Option<ButtonNeed> {
    let (sub_type, required) = match button.kind.to_ascii_uppercase().as_str() {
        "URL" if authentication => ("url", true),
        "URL" => {
            let dynamic = button.url.as_deref().is_some_and(|url| places(url).next().is_some());
            return dynamic.then_some(ButtonNeed { index, sub_type: "url", required: true });
        }
        "OTP" => ("url", true),
        "COPY_CODE" => ("copy_code", true),
        "QUICK_REPLY" => ("quick_reply", false),
        "FLOW" => ("flow", false),
        "CATALOG" => ("catalog", false),
        "MPM" => ("mpm", true),
        "SPM" => ("spm", false),
        "ORDER_DETAILS" => ("order_details", true),
        "PAYMENT_REQUEST" => ("payment_request", true),
        _ => return None,
    };
    Some(ButtonNeed { index, sub_type, required })
}

/// The names in `{{…}}`, in order of appearance.
pub(super) fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim()).filter(
        |name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
    )
}

/// Each name once; numbers in their own order.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.iter().any(|each| each == name) {
            found.push(name.to_owned());
        }
    }
    if found.iter().all(|name| name.parse::<u32>().is_ok()) {
        found.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    }
    found
}
