//! The templates edge: list, read, create, delete.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::error::GraphError;
use crate::limits::{MAX_TEMPLATE_PAGE, SECOND_US, TEMPLATE_PAGE};
use crate::provision::TemplateSpec;
use crate::router::{Query, base_url};
use crate::state::State;

use super::Template;

impl Template {
    fn json(&self, fields: Option<&str>) -> Value {
        let whole = json!({
            "id": self.id.to_string(),
            "name": self.spec.name,
            "language": self.spec.language,
            "status": self.spec.status,
            "category": self.spec.category,
            "parameter_format": self.spec.parameter_format,
            "components": self.spec.components,
            "quality_score": {"score": "UNKNOWN"},
            "rejected_reason": "NONE",
            "message_send_ttl_seconds": null,
        });
        pick(whole, fields, &["name", "language", "status", "category", "parameter_format", "components"])
    }
}

/// The fields asked for, or the usual ones, and always the id.
pub(crate) fn pick(whole: Value, fields: Option<&str>, usual: &[&str]) -> Value {
    let wanted: Vec<&str> = match fields {
        Some(fields) => {
            fields.split(',').map(|field| field.split(['{', '.']).next().unwrap_or("").trim()).collect()
        }
        None => usual.to_vec(),
    };
    let Value::Object(map) = whole else { return whole };
    let keep = |(name, value): &(String, Value)| {
        !value.is_null() && (name == "id" || wanted.contains(&name.as_str()))
    };
    Value::Object(map.into_iter().filter(keep).collect::<Map<_, _>>())
}

impl State {
    pub(crate) fn list_templates(
        &self,
        account: u32,
        query: &Query,
        path: &str,
        host: Option<&str>,
    ) -> Answer {
        let own = &self.accounts[account as usize];
        let fits = |template: &&Template| {
            let spec = &template.spec;
            let same =
                |key: &str, value: &str| query.get(key).is_none_or(|want| want.eq_ignore_ascii_case(value));
            spec.status != "DELETED"
                && same("status", &spec.status)
                && same("category", &spec.category)
                && same("language", &spec.language)
                && query.get("name").is_none_or(|want| spec.name.contains(want))
        };
        let all: Vec<&Template> = own.templates.iter().filter(fits).collect();
        let limit = query.get("limit").and_then(|text| text.parse().ok()).unwrap_or(TEMPLATE_PAGE);
        let limit = limit.clamp(1, MAX_TEMPLATE_PAGE);
        let start = match query.get("after").map(cursor) {
            None => 0,
            Some(Some(start)) => start.min(all.len()),
            Some(None) => return Answer::error(&GraphError::parameter("Invalid cursor."), self.trace),
        };
        let end = (start + limit).min(all.len());
        let data: Vec<Value> =
            all[start..end].iter().map(|template| template.json(query.get("fields"))).collect();
        let mut page = json!({"data": data});
        if end > start {
            page["paging"] = json!({"cursors": {"before": cursor_text(start), "after": cursor_text(end)}});
        }
        if end < all.len() {
            let mut next =
                format!("{}{path}?limit={limit}&after={}", base_url(&self.config, host), cursor_text(end));
            for key in ["fields", "status", "category", "language", "name"] {
                if let Some(value) = query.get(key) {
                    next.push_str(&format!("&{key}={value}"));
                }
            }
            page["paging"]["next"] = json!(next);
        }
        Answer::value(&page)
    }

    pub(crate) fn read_template(&self, account: u32, id: &str, query: &Query) -> Option<Answer> {
        let id: u64 = id.parse().ok()?;
        let template = self.accounts[account as usize].templates.iter().find(|template| template.id == id)?;
        Some(Answer::value(&template.json(query.get("fields"))))
    }

    /// A new template is pending; `template_event` approves or rejects it.
    pub(crate) fn create_template(&mut self, now_us: i64, account: u32, body: &[u8]) -> Answer {
        let created = serde_json::from_slice::<Value>(body).map_err(|e| GraphError::parameter(e.to_string()));
        let spec = created.and_then(|value| new_spec(&value));
        let spec = match spec {
            Ok(spec) => spec,
            Err(error) => return self.refuse(&error),
        };
        if self.template_index(account, &spec.name, &spec.language).is_some() {
            let error = GraphError::new(100, "Content in this language already exists").subcode(2_388_024);
            return self.refuse(&error);
        }
        let category = spec.category.clone();
        let index = self.add_template(account, spec);
        self.template_event(now_us.max(SECOND_US), account, index, "PENDING");
        let id = self.accounts[account as usize].templates[index as usize].id;
        Answer::value(&json!({"id": id.to_string(), "status": "PENDING", "category": category}))
    }

    pub(crate) fn delete_template(&mut self, account: u32, query: &Query) -> Answer {
        let Some(name) = query.get("name") else {
            return self.refuse(&GraphError::parameter("The parameter name is required."));
        };
        let only: Option<u64> = query.get("hsm_id").and_then(|id| id.parse().ok());
        let mut found = false;
        for template in &mut self.accounts[account as usize].templates {
            if template.spec.name == name && only.is_none_or(|id| id == template.id) {
                template.set_status("DELETED");
                found = true;
            }
        }
        if found { Answer::success() } else { self.refuse(&GraphError::unknown_object("delete", name)) }
    }

    pub(crate) fn template_index(&self, account: u32, name: &str, language: &str) -> Option<u32> {
        let own = &self.accounts[account as usize];
        let found = own.by_name.get(name)?.iter().find(|&&i| {
            let spec = &own.templates[i as usize].spec;
            spec.language == language && spec.status != "DELETED"
        });
        found.copied()
    }
}

fn new_spec(value: &Value) -> Result<TemplateSpec, GraphError> {
    let text = |key: &str| {
        let text = value[key].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| GraphError::parameter(format!("The parameter {key} is required.")))
    };
    let name = text("name")?;
    if name.len() > 512 || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Err(GraphError::parameter(
            "Param name can only have lowercase letters, digits and underscores.",
        ));
    }
    let category = text("category")?;
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category.as_str()) {
        return Err(GraphError::parameter(
            "Param category must be one of {UTILITY, MARKETING, AUTHENTICATION}.",
        ));
    }
    let components = value["components"].as_array().cloned().unwrap_or_default();
    if !components
        .iter()
        .any(|part| part["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("body")))
    {
        return Err(GraphError::parameter("A template needs a body."));
    }
    Ok(TemplateSpec {
        name,
        language: text("language")?,
        category,
        status: "PENDING".into(),
        parameter_format: value["parameter_format"].as_str().unwrap_or("").to_ascii_uppercase(),
        components,
    })
}

fn cursor_text(position: usize) -> String {
    hex::encode(format!("at:{position}"))
}

fn cursor(text: &str) -> Option<usize> {
    let bytes = hex::decode(text).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("at:")?.parse().ok()
}
