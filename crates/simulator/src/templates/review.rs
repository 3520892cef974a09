//! Creating, editing and deleting templates, and the reviewer who comes later.

use serde_json::{Value, json};

use super::{Life, Review, Template, judge};
use crate::answer::Answer;
use crate::error::GraphError;
use crate::limits::{HOUR_US, MAX_EDITS, MAX_TEMPLATES, MAX_TEMPLATES_PER_HOUR, NAME_TAKEN_US, SECOND_US};
use crate::provision::TemplateSpec;
use crate::queue::What;
use crate::router::Query;
use crate::state::State;

impl State {
    /// A new template is pending until its review; `template_event` may come first.
    pub(crate) fn create_template(&mut self, now_us: i64, account: u32, body: &[u8]) -> Answer {
        let read = serde_json::from_slice::<Value>(body).map_err(|e| GraphError::parameter(e.to_string()));
        let judged = read.and_then(|request| judge(&request).map(|review| (request, review)));
        let (request, review) = match judged {
            Ok(judged) => judged,
            Err(error) => return self.refuse(&error),
        };
        let spec = spec_of(&request);
        if let Err(error) = self.may_create(now_us, account, &spec) {
            return self.refuse(&error);
        }
        self.accounts[account as usize].created.push(now_us);
        let index = self.add_template(account, spec);
        self.begin_review(now_us, account, index, review);
        let template = &self.accounts[account as usize].templates[index as usize];
        let category = template.spec.category.clone();
        Answer::value(&json!({"id": template.id.to_string(), "status": "PENDING", "category": category}))
    }

    fn may_create(&mut self, now_us: i64, account: u32, spec: &TemplateSpec) -> Result<(), GraphError> {
        if self.template_index(account, &spec.name, &spec.language).is_some() {
            return Err(GraphError::new(100, "Content in this language already exists").subcode(2_388_024));
        }
        let own = &mut self.accounts[account as usize];
        if own.retired.get(spec.name.as_str()).is_some_and(|until| *until > now_us) {
            let why = "New content can't be added while the existing content is being deleted.";
            return Err(GraphError::new(100, why).subcode(2_388_023));
        }
        own.created.retain(|at| *at > now_us - HOUR_US);
        if own.created.len() >= MAX_TEMPLATES_PER_HOUR {
            return Err(GraphError::new(80_008, "There have been too many calls to create templates."));
        }
        let living = own.templates.iter().filter(|template| template.spec.status != "DELETED").count();
        if living >= MAX_TEMPLATES {
            return Err(
                GraphError::new(100, "The account has as many templates as allowed.").subcode(2_388_019)
            );
        }
        Ok(())
    }

    fn begin_review(&mut self, now_us: i64, account: u32, template: u32, review: Review) {
        let faults = &self.config.faults;
        let review = if self.dice.chance(faults.template_reject) {
            Review::Reject("TAG_CONTENT_MISMATCH")
        } else if review == Review::Approve && self.dice.chance(faults.template_recategorise) {
            Review::ApproveAsMarketing
        } else {
            review
        };
        let life = &mut self.accounts[account as usize].templates[template as usize].life;
        life.review = Some(review);
        life.round += 1;
        let round = life.round;
        self.template_event(now_us.max(SECOND_US), account, template, "PENDING");
        if self.config.review_us >= 0 {
            let at = now_us + self.config.review_us;
            self.queue.plan(at, What::Reviewed { account, template, round });
        }
    }

    /// The review ends as its verdict said, unless somebody else decided meanwhile.
    pub(crate) fn reviewed(&mut self, now_us: i64, account: u32, template: u32, round: u32) {
        let entry = &mut self.accounts[account as usize].templates[template as usize];
        if entry.life.round != round || entry.spec.status != "PENDING" {
            return;
        }
        match entry.life.review.take() {
            None => {}
            Some(Review::Reject(reason)) => {
                entry.life.rejected_reason = Some(reason.to_owned());
                self.template_event(now_us, account, template, "REJECTED");
            }
            Some(Review::Approve) => self.template_event(now_us, account, template, "APPROVED"),
            Some(Review::ApproveAsMarketing) => {
                if entry.spec.category == "UTILITY" {
                    self.template_category(now_us, account, template, "MARKETING", false);
                }
                self.template_event(now_us, account, template, "APPROVED");
            }
        }
    }

    pub(crate) fn template_of_id(&self, account: u32, id: &str) -> Option<u32> {
        let id: u64 = id.parse().ok()?;
        let templates = &self.accounts[account as usize].templates;
        templates.iter().position(|each| each.id == id && each.spec.status != "DELETED").map(|n| n as u32)
    }

    /// Replaces all components; only of a template that is approved, rejected or paused.
    pub(crate) fn edit_template(
        &mut self,
        now_us: i64,
        account: u32,
        id: &str,
        body: &[u8],
    ) -> Option<Answer> {
        let index = self.template_of_id(account, id)?;
        Some(match self.edited(now_us, account, index, body) {
            Ok(review) => {
                self.begin_review(now_us, account, index, review);
                Answer::success()
            }
            Err(error) => self.refuse(&error),
        })
    }

