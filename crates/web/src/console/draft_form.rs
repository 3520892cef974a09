//! A version as fields of a form, and back. What the fields cannot hold is edited as JSON in the same form.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tidings_domain::whatsapp::lint::places_of;

/// Fields of a posted form by name; each is a text.
pub type Fields = BTreeMap<String, String>;

/// Rows for buttons; the platform takes ten.
pub const BUTTONS: usize = 10;
/// Kinds of headers that the form knows; the empty one is none.
pub const HEADERS: [&str; 6] = ["", "TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"];
pub const BUTTON_KINDS: [&str; 5] = ["", "QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftForm {
    pub header: String,
    pub header_text: String,
    /// Handle of the uploaded sample of a header's file.
    pub header_handle: String,
    pub body: String,
    pub footer: String,
    /// A line each, for places that no declared variable gives a sample for.
    pub samples: String,
    pub buttons: Vec<ButtonFields>,
    /// The whole definition, in place of all other fields.
    pub json: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ButtonFields {
    pub kind: String,
    pub text: String,
    /// Address, number or sample code.
    pub value: String,
    /// Sample of the part of an address that varies.
    pub sample: String,
}

fn field(fields: &Fields, name: &str) -> String {
    fields.get(name).map(|text| text.trim().replace("\r\n", "\n")).unwrap_or_default()
}

impl DraftForm {
    pub fn read(fields: &Fields) -> Self {
        let button = |n: usize| {
            let of = |part: &str| field(fields, &format!("button{n}_{part}"));
            ButtonFields { kind: of("kind"), text: of("text"), value: of("value"), sample: of("sample") }
        };
        Self {
            header: field(fields, "header"),
            header_text: field(fields, "header_text"),
            header_handle: field(fields, "header_handle"),
            body: field(fields, "body"),
            footer: field(fields, "footer"),
            samples: field(fields, "samples"),
            buttons: (0..BUTTONS).map(button).filter(|button| !button.kind.is_empty()).collect(),
            json: field(fields, "json"),
        }
    }

    /// The definition, or the sentence that says what is wrong with the JSON.
    pub fn definition(&self) -> Result<Value, String> {
        if !self.json.is_empty() {
            return serde_json::from_str::<Map<String, Value>>(&self.json).map(Value::Object).map_err(
                |error| {
                    format!(
                        "This is no JSON object; reading stopped at line {}, column {}.",
                        error.line(),
                        error.column()
                    )
                },
            );
        }
        let mut samples: Vec<String> = self.samples.lines().map(|line| line.trim().to_owned()).collect();
        let named = is_named(&self.body) || is_named(&self.header_text);
        let mut components = Vec::new();
        if !self.header.is_empty() {
            components.push(self.header(&mut samples, named));
        }
        let mut body = json!({"type": "BODY", "text": self.body});
        add_example(&mut body, "body_text", &self.body, &mut samples, named);
        components.push(body);
        if !self.footer.is_empty() {
            components.push(json!({"type": "FOOTER", "text": self.footer}));
        }
        if !self.buttons.is_empty() {
            let buttons: Vec<Value> = self.buttons.iter().map(ButtonFields::definition).collect();
            components.push(json!({"type": "BUTTONS", "buttons": buttons}));
        }
        let mut whole = json!({"components": components});
        if named {
            whole["parameter_format"] = json!("NAMED");
        }
        Ok(whole)
    }

    fn header(&self, samples: &mut Vec<String>, named: bool) -> Value {
        let mut header = json!({"type": "HEADER", "format": self.header});
        match self.header.as_str() {
            "TEXT" => {
                header["text"] = json!(self.header_text);
                add_example(&mut header, "header_text", &self.header_text, samples, named);
            }
            _ if !self.header_handle.is_empty() => {
                header["example"] = json!({"header_handle": [self.header_handle]});
            }
            _ => {}
        }
        header
    }

    /// The fields of a definition; what they cannot hold stands as JSON.
    pub fn of(definition: &Value) -> Self {
        let mut form = Self::default();
        let mut samples = Vec::new();
        for component in definition["components"].as_array().into_iter().flatten() {
            let text = |name: &str| component[name].as_str().unwrap_or_default().to_owned();
            match text("type").to_ascii_uppercase().as_str() {
                "HEADER" => {
                    form.header = text("format").to_ascii_uppercase();
                    form.header_text = text("text");
                    let handle = &component["example"]["header_handle"][0];
                    form.header_handle = handle.as_str().unwrap_or_default().to_owned();
                    samples.extend(examples(&component["example"], "header_text"));
                }
                "BODY" => {
                    form.body = text("text");
                    samples.extend(examples(&component["example"], "body_text"));
                }
                "FOOTER" => form.footer = text("text"),
                "BUTTONS" => {
                    let buttons = component["buttons"].as_array().into_iter().flatten();
                    form.buttons = buttons.map(ButtonFields::of).collect();
                }
                _ => {}
            }
        }
        form.samples = samples.join("\n");
        let kept = form.definition().is_ok_and(|again| same(&again["components"], &definition["components"]));
        if !kept {
            let mut own = definition.clone();
            if let Some(fields) = own.as_object_mut() {
                for name in ["name", "language", "category"] {
                    fields.remove(name);
                }
            }
            let json = serde_json::to_string_pretty(&own).unwrap_or_default();
            return Self { json, ..Self::default() };
        }
        form
    }
}

impl ButtonFields {
    fn definition(&self) -> Value {
        let mut button = json!({"type": self.kind});
        if self.kind != "COPY_CODE" {
            button["text"] = json!(self.text);
        }
        match self.kind.as_str() {
            "URL" => {
                button["url"] = json!(self.value);
                if !self.sample.is_empty() {
                    button["example"] = json!([self.sample]);
                }
            }
            "PHONE_NUMBER" => button["phone_number"] = json!(self.value),
            "COPY_CODE" => button["example"] = json!(self.value),
            _ => {}
        }
        button
    }

    fn of(button: &Value) -> Self {
        let text = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
        let kind = text("type").to_ascii_uppercase();
        let first = || button["example"][0].as_str().unwrap_or_default().to_owned();
        let (value, sample) = match kind.as_str() {
            "URL" => (text("url"), first()),
            "PHONE_NUMBER" => (text("phone_number"), String::new()),
            "COPY_CODE" => match text("example") {
                code if code.is_empty() => (first(), String::new()),
                code => (code, String::new()),
            },
            _ => Default::default(),
        };
        Self { text: text("text"), kind, value, sample }
    }
}

/// Whether the places of a text are called by names, not by numbers.
fn is_named(text: &str) -> bool {
    places_of(text).is_ok_and(|places| {
        places.iter().any(|place| !place.name.is_empty() && !place.name.bytes().all(|b| b.is_ascii_digit()))
    })
}

fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for place in places_of(text).unwrap_or_default() {
        if !names.contains(&place.name) {
            names.push(place.name);
        }
    }
    names
}

