//! The templates edge: list and read.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::error::GraphError;
use crate::limits::{MAX_TEMPLATE_PAGE, TEMPLATE_PAGE};
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
            "quality_score": {"score": self.life.quality.as_deref().unwrap_or("UNKNOWN")},
            "rejected_reason": self.life.rejected_reason.as_deref().unwrap_or("NONE"),
            "previous_category": self.life.previous_category,
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

    pub(crate) fn template_index(&self, account: u32, name: &str, language: &str) -> Option<u32> {
        let own = &self.accounts[account as usize];
        let found = own.by_name.get(name)?.iter().find(|&&i| {
            let spec = &own.templates[i as usize].spec;
            spec.language == language && spec.status != "DELETED"
        });
        found.copied()
    }
}

fn cursor_text(position: usize) -> String {
    hex::encode(format!("at:{position}"))
}

fn cursor(text: &str) -> Option<usize> {
    let bytes = hex::decode(text).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("at:")?.parse().ok()
}
