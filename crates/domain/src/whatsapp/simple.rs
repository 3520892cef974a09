//! The short form of a template: name, language and variables, put into their places by the definition.
//!
//! Variables go in one order: header, body, then the buttons that cannot do without a value, then the end
//! of an offer. An authentication template takes one variable, its code, and gets it in both places.

use serde_json::{Map, Value};

use super::catalogue::{ButtonNeed, HeaderNeed, ParameterFormat, Parameters, TemplateDefinition};
use super::check::{self, Report};
use super::content::Media;
use super::template::{Component, Language, Parameter, Template};
use crate::problem::{Checked, FieldProblem};

const FIELD: &str = "template.variables";

/// Fills a template. `variables` is an array, an object by name, or null for a template without places.
pub fn fill_template(definition: &TemplateDefinition, variables: &Value) -> Checked<Template> {
    let needs = definition.parameters();
    refuse_what_is_too_much(&needs)?;
    let slots = slots(definition, &needs);
    let values = match variables {
        Value::Null => by_place(&slots, &[])?,
        Value::Array(values) => by_place(&slots, values)?,
        Value::Object(values) => by_name(&slots, values)?,
        _ => {
            let detail = "Give the variables as a list in order, or as an object by name.";
            return Err(vec![FieldProblem::new(FIELD, "template.variables_form", detail)]);
        }
    };
    let mut builder = Builder { named: definition.format() == ParameterFormat::Named, ..Builder::default() };
    let mut problems = Vec::new();
    for (slot, path, value) in values {
        if let Err(found) = builder.place(&slot.target, &path, value) {
            problems.extend(found);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let template = Template {
        name: definition.name.clone(),
        language: Language { code: definition.language.clone() },
        components: builder.finish(),
    };
    whole(definition, &template)?;
    Ok(template)
}

/// The rules over all values together; what they find is about the variables as a whole.
fn whole(definition: &TemplateDefinition, template: &Template) -> Checked<()> {
    let mut report = Report::under("template");
    check::template(&mut report, template);
    let fit = report.finish().and_then(|()| definition.check(template));
    fit.map_err(|problems| {
        let about = |mut problem: FieldProblem| {
            if problem.field.starts_with("template.components") {
                FIELD.clone_into(&mut problem.field);
            }
            problem
        };
        let mut problems: Vec<FieldProblem> = problems.into_iter().map(about).collect();
        problems.dedup();
        problems
    })
}

/// Cards and product lists have no short form.
fn refuse_what_is_too_much(needs: &Parameters) -> Checked<()> {
    let shapeless = |button: &ButtonNeed| button.required && !matches!(button.sub_type, "url" | "copy_code");
    if needs.cards.iter().all(Parameters::is_empty) && !needs.buttons.iter().any(shapeless) {
        return Ok(());
    }
    let detail =
        "This template has parts that the short form cannot fill; write the whole message under `whatsapp`.";
    Err(vec![FieldProblem::new("template", "template.needs_components", detail)])
}

/// A place for one variable.
struct Slot {
    /// The names under which an object may give it; the first is the one that is asked for.
    names: Vec<String>,
    target: Target,
    required: bool,
}

enum Target {
    Code { button: Option<u32> },
    HeaderText,
    HeaderMedia(&'static str),
    HeaderLocation,
    Body(String),
    Url(u32),
    Coupon(u32),
    Payload(u32),
    OfferEnd,
}

fn slots(definition: &TemplateDefinition, needs: &Parameters) -> Vec<Slot> {
    let slot = |names: &[&str], target| Slot {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        target,
        required: true,
    };
    if definition.is_authentication() {
        let button = needs.buttons.iter().find(|button| button.sub_type == "url").map(|button| button.index);
        let place = needs.body.first().map_or("1", String::as_str);
        return vec![slot(&["code", place], Target::Code { button })];
    }
    let mut slots = Vec::new();
    match &needs.header {
        HeaderNeed::None => {}
        HeaderNeed::Text(place) if definition.format() == ParameterFormat::Named => {
            slots.push(slot(&[place, "header"], Target::HeaderText));
        }
        HeaderNeed::Text(_) => slots.push(slot(&["header"], Target::HeaderText)),
        HeaderNeed::Media(kind) => slots.push(slot(&["header", kind], Target::HeaderMedia(kind))),
        HeaderNeed::Location => slots.push(slot(&["header", "location"], Target::HeaderLocation)),
    }
    slots.extend(needs.body.iter().map(|name| slot(&[name], Target::Body(name.clone()))));
    for button in &needs.buttons {
        let name = format!("button_{}", button.index);
        match button.sub_type {
            "url" => slots.push(slot(&[&name], Target::Url(button.index))),
            "copy_code" => slots.push(slot(&["coupon_code", &name], Target::Coupon(button.index))),
            "quick_reply" => {
                slots.push(Slot { required: false, ..slot(&[&name], Target::Payload(button.index)) });
            }
            _ => {}
        }
    }
    if needs.offer_end {
        slots.push(slot(&["expiration_time_ms"], Target::OfferEnd));
    }
    slots
}

/// A slot with the path and the value that was given for it.
type Given<'a> = (&'a Slot, String, &'a Value);

fn by_place<'a>(slots: &'a [Slot], values: &'a [Value]) -> Checked<Vec<Given<'a>>> {
    let wanted: Vec<&Slot> = slots.iter().filter(|slot| slot.required).collect();
    if wanted.len() != values.len() {
        let names: Vec<String> = wanted.iter().map(|slot| format!("`{}`", slot.names[0])).collect();
        let takes = match wanted.len() {
            0 => "The template takes no variables".to_owned(),
            1 => format!("The template takes 1 variable, {}", names[0]),
            count => format!("The template takes {count} variables, {}", names.join(", ")),
        };
        let detail = format!(
            "{takes}; {} given.",
            if values.len() == 1 { "1 was".to_owned() } else { format!("{} were", values.len()) }
        );
        return Err(vec![FieldProblem::new(FIELD, "template.variable_count", detail)]);
    }
    let paths = (0..values.len()).map(|index| format!("{FIELD}[{index}]"));
    Ok(wanted.into_iter().zip(paths).zip(values).map(|((slot, path), value)| (slot, path, value)).collect())
}

fn by_name<'a>(slots: &'a [Slot], values: &'a Map<String, Value>) -> Checked<Vec<Given<'a>>> {
    let mut problems = Vec::new();
    let mut given = Vec::new();
    for slot in slots {
        match slot.names.iter().find_map(|name| values.get_key_value(name)) {
            Some((name, value)) => given.push((slot, format!("{FIELD}.{name}"), value)),
            None if slot.required => {
                let name = &slot.names[0];
                let detail = format!("Give the variable `{name}`.");
                problems.push(FieldProblem::new(
                    format!("{FIELD}.{name}"),
                    "template.variable_missing",
                    detail,
                ));
            }
            None => {}
        }
    }
    let known = |name: &String| slots.iter().any(|slot| slot.names.contains(name));
    if values.keys().any(|name| !known(name)) {
        let names: Vec<String> = slots.iter().map(|slot| format!("`{}`", slot.names[0])).collect();
        let detail = match names.is_empty() {
            true => "The template takes no variables; leave them out.".to_owned(),
            false => {
                format!("Leave out what the template does not have; its variables are {}.", names.join(", "))
            }
        };
        problems.push(FieldProblem::new(FIELD, "template.variable_unknown", detail));
    }
    if problems.is_empty() { Ok(given) } else { Err(problems) }
}

#[derive(Default)]
struct Builder {
    named: bool,
    header: Option<Parameter>,
    body: Vec<Parameter>,
    rest: Vec<Component>,
}

impl Builder {
    fn place(&mut self, target: &Target, path: &str, value: &Value) -> Checked<()> {
        match target {
            Target::Code { button } => {
                let code = words(path, value)?;
                self.body.push(Parameter::text(&code));
                self.rest.extend(button.map(|index| Component::button("url", index, Parameter::text(code))));
            }
            Target::HeaderText => self.header = Some(Parameter::text(words(path, value)?)),
            Target::HeaderMedia(kind) => self.header = Some(file(kind, path, value)?),
            Target::HeaderLocation => self.header = Some(location(path, value)?),
            Target::Body(name) => {
                let parameter_name = self.named.then(|| name.clone());
                self.body.push(Parameter { parameter_name, ..Parameter::text(words(path, value)?) });
            }
            Target::Url(index) => {
                self.rest.push(Component::button("url", *index, Parameter::text(words(path, value)?)));
            }
            Target::Coupon(index) => {
                self.rest.push(Component::button(
                    "copy_code",
                    *index,
                    Parameter::coupon(words(path, value)?),
                ));
            }
            Target::Payload(index) => {
                let payload = Some(words(path, value)?);
                let parameter = Parameter { kind: "payload".to_owned(), payload, ..Parameter::default() };
                self.rest.push(Component::button("quick_reply", *index, parameter));
            }
            Target::OfferEnd => self.rest.push(offer_end(path, value)?),
        }
        Ok(())
    }

    fn finish(self) -> Vec<Component> {
        let mut components = Vec::with_capacity(2 + self.rest.len());
        components.extend(self.header.map(|parameter| Component::new("header", vec![parameter])));
        if !self.body.is_empty() {
            components.push(Component::new("body", self.body));
        }
        components.extend(self.rest);
        components
    }
}

fn unfit<T>(path: &str, detail: &str) -> Checked<T> {
    Err(vec![FieldProblem::new(path, "template.variable_type", detail)])
}

/// A value as text; numbers and booleans are written out.
fn words(path: &str, value: &Value) -> Checked<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return unfit(path, "Give this variable as a text or a number."),
    };
    let mut report = Report::default();
    check::parameter_text(&mut report, path, &text);
    report.finish().map(|()| text)
}

/// A link, an uploaded file's id, or the object with either.
fn file(kind: &'static str, path: &str, value: &Value) -> Checked<Parameter> {
    let media = match value {
        Value::String(text) if text.starts_with("https://") || text.starts_with("http://") => {
            Media { link: Some(text.clone()), ..Media::default() }
        }
        Value::String(id) if !id.is_empty() => Media { id: Some(id.clone()), ..Media::default() },
        Value::Object(_) => match serde_json::from_value(value.clone()) {
            Ok(media) => media,
            Err(_) => return unfit(path, "Give `id` or `link` as a text."),
        },
        _ => return unfit(path, "Give the header's file as a link, as an id, or as an object with either."),
    };
    let mut parameter = Parameter { kind: kind.to_owned(), ..Parameter::default() };
    let place = match kind {
        "image" => &mut parameter.image,
        "video" => &mut parameter.video,
        "gif" => &mut parameter.gif,
        _ => &mut parameter.document,
    };
    *place = Some(media);
    Ok(parameter)
}

fn location(path: &str, value: &Value) -> Checked<Parameter> {
    match value {
        Value::Object(place) => Ok(Parameter {
            kind: "location".to_owned(),
            location: Some(place.clone()),
            ..Parameter::default()
        }),
        _ => unfit(path, "Give the header's place as an object with `latitude` and `longitude`."),
    }
}

fn offer_end(path: &str, value: &Value) -> Checked<Component> {
    if !value.is_u64() {
        return unfit(path, "Give the end of the offer in milliseconds since 1970.");
    }
    let offer = Map::from_iter([("expiration_time_ms".to_owned(), value.clone())]);
    let parameter = Parameter {
        kind: "limited_time_offer".to_owned(),
        limited_time_offer: Some(offer),
        ..Parameter::default()
    };
    Ok(Component::new("limited_time_offer", vec![parameter]))
}
