//! What the tenants' applications and their customers do in a run, and when.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::plan::TenantPlan;
use crate::limits::SIMULATED_MESSAGES_MAX;

const SECOND: i64 = 1_000_000;
/// People per tenant: few, so that they meet pair limits, order, consent and windows.
const PEOPLE: usize = 12;

#[derive(Debug, Clone)]
pub struct Action {
    /// Virtual microseconds since the run began.
    pub at_us: i64,
    pub tenant: usize,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    /// One intent under an idempotency key; the application repeats it until it has an answer.
    Send {
        key: String,
        intent: Value,
    },
    /// Several intents in one call.
    Batch {
        key: String,
        intents: Vec<Value>,
    },
    /// The same call as an earlier action, once more.
    Repeat {
        of: usize,
    },
    /// Takes back the message of an earlier action.
    Cancel {
        of: usize,
    },
    Consent {
        phone: String,
        granted: bool,
    },
    /// The customer chooses in the app's menu; the platform tells by callback.
    Preference {
        number: String,
        phone: String,
        stop: bool,
    },
    /// A customer writes.
    Inbound {
        number: String,
        phone: String,
        text: &'static str,
    },
    Pause {
        category: &'static str,
        for_us: i64,
    },
    /// Every call to the provider fails for so long.
    Outage {
        for_us: i64,
    },
}

pub(super) fn phone(tenant: usize, person: usize) -> String {
    format!("+49151{tenant}0200{person:02}0")
}

struct Writer<'a> {
    dice: &'a mut StdRng,
    tenants: &'a [TenantPlan],
    actions: Vec<Action>,
    messages: usize,
    at_us: i64,
}

pub(super) fn actions(dice: &mut StdRng, tenants: &[TenantPlan]) -> Vec<Action> {
    let target = dice.random_range(40..SIMULATED_MESSAGES_MAX * 3 / 4);
    let pace_us = dice.random_range(20_000..400_000);
    let mut writer = Writer { dice, tenants, actions: Vec::new(), messages: 0, at_us: SECOND / 10 };
    while writer.messages < target {
        writer.at_us += writer.dice.random_range(0..pace_us);
        let tenant = writer.dice.random_range(0..tenants.len());
        let what = writer.what(tenant);
        writer.actions.push(Action { at_us: writer.at_us, tenant, what });
    }
    writer.actions
}

impl Writer<'_> {
    fn what(&mut self, tenant: usize) -> What {
        let person = phone(tenant, self.dice.random_range(0..PEOPLE));
        match self.dice.random_range(0..100) {
            0..=59 => {
                self.messages += 1;
                What::Send { key: format!("one-{}", self.actions.len()), intent: self.intent(tenant) }
            }
            60..=67 => {
                let room = SIMULATED_MESSAGES_MAX - self.messages;
                let many = self.dice.random_range(2..=10).min(room);
                self.messages += many;
                let intents = (0..many).map(|_| self.intent(tenant)).collect();
                What::Batch { key: format!("many-{}", self.actions.len()), intents }
            }
            68..=73 => {
                self.earlier(tenant).map_or_else(|| self.inbound(tenant, person), |of| What::Repeat { of })
            }
            74..=79 => {
                self.earlier(tenant).map_or_else(|| self.inbound(tenant, person), |of| What::Cancel { of })
            }
            80..=84 => What::Consent { phone: person, granted: self.dice.random_bool(0.3) },
            85..=86 => What::Preference {
                number: self.number(tenant),
                phone: person,
                stop: self.dice.random_bool(0.7),
            },
            87..=96 => self.inbound(tenant, person),
            97..=98 => What::Pause {
                category: ["marketing", "utility"][self.dice.random_range(0..2)],
                for_us: self.dice.random_range(SECOND..20 * SECOND),
            },
            _ => What::Outage { for_us: self.dice.random_range(SECOND..15 * SECOND) },
        }
    }

    fn inbound(&mut self, tenant: usize, phone: String) -> What {
        let text = if self.dice.random_bool(0.05) { "STOP" } else { "Where is my parcel?" };
        What::Inbound { number: self.number(tenant), phone, text }
    }

    /// An action of the same tenant that sent something.
    fn earlier(&mut self, tenant: usize) -> Option<usize> {
        let sent: Vec<usize> = (0..self.actions.len())
            .filter(|index| self.actions[*index].tenant == tenant)
            .filter(|index| matches!(self.actions[*index].what, What::Send { .. } | What::Batch { .. }))
            .collect();
        // A late one: what is canceled or repeated is mostly still under way.
        let recent = &sent[sent.len().saturating_sub(4)..];
        (!recent.is_empty()).then(|| recent[self.dice.random_range(0..recent.len())])
    }

    fn number(&mut self, tenant: usize) -> String {
        let accounts = &self.tenants[tenant].accounts;
        let account = &accounts[self.dice.random_range(0..accounts.len())];
        account.numbers[self.dice.random_range(0..account.numbers.len())].phone_number_id.clone()
    }

    fn intent(&mut self, tenant: usize) -> Value {
        let phone = phone(tenant, self.dice.random_range(0..PEOPLE));
        let display = {
            let accounts = &self.tenants[tenant].accounts;
            let account = &accounts[self.dice.random_range(0..accounts.len())];
            account.numbers[self.dice.random_range(0..account.numbers.len())].display.replace(' ', "")
        };
        let n = self.messages.to_string();
        let template = |name: &str, variables: &[&str]| json!({"name": name, "language": "en_US", "variables": variables});
        let mut intent = match self.dice.random_range(0..10) {
            0..=4 => json!({"template": template("order_update", &["Ann", &n])}),
            5..=7 => json!({"template": template("spring_offer", &["Ann"])}),
            8 => json!({"template": template("login_code", &["123456"])}),
            _ => json!({"text": {"body": "Thank you for asking."}}),
        };
        intent["to"] = json!({ "phone": phone });
        intent["from"] = json!(display);
        intent["reference"] = json!(format!("ref-{n}"));
        if self.dice.random_bool(0.05) {
            intent["ordered"] = json!(true);
        }
        if self.dice.random_bool(0.1) {
            // Relative: the application turns it into a time when it sends.
            intent["send_at"] = json!(self.dice.random_range(SECOND..30 * SECOND));
        }
        if self.dice.random_bool(0.1) {
            intent["expires_at"] = json!(self.dice.random_range(SECOND..60 * SECOND));
        }
        intent
    }
}