    fn edited(&mut self, now_us: i64, account: u32, index: u32, body: &[u8]) -> Result<Review, GraphError> {
        let request: Value =
            serde_json::from_slice(body).map_err(|e| GraphError::parameter(e.to_string()))?;
        let template = &mut self.accounts[account as usize].templates[index as usize];
        let locked = |why: &str| GraphError::new(100, why).subcode(2_388_039);
        let status = template.spec.status.clone();
        if !matches!(status.as_str(), "APPROVED" | "REJECTED" | "PAUSED") {
            return Err(locked("Only approved, rejected and paused templates can be edited."));
        }
        let category = request["category"].as_str().unwrap_or(&template.spec.category).to_owned();
        if status == "APPROVED" {
            if category != template.spec.category {
                return Err(locked("The category of an approved template cannot be edited."));
            }
            let recent = |within: i64| template.life.edits.iter().filter(|at| **at > now_us - within).count();
            if MAX_EDITS.iter().any(|(within, most)| recent(*within) >= *most) {
                return Err(locked("An approved template can be edited once a day and ten times a month."));
            }
        }
        let mut whole = request;
        whole["name"] = json!(template.spec.name);
        whole["language"] = json!(template.spec.language);
        whole["category"] = json!(category);
        let review = judge(&whole)?;
        let mut edits = std::mem::take(&mut template.life.edits);
        if status == "APPROVED" {
            edits.push(now_us);
        }
        let (id, old) = (template.id, std::mem::take(&mut template.life));
        *template = Template::new(id, spec_of(&whole));
        let Life { round, was_approved, pauses, .. } = old;
        template.life = Life { edits, round, was_approved, pauses, ..Life::default() };
        Ok(review)
    }

    pub(crate) fn unpause_template(&mut self, now_us: i64, account: u32, id: &str) -> Option<Answer> {
        let index = self.template_of_id(account, id)?;
        if self.accounts[account as usize].templates[index as usize].spec.status != "PAUSED" {
            let error = GraphError::new(100, "Only a paused template can be unpaused.").subcode(2_388_039);
            return Some(self.refuse(&error));
        }
        self.template_event(now_us, account, index, "APPROVED");
        Some(Answer::success())
    }

    pub(crate) fn delete_template(&mut self, now_us: i64, account: u32, query: &Query) -> Answer {
        let Some(name) = query.get("name") else {
            return self.refuse(&GraphError::parameter("The parameter name is required."));
        };
        let only: Option<u64> = query.get("hsm_id").and_then(|id| id.parse().ok());
        let own = &mut self.accounts[account as usize];
        let chosen = |template: &Template| {
            template.spec.name == name
                && template.spec.status != "DELETED"
                && only.is_none_or(|id| id == template.id)
        };
        if own.templates.iter().any(|each| chosen(each) && each.spec.status == "DISABLED") {
            let error = GraphError::new(100, "A disabled template cannot be deleted.").subcode(2_388_039);
            return self.refuse(&error);
        }
        let mut found = false;
        for template in own.templates.iter_mut().filter(|each| chosen(each)) {
            template.set_status("DELETED");
            found = true;
            if template.life.was_approved && only.is_none() {
                own.retired.insert(name.into(), now_us + NAME_TAKEN_US);
            }
        }
        if found { Answer::success() } else { self.refuse(&GraphError::unknown_object("delete", name)) }
    }

    pub(crate) fn template_quality(&mut self, now_us: i64, account: u32, template: u32, score: &str) {
        let entry = &mut self.accounts[account as usize].templates[template as usize];
        let previous = entry.life.quality.replace(score.to_owned()).unwrap_or_else(|| "UNKNOWN".to_owned());
        let value = json!({
            "previous_quality_score": previous,
            "new_quality_score": score,
            "message_template_id": entry.id,
            "message_template_name": entry.spec.name,
            "message_template_language": entry.spec.language.replace('_', "-"),
        });
        self.post_field(now_us, account, "message_template_quality_update", &value);
    }

    /// An announcement names the category that will be right; the change comes without one.
    pub(crate) fn template_category(
        &mut self,
        now_us: i64,
        account: u32,
        template: u32,
        category: &str,
        announced: bool,
    ) {
        let entry = &mut self.accounts[account as usize].templates[template as usize];
        let old = entry.spec.category.clone();
        let mut value = json!({
            "message_template_id": entry.id,
            "message_template_name": entry.spec.name,
            "message_template_language": entry.spec.language.replace('_', "-"),
        });
        if announced {
            value["new_category"] = json!(old);
            value["correct_category"] = json!(category);
            value["category_update_timestamp"] = json!((now_us + 24 * HOUR_US) / SECOND_US);
        } else {
            entry.spec.category = category.to_owned();
            entry.category = crate::queue::Category::parse(category);
            entry.life.previous_category = Some(old.clone());
            value["previous_category"] = json!(old);
            value["new_category"] = json!(category);
        }
        self.post_field(now_us, account, "template_category_update", &value);
    }
}

fn spec_of(request: &Value) -> TemplateSpec {
    let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
    TemplateSpec {
        name: text("name"),
        language: text("language"),
        category: text("category"),
        status: "PENDING".into(),
        parameter_format: text("parameter_format").to_ascii_uppercase(),
        components: request["components"].as_array().cloned().unwrap_or_default(),
    }
}
