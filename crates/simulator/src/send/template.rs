//! A template send against the template's shape.

use serde_json::value::RawValue;

use crate::error::GraphError;
use crate::media::Shelf;
use crate::queue::Category;
use crate::state::Account;
use crate::templates::{Button, Header, Shape, Template, Vars};

use super::check::Check;
use super::envelope::{Component, Parameter, TemplateObject, Text};
use super::plain;

type Checked = Result<(), GraphError>;

/// The template in the language asked for, if it may be sent.
pub(super) fn find(account: &Account, object: &TemplateObject<'_>) -> Result<u32, GraphError> {
    let name = object.name.as_ref().ok_or_else(|| GraphError::missing("template['name']"))?.get();
    let language = object.language.as_ref().and_then(|language| language.code.as_ref());
    let language = language.ok_or_else(|| GraphError::missing("template['language']['code']"))?.get();
    let indices = account.by_name.get(name).map_or(&[][..], Vec::as_slice);
    let found = indices.iter().find(|&&i| account.templates[i as usize].spec.language == language);
    let absent = || GraphError::new(132_001, format!("template name ({name}) does not exist in {language}"));
    let &index = found.ok_or_else(absent)?;
    match account.templates[index as usize].spec.status.as_str() {
        "APPROVED" => Ok(index),
        "PAUSED" => Err(GraphError::new(132_015, format!("Template {name} is paused due to low quality."))),
        "DISABLED" => {
            Err(GraphError::new(132_016, format!("Template {name} was paused too often and is disabled.")))
        }
        _ => Err(absent()),
    }
}

/// Checks every component sent against what was approved.
pub(super) fn check(template: &Template, object: &TemplateObject<'_>, shelf: &Shelf) -> Checked {
    let code_max = (template.category == Category::Authentication).then_some(15);
    let components = object.components.as_deref().unwrap_or(&[]);
    components_of(&template.shape, components, code_max, shelf)
}

fn components_of(
    shape: &Shape,
    components: &[Component<'_>],
    code_max: Option<usize>,
    shelf: &Shelf,
) -> Checked {
    let (mut header, mut body, mut offer, mut carousel) = (None, None, None, None);
    let mut buttons: Vec<Option<&Component<'_>>> = vec![None; shape.buttons.len()];
    for component in components {
        let kind = component.kind.as_ref().ok_or_else(|| GraphError::missing("component type"))?.get();
        match kind.to_ascii_lowercase().as_str() {
            "header" => header = Some(component),
            "body" => body = Some(component),
            "limited_time_offer" => offer = Some(component),
            "carousel" => carousel = Some(component),
            "button" => {
                let index = button_index(component)?;
                let slot = buttons.get_mut(index).ok_or_else(|| {
                    GraphError::new(132_018, format!("buttons: there is no button at index {index}"))
                })?;
                *slot = Some(component);
            }
            other => return Err(GraphError::parameter(format!("Unknown component type {other}."))),
        }
    }
    check_header(&shape.header, shape.named, header, shelf)?;
    texts("body", &shape.body, shape.named, parameters(body), code_max)?;
    for (index, (button, sent)) in shape.buttons.iter().zip(buttons).enumerate() {
        check_button(index, *button, sent, code_max)?;
    }
    if shape.limited_time
        && offer.is_none_or(|o| parameters(Some(o)).iter().all(|p| p.limited_time_offer.is_none()))
    {
        return Err(GraphError::missing("limited_time_offer"));
    }
    check_cards(shape, carousel, shelf)
}

fn parameters<'c, 'a>(component: Option<&'c Component<'a>>) -> &'c [Parameter<'a>] {
    component.and_then(|component| component.parameters.as_deref()).unwrap_or(&[])
}

fn button_index(component: &Component<'_>) -> Result<usize, GraphError> {
    let raw = component.index.map_or("0", RawValue::get).trim_matches('"');
    raw.parse().map_err(|_| GraphError::parameter("Button index must be a number."))
}

fn mismatch(place: &str, expected: &str, received: &str) -> GraphError {
    GraphError::new(132_012, format!("{place}: Format mismatch, expected {expected}, received {received}"))
}

fn count(place: &str, sent: usize, expected: usize) -> GraphError {
    let details = format!(
        "{place}: number of localizable_params ({sent}) does not match the expected number of params ({expected})"
    );
    GraphError::new(132_000, details)
}

fn check_header(header: &Header, named: bool, sent: Option<&Component<'_>>, shelf: &Shelf) -> Checked {
    let sent = parameters(sent);
    let first = sent.first().and_then(|parameter| parameter.kind.as_ref()).map_or("UNKNOWN", Text::get);
    match header {
        Header::Text(vars) => texts("header", vars, named, sent, None),
        Header::Nothing if sent.is_empty() => Ok(()),
        Header::Nothing => Err(count("header", sent.len(), 0)),
        Header::Location => match sent {
            [one] if one.location.is_some() => Ok(()),
            _ => Err(mismatch("header", "LOCATION", first)),
        },
        Header::Media(kind) => {
            let raw = match (sent, *kind) {
                ([one], "image") => one.image,
                ([one], "video") => one.video,
                ([one], "document") => one.document,
                ([one], "gif") => one.gif.or(one.video),
                ([one], "product") => {
                    return one.product.map(|_| ()).ok_or_else(|| mismatch("header", kind, first));
                }
                _ => None,
            };
            let raw = raw.ok_or_else(|| mismatch("header", &kind.to_ascii_uppercase(), first))?;
            let value = Check::parse(raw, kind)?;
            plain::media(&Check::new(&value, kind), kind, shelf)
        }
    }
}

