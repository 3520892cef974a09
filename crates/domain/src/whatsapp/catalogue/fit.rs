//! Whether a send fits the template that it names.

use super::needs::{ButtonNeed, HeaderNeed, Parameters};
use super::{ComponentDefinition, ParameterFormat, TemplateDefinition, find};
use crate::problem::Checked;
use crate::whatsapp::check::Report;
use crate::whatsapp::limits::{
    AUTH_CODE_MAX, CARD_BODY_MAX, HEADER_TEXT_MAX, OFFER_BODY_MAX, TEMPLATE_BODY_MAX,
};
use crate::whatsapp::template::{Component, Parameter, Template};

impl TemplateDefinition {
    /// Compares counts, types, names and the length of the finished text. Paths start at `template`.
    pub fn check(&self, send: &Template) -> Checked<()> {
        let mut report = Report::under("template");
        if self.component("BODY").is_none() {
            // The list was asked without components: nothing to compare with.
            return report.finish();
        }
        let offer = self.component("LIMITED_TIME_OFFER").is_some();
        let fit = Fit {
            definition: &self.components,
            needs: self.parameters(),
            format: self.format(),
            body_max: if offer { OFFER_BODY_MAX } else { TEMPLATE_BODY_MAX },
        };
        fit.check(&mut report, &send.components);
        if self.is_authentication() {
            authentication(&mut report, send);
        }
        report.finish()
    }

    /// The body as a person reads it; places without a value stay as they are.
    pub fn hydrate_body(&self, send: &Template) -> Option<String> {
        let body = send.components.iter().find(|component| component.is("body"));
        let parameters = body.map(|body| body.parameters.as_slice()).unwrap_or_default();
        let text = self.body_text()?;
        Some(hydrate(text, &self.parameters().body, parameters))
    }
}

/// One template, or one card, against what was sent for it.
struct Fit<'a> {
    definition: &'a [ComponentDefinition],
    needs: Parameters,
    format: ParameterFormat,
    body_max: usize,
}

impl Fit<'_> {
    fn check(&self, report: &mut Report, sent: &[Component]) {
        let part = |kind: &str| sent.iter().enumerate().find(|(_, component)| component.is(kind));
        self.header(report, part("header"));
        self.body(report, part("body"));
        self.buttons(report, sent);
        if self.needs.offer_end && part("limited_time_offer").is_none() {
            let detail = "Give the end of the offer in a component of type `limited_time_offer`.";
            report.add("components", "template.offer_missing", detail);
        }
        self.cards(report, part("carousel"));
    }

    fn header(&self, report: &mut Report, sent: Option<(usize, &Component)>) {
        let parameter =
            sent.and_then(|(index, header)| header.parameters.first().map(|first| (index, first)));
        let wanted = match &self.needs.header {
            HeaderNeed::None => {
                if let Some((index, _)) = parameter {
                    let detail = "The template's header takes no parameter; leave this component out.";
                    report.add(&path(index), "template.header_unexpected", detail);
                }
                return;
            }
            HeaderNeed::Text(_) => "text",
            HeaderNeed::Media(kind) => kind,
            HeaderNeed::Location => "location",
        };
        let Some((index, parameter)) = parameter else {
            let detail = format!("The template's header needs a parameter of type `{wanted}`.");
            return report.add("components", "template.header_missing", detail);
        };
        if !parameter.is(wanted) {
            let detail = format!("The template's header takes a parameter of type `{wanted}`.");
            return report.add(
                &format!("{}.parameters[0].type", path(index)),
                "template.header_type",
                detail,
            );
        }
        if let (HeaderNeed::Text(place), Some(text)) =
            (&self.needs.header, find(self.definition, "HEADER").and_then(|header| header.text.as_deref()))
        {
            let finished = hydrate(text, std::slice::from_ref(place), std::slice::from_ref(parameter));
            too_long(report, index, &finished, HEADER_TEXT_MAX);
        }
    }

    fn body(&self, report: &mut Report, sent: Option<(usize, &Component)>) {
        let wanted = &self.needs.body;
        let parameters = sent.map(|(_, body)| body.parameters.as_slice()).unwrap_or_default();
        let place =
            sent.map_or_else(|| "components".to_owned(), |(index, _)| format!("{}.parameters", path(index)));
        let by_name = parameters.iter().any(|parameter| parameter.parameter_name.is_some());
        let format_misfit = match self.format {
            _ if parameters.is_empty() || wanted.is_empty() => None,
            ParameterFormat::Positional if by_name => {
                Some("The template's parameters go by position; leave `parameter_name` out.")
            }
            ParameterFormat::Named if !by_name => {
                Some("The template's parameters have names; give each its `parameter_name`.")
            }
            _ => None,
        };
        if let Some(detail) = format_misfit {
            return report.add(&place, "template.parameter_names", detail);
        }
        if by_name {
            self.names(report, &place, parameters);
        } else if parameters.len() != wanted.len() {
            let detail = format!(
                "The template's body takes {}; {} given.",
                counted(wanted.len(), "parameter"),
                if parameters.len() == 1 { "1 was".to_owned() } else { format!("{} were", parameters.len()) }
            );
            return report.add(&place, "template.parameter_count", detail);
        }
        if let (Some((index, _)), Some(text)) =
            (sent, find(self.definition, "BODY").and_then(|body| body.text.as_deref()))
        {
            too_long(report, index, &hydrate(text, wanted, parameters), self.body_max);
        }
    }

    fn names(&self, report: &mut Report, place: &str, parameters: &[Parameter]) {
        let given = |name: &str| parameters.iter().any(|each| each.parameter_name.as_deref() == Some(name));
        for name in self.needs.body.iter().filter(|name| !given(name)) {
            report.add(place, "template.parameter_missing", format!("Give the parameter `{name}`."));
        }
        for (index, parameter) in parameters.iter().enumerate() {
            let known = parameter.parameter_name.as_ref().is_some_and(|name| self.needs.body.contains(name));
            if !known {
                let detail = format!("The template's body has {}.", listed(&self.needs.body));
                report.add(&format!("{place}[{index}].parameter_name"), "template.parameter_unknown", detail);
            }
        }
    }

    fn buttons(&self, report: &mut Report, sent: &[Component]) {
        let all: Vec<(usize, &Component)> =
            sent.iter().enumerate().filter(|(_, component)| component.is("button")).collect();
        for need in &self.needs.buttons {
            let given = all.iter().find(|(_, component)| component.index == Some(need.index));
            match given {
                None if need.required => {
                    let detail = format!(
                        "Give button {} its parameter (`sub_type`: `{}`).",
                        need.index, need.sub_type
                    );
                    report.add("components", "template.button_missing", detail);
                }
                Some((place, component)) if !button_fits(need, component) => {
                    let detail = format!("Button {} is of `sub_type` `{}`.", need.index, need.sub_type);
                    report.add(&format!("{}.sub_type", path(*place)), "template.button_type", detail);
                }
                _ => {}
            }
        }
        for (place, component) in all {
            let known = self.needs.buttons.iter().any(|need| component.index == Some(need.index));
            if !known {
                let detail = "The template has no button at this place that takes a parameter.";
                report.add(&format!("{}.index", path(place)), "template.button_unexpected", detail);
            }
        }
    }

    fn cards(&self, report: &mut Report, sent: Option<(usize, &Component)>) {
        let Some(definition) = find(self.definition, "CAROUSEL") else {
            if let Some((index, _)) = sent {
                report.add(&path(index), "template.carousel_unexpected", "The template has no carousel.");
            }
            return;
        };
        let cards = sent.map(|(_, carousel)| carousel.cards.as_slice()).unwrap_or_default();
        let all_static = self.needs.cards.iter().all(Parameters::is_empty);
        if cards.len() != definition.cards.len() && !(cards.is_empty() && all_static) {
            let place =
                sent.map_or_else(|| "components".to_owned(), |(index, _)| format!("{}.cards", path(index)));
            let detail = format!("The template's carousel has {}.", counted(definition.cards.len(), "card"));
            return report.add(&place, "template.card_count", detail);
        }
        let Some((index, _)) = sent else { return };
        for (position, (card, defined)) in cards.iter().zip(&definition.cards).enumerate() {
            let fit = Fit {
                definition: &defined.components,
                needs: self.needs.cards[position].clone(),
                format: self.format,
                body_max: CARD_BODY_MAX,
            };
            report.at(&format!("{}.cards[{position}]", path(index)), |report| {
                fit.check(report, &card.components)
            });
        }
    }
}