/// Takes samples from the front of the list, one for each place; without enough of them the declared ones serve.
fn add_example(component: &mut Value, key: &str, text: &str, samples: &mut Vec<String>, named: bool) {
    let names = names(text);
    if names.is_empty() || samples.len() < names.len() {
        return;
    }
    let own: Vec<String> = samples.drain(..names.len()).collect();
    let mut example = Map::new();
    if named {
        let rows: Vec<Value> = names
            .iter()
            .zip(own)
            .map(|(name, sample)| json!({"param_name": name, "example": sample}))
            .collect();
        example.insert(format!("{key}_named_params"), json!(rows));
    } else if key == "header_text" {
        example.insert(key.to_owned(), json!(own));
    } else {
        example.insert(key.to_owned(), json!([own]));
    }
    component["example"] = Value::Object(example);
}

fn examples(example: &Value, key: &str) -> Vec<String> {
    let named = example[format!("{key}_named_params")].as_array();
    let plain = if key == "body_text" { example[key][0].as_array() } else { example[key].as_array() };
    let text = |each: &Value| each.as_str().or_else(|| each["example"].as_str()).map(str::to_owned);
    named.or(plain).into_iter().flatten().filter_map(text).collect()
}

/// Whether two lists of components say the same, letter case of types and formats apart.
fn same(one: &Value, other: &Value) -> bool {
    fn plain(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| match (name.as_str(), value) {
                    ("type" | "format", Value::String(text)) => (name.clone(), json!(text.to_uppercase())),
                    _ => (name.clone(), plain(value)),
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(plain).collect(),
            other => other.clone(),
        }
    }
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fields_become_a_definition_and_back() {
        let posted = fields(&[
            ("header", "TEXT"),
            ("header_text", "Order {{1}}"),
            ("body", "Hello {{1}},\r\n{{2}} parcels are on their way."),
            ("footer", "Tidings"),
            ("samples", "1234\nAda\n2"),
            ("button0_kind", "URL"),
            ("button0_text", "Track"),
            ("button0_value", "https://example.com/{{1}}"),
            ("button0_sample", "https://example.com/7"),
            ("button2_kind", "QUICK_REPLY"),
            ("button2_text", "Thanks"),
            ("button3_text", "no kind: not there"),
        ]);
        let form = DraftForm::read(&posted);
        let definition = form.definition().expect("no JSON was given");
        assert_eq!(
            definition,
            json!({"components": [
                {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["1234"]}},
                {"type": "BODY", "text": "Hello {{1}},\n{{2}} parcels are on their way.",
                    "example": {"body_text": [["Ada", "2"]]}},
                {"type": "FOOTER", "text": "Tidings"},
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": "Track", "url": "https://example.com/{{1}}",
                        "example": ["https://example.com/7"]},
                    {"type": "QUICK_REPLY", "text": "Thanks"}]},
            ]})
        );
        assert_eq!(DraftForm::of(&definition), form);
    }

    #[test]
    fn names_make_a_named_template_and_declared_samples_are_left_to_serve() {
        let form = DraftForm::read(&fields(&[("body", "Hello {{first_name}}, welcome.")]));
        let definition = form.definition().expect("no JSON was given");
        assert_eq!(definition["parameter_format"], "NAMED");
        assert_eq!(definition["components"][0]["example"], Value::Null);
    }

    #[test]
    fn what_the_fields_cannot_hold_is_edited_as_json() {
        let carousel = json!({"name": "x", "language": "en", "category": "MARKETING", "components": [
            {"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": []}]});
        let form = DraftForm::of(&carousel);
        assert!(form.body.is_empty() && form.json.contains("CAROUSEL") && !form.json.contains("\"name\""));
        assert_eq!(form.definition().expect("it is JSON")["components"], carousel["components"]);
        let broken = DraftForm { json: "{\n  nonsense".to_owned(), ..DraftForm::default() };
        assert!(broken.definition().expect_err("no JSON").contains("line 2"));
    }
}