fn texts(place: &str, vars: &Vars, named: bool, sent: &[Parameter<'_>], code_max: Option<usize>) -> Checked {
    if sent.len() != vars.names.len() {
        return Err(count(place, sent.len(), vars.names.len()));
    }
    let mut length = vars.fixed_chars;
    for parameter in sent {
        if named {
            let name = parameter.parameter_name.as_ref().map_or("", Text::get);
            if !vars.names.iter().any(|known| &**known == name) {
                return Err(GraphError::parameter(
                    "Parameter name is missing or empty or not in the template.",
                ));
            }
        }
        let kind = parameter.kind.as_ref().ok_or_else(|| GraphError::missing("parameter type"))?.get();
        match kind {
            "text" => {
                let text = parameter.text.as_ref().map_or("", Text::get);
                if text.is_empty() {
                    return Err(GraphError::missing(&format!("{place} parameter text")));
                }
                if text.contains(['\n', '\t']) || text.contains("     ") {
                    let details =
                        "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
                    return Err(GraphError::new(132_012, details));
                }
                let chars = text.chars().count();
                if code_max.is_some_and(|max| chars > max) {
                    return Err(GraphError::new(132_018, "A code has at most 15 characters."));
                }
                length += chars;
            }
            "currency" if parameter.currency.is_some() => length += 8,
            "date_time" if parameter.date_time.is_some() => length += 20,
            other => return Err(mismatch(place, "TEXT", other)),
        }
    }
    let max = if place == "header" { 60 } else { 1024 };
    if length > max {
        return Err(GraphError::new(
            132_005,
            format!("{place}: Translated text too long ({length} > {max})"),
        ));
    }
    Ok(())
}

fn check_button(
    index: usize,
    button: Button,
    sent: Option<&Component<'_>>,
    code_max: Option<usize>,
) -> Checked {
    let (name, needed) = match button {
        Button::QuickReply => ("quick_reply", false),
        Button::Url { variable } => ("url", variable),
        Button::CopyCode => ("copy_code", true),
        Button::Flow => ("flow", false),
        Button::Catalog => ("catalog", false),
        Button::MultiProduct => ("mpm", true),
        Button::SingleProduct => ("spm", false),
        Button::Order => ("order_details", true),
        Button::Fixed => ("fixed", false),
    };
    let Some(component) = sent else {
        if needed {
            return Err(GraphError::missing(&format!("parameter of the {name} button at index {index}")));
        }
        return Ok(());
    };
    let sub_type = component.sub_type.as_ref().ok_or_else(|| GraphError::missing("button sub_type"))?.get();
    if !sub_type.eq_ignore_ascii_case(name) {
        return Err(mismatch(&format!("buttons: button at index {index}"), name, sub_type));
    }
    let Some(parameter) = parameters(Some(component)).first() else {
        return Err(GraphError::missing(&format!("parameter of the {name} button at index {index}")));
    };
    let fits = match button {
        Button::QuickReply => parameter.payload.as_ref().is_some_and(|text| text.get().len() <= 256),
        Button::Url { variable } => {
            let text = parameter.text.as_ref().map_or("", Text::get);
            variable && !text.is_empty() && code_max.is_none_or(|max| text.chars().count() <= max)
        }
        Button::CopyCode => parameter.coupon_code.as_ref().is_some_and(|text| {
            (1..=20).contains(&text.get().len()) && text.get().bytes().all(|b| b.is_ascii_alphanumeric())
        }),
        Button::Fixed => false,
        _ => parameter.action.is_some(),
    };
    if fits {
        return Ok(());
    }
    Err(GraphError::new(
        132_018,
        format!("buttons: the parameter of the {name} button at index {index} does not fit"),
    ))
}

fn check_cards(shape: &Shape, sent: Option<&Component<'_>>, shelf: &Shelf) -> Checked {
    let cards = sent.and_then(|component| component.cards.as_deref()).unwrap_or(&[]);
    if cards.len() != shape.cards.len() {
        let details = format!("carousel: {} cards sent, {} approved", cards.len(), shape.cards.len());
        return Err(GraphError::new(132_012, details));
    }
    for (index, (card, shape)) in cards.iter().zip(&shape.cards).enumerate() {
        if card.card_index != Some(index as u32) {
            return Err(GraphError::new(132_012, format!("carousel: card_index {index} expected")));
        }
        components_of(shape, card.components.as_deref().unwrap_or(&[]), None, shelf)?;
    }
    Ok(())
}
