//! Customers write, and the provider reports events of its own.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::customers::write_contact;
use crate::json::{self, ascii};
use crate::limits::SECOND_US;
use crate::queue::Reply;
use crate::state::{State, key_of_user_id, user_id};
use crate::webhooks::{List, Note, Update};

impl State {
    /// A customer sends a message; `fields` are its type and content. Returns the message's id.
    pub fn inbound(&mut self, now_us: i64, phone: u32, from: &str, fields: &Map<String, Value>) -> String {
        let key = if from.contains('.') {
            key_of_user_id(from).to_owned()
        } else {
            from.chars().filter(char::is_ascii_digit).collect()
        };
        let person = self.person(&key);
        let only_user_id = from.contains('.');
        let known_phone = (!only_user_id).then_some(key.as_str());
        let user = if only_user_id { from.to_owned() } else { user_id(&key) };
        self.inbound_n += 1;
        let id = format!("wamid.HBgI{:08X}{:012X}", self.config.seed as u32, self.inbound_n);
        let mut item = String::with_capacity(256);
        item.push('{');
        if let Some(digits) = known_phone {
            let _ = write!(item, "\"from\":\"{digits}\",");
        }
        if self.config.user_ids || only_user_id {
            item.push_str("\"from_user_id\":");
            json::string(&mut item, &user);
            item.push(',');
        }
        let _ = write!(item, "\"id\":\"{id}\",\"timestamp\":\"{}\"", now_us / SECOND_US);
        for (name, value) in
            fields.iter().filter(|(name, _)| !matches!(name.as_str(), "from" | "id" | "timestamp"))
        {
            item.push(',');
            json::string(&mut item, name);
            item.push(':');
            item.push_str(&ascii(&value.to_string()));
        }
        item.push('}');
        let mut contact = String::new();
        if self.config.user_ids || only_user_id {
            write_contact(&mut contact, known_phone, &user);
        } else if let Some(digits) = known_phone {
            let _ = write!(contact, "{{\"profile\":{{\"name\":\"Customer\"}},\"wa_id\":\"{digits}\"}}");
        }
        self.open_window(phone, person, now_us);
        self.phones[phone as usize].throughput.charge(now_us);
        self.book.counts.inbound += 1;
        let account = self.phones[phone as usize].account;
        let stop = fields
            .get("text")
            .and_then(|text| text["body"].as_str())
            .is_some_and(|body| body.trim().eq_ignore_ascii_case("stop"));
        let note = if stop { Note::Stop(account, person) } else { Note::Nothing };
        self.post(now_us, Update { phone, list: List::Messages, contact, item, note });
        id
    }

    /// A planned answer of a customer.
    pub fn reply(&mut self, now_us: i64, reply: &Reply) {
        let from = self.person_key(reply.person).to_owned();
        let digits: String =
            self.phones[reply.phone as usize].display.chars().filter(char::is_ascii_digit).collect();
        let mut fields = Map::new();
        fields.insert("context".into(), json!({"from": digits, "id": self.wamid(reply.to_n)}));
        fields.insert("type".into(), json!("text"));
        fields.insert("text".into(), json!({"body": reply.text}));
        self.inbound(now_us, reply.phone, &from, &fields);
    }

    /// A template changes its status, and the account hears of it.
    pub fn template_event(&mut self, now_us: i64, account: u32, template: u32, event: &str) {
        let entry = &mut self.accounts[account as usize].templates[template as usize];
        match event {
            "APPROVED" | "REINSTATED" | "UNARCHIVED" => entry.set_status("APPROVED"),
            "FLAGGED" => {}
            other => entry.set_status(other),
        }
        match event {
            "APPROVED" | "REINSTATED" => {
                entry.life.was_approved = true;
                entry.life.rejected_reason = None;
            }
            "REJECTED" => {
                entry.life.rejected_reason.get_or_insert_with(|| "INVALID_FORMAT".into());
            }
            "PAUSED" => entry.life.pauses += 1,
            _ => {}
        }
        let mut value = json!({
            "event": event,
            "message_template_id": entry.id,
            "message_template_name": entry.spec.name,
            "message_template_language": entry.spec.language.replace('_', "-"),
            "message_template_category": entry.spec.category,
            "reason": "NONE",
        });
        match event {
            "PAUSED" => {
                value["other_info"] = json!({"title": if entry.life.pauses > 1 { "SECOND_PAUSE" } else { "FIRST_PAUSE" },
                "description": "Low quality"})
            }
            "DISABLED" => value["disable_info"] = json!({"disable_date": now_us / SECOND_US}),
            "REJECTED" => value["reason"] = json!(entry.life.rejected_reason),
            _ => {}
        }
        self.post_field(now_us, account, "message_template_status_update", &value);
    }

    /// A number changes its quality or its throughput, and the account hears of it.
    pub fn phone_event(&mut self, now_us: i64, phone: u32, event: &str) {
        let number = &mut self.phones[phone as usize];
        match event {
            "FLAGGED" => number.quality = if number.quality == "GREEN" { "YELLOW" } else { "RED" },
            "UNFLAGGED" => number.quality = "GREEN",
            "THROUGHPUT_UPGRADE" => number.throughput.mps = number.throughput.mps.max(1000.0),
            _ => {}
        }
        let account = number.account;
        let value = json!({
            "display_phone_number": &*number.display,
            "event": event,
            "max_daily_conversations_per_business": self.accounts[account as usize].tier_name(),
        });
        self.post_field(now_us, account, "phone_number_quality_update", &value);
    }

    /// A customer stops or resumes marketing in the app's own menu.
    pub fn user_preference(&mut self, now_us: i64, phone: u32, from: &str, value: &str) {
        let key = key_of_user_id(from).trim_start_matches('+').to_owned();
        let person = self.person(&key);
        self.pair(phone, person).no_marketing = value == "stop";
        let number = &self.phones[phone as usize];
        let account = number.account;
        let mut preference = json!({
            "detail": format!("User requested to {value} marketing messages"),
            "category": "marketing_messages",
            "value": value,
            "timestamp": now_us / SECOND_US,
        });
        if key.contains('.') {
            preference["user_id"] = json!(key);
        } else {
            preference["wa_id"] = json!(key);
            preference["user_id"] = json!(user_id(&key));
        }
        let body = json!({
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": &*number.display, "phone_number_id": &*number.id},
            "user_preferences": [preference],
        });
        self.post_field(now_us, account, "user_preferences", &body);
    }
}
