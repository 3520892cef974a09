//! Templates: what was approved, reduced to what a send is checked against.

mod edge;
mod review;
mod samples;
mod verdict;

pub(crate) use edge::pick;
pub(crate) use samples::Samples;
pub use verdict::{Review, judge};

use serde_json::Value;

use crate::provision::TemplateSpec;
use crate::queue::Category;

pub struct Template {
    pub id: u64,
    pub spec: TemplateSpec,
    pub category: Category,
    pub shape: Shape,
    pub life: Life,
}

/// What happened to a template so far.
#[derive(Default)]
pub struct Life {
    /// How the review that is under way will end.
    pub review: Option<Review>,
    pub round: u32,
    /// When it was edited while approved, in microseconds.
    pub edits: Vec<i64>,
    pub was_approved: bool,
    pub rejected_reason: Option<String>,
    pub previous_category: Option<String>,
    pub quality: Option<String>,
    pub pauses: u32,
}

/// What a send must bring.
#[derive(Default)]
pub struct Shape {
    pub named: bool,
    pub header: Header,
    pub body: Vars,
    pub buttons: Vec<Button>,
    pub cards: Vec<Shape>,
    pub limited_time: bool,
}

/// The variables of a text, and how long the rest of it is.
#[derive(Default)]
pub struct Vars {
    pub names: Vec<Box<str>>,
    pub fixed_chars: usize,
}

#[derive(Default)]
pub enum Header {
    #[default]
    Nothing,
    Text(Vars),
    Media(&'static str),
    Location,
}

#[derive(Clone, Copy)]
pub enum Button {
    QuickReply,
    Url {
        variable: bool,
    },
    CopyCode,
    Flow,
    Catalog,
    MultiProduct,
    SingleProduct,
    Order,
    /// Takes no parameter: a phone number, for example.
    Fixed,
}

impl Template {
    pub fn new(id: u64, mut spec: TemplateSpec) -> Template {
        if spec.status.is_empty() {
            spec.status = "APPROVED".into();
        }
        if spec.parameter_format.is_empty() {
            spec.parameter_format = "POSITIONAL".into();
        }
        let category = Category::parse(&spec.category);
        let mut shape = shape_of(&spec.components);
        shape.named = spec.parameter_format.eq_ignore_ascii_case("named");
        if category == Category::Authentication && shape.body.names.is_empty() {
            shape.body.names.push("1".into());
        }
        let life = Life { was_approved: spec.status == "APPROVED", ..Life::default() };
        Template { id, spec, category, shape, life }
    }

    pub fn set_status(&mut self, status: &str) {
        self.spec.status = status.into();
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn shape_of(components: &[Value]) -> Shape {
    let mut shape = Shape::default();
    for component in components {
        match text(component, "type").to_ascii_uppercase().as_str() {
            "HEADER" => shape.header = header_of(component),
            "BODY" => shape.body = vars_of(text(component, "text")),
            "BUTTONS" => shape.buttons = list(&component["buttons"]).iter().map(button_of).collect(),
            "CAROUSEL" => {
                shape.cards = list(&component["cards"])
                    .iter()
                    .map(|card| shape_of(list(&card["components"])))
                    .collect();
            }
            "LIMITED_TIME_OFFER" => shape.limited_time = true,
            _ => {}
        }
    }
    shape
}

fn header_of(component: &Value) -> Header {
    match text(component, "format").to_ascii_uppercase().as_str() {
        "IMAGE" => Header::Media("image"),
        "VIDEO" => Header::Media("video"),
        "DOCUMENT" => Header::Media("document"),
        "GIF" => Header::Media("gif"),
        "PRODUCT" => Header::Media("product"),
        "LOCATION" => Header::Location,
        _ => Header::Text(vars_of(text(component, "text"))),
    }
}

fn button_of(button: &Value) -> Button {
    match text(button, "type").to_ascii_uppercase().as_str() {
        "QUICK_REPLY" => Button::QuickReply,
        "URL" => Button::Url { variable: text(button, "url").contains("{{") },
        "OTP" => Button::Url { variable: true },
        "COPY_CODE" => Button::CopyCode,
        "FLOW" => Button::Flow,
        "CATALOG" => Button::Catalog,
        "MPM" => Button::MultiProduct,
        "SPM" => Button::SingleProduct,
        "ORDER_DETAILS" => Button::Order,
        _ => Button::Fixed,
    }
}

fn vars_of(text: &str) -> Vars {
    let mut vars = Vars::default();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let name = rest[start + 2..start + length].trim();
        if !vars.names.iter().any(|known| &**known == name) {
            vars.names.push(name.into());
        }
        vars.fixed_chars += rest[..start].chars().count();
        rest = &rest[start + length + 2..];
    }
    vars.fixed_chars += rest.chars().count();
    vars
}