/// One code, twice: in the text and in the button.
fn authentication(report: &mut Report, send: &Template) {
    let mut codes = Vec::new();
    for (index, component) in send.components.iter().enumerate() {
        let Some(code) = component.parameters.first().and_then(|parameter| parameter.text.as_deref()) else {
            continue;
        };
        report.length(&format!("{}.parameters[0].text", path(index)), code, AUTH_CODE_MAX);
        codes.push(code);
    }
    if codes.windows(2).any(|pair| pair[0] != pair[1]) {
        let detail = "Give the same code to the body and to the button.";
        report.add("components", "template.codes_differ", detail);
    }
}

fn button_fits(need: &ButtonNeed, component: &Component) -> bool {
    let given = component.sub_type.as_deref().unwrap_or_default();
    given.eq_ignore_ascii_case(need.sub_type) && !component.parameters.is_empty()
}

fn hydrate(text: &str, names: &[String], parameters: &[Parameter]) -> String {
    let value = |place: &str| {
        let by_name = parameters.iter().find(|each| each.parameter_name.as_deref() == Some(place));
        let by_place =
            || names.iter().position(|name| name == place).and_then(|position| parameters.get(position));
        by_name.or_else(by_place).and_then(Parameter::words)
    };
    let mut finished = String::with_capacity(text.len() * 2);
    let mut rest = text;
    // One pass, so that braces within a value are left alone.
    while let Some((before, after)) = rest.split_once("{{") {
        finished.push_str(before);
        let Some((place, behind)) = after.split_once("}}") else {
            finished.push_str("{{");
            rest = after;
            break;
        };
        match value(place.trim()) {
            Some(words) => finished.push_str(words),
            None => finished.extend(["{{", place, "}}"]),
        }
        rest = behind;
    }
    finished.push_str(rest);
    finished
}

fn too_long(report: &mut Report, index: usize, finished: &str, max: usize) {
    if finished.chars().count() > max {
        let detail = format!("With its values the text is longer than {max} characters; shorten a value.");
        report.add(&format!("{}.parameters", path(index)), "template.too_long", detail);
    }
}

fn path(index: usize) -> String {
    format!("components[{index}]")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "no parameters".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("the parameters {}", quoted.join(", "))
}
