//! What the tenants' applications and their customers do in a run, and when.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use tidings_store::model::PauseScope;

use super::disk::Spell;
use super::plan::TenantPlan;
use super::wire::Storm;
use crate::limits::SIMULATED_MESSAGES_MAX;

const SECOND: i64 = 1_000_000;

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
    /// The switch for a category, for one of the senders, or for the whole tenant.
    Pause {
        scope: PauseScope,
        /// The category; the number of the sender.
        target: String,
        for_us: i64,
    },
    /// The platform pauses a template of the tenant's first account, and approves it again after so long.
    Template {
        business_id: String,
        name: &'static str,
        for_us: i64,
    },
    /// Every call to the provider fails for so long.
    Outage {
        for_us: i64,
    },
    /// The way to the provider is bad for so long.
    Storm {
        storm: Storm,
        for_us: i64,
    },
    /// The disk is bad for so long.
    Disk {
        spell: Spell,
        for_us: i64,
    },
    /// The wall clock steps.
    Step {
        by_us: i64,
    },
    /// Another owner takes the lease and keeps it for so long.
    Steal {
        for_us: i64,
    },
    /// What shrinking left out.
    Nothing,
}

impl What {
    /// Whether it is a fault, and no traffic.
    pub fn is_fault(&self) -> bool {
        use What::{Disk, Outage, Pause, Steal, Step, Storm, Template};
        matches!(
            self,
            Outage { .. }
                | Storm { .. }
                | Disk { .. }
                | Step { .. }
                | Steal { .. }
                | Pause { .. }
                | Template { .. }
        )
    }
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
    /// People per tenant: few, so that they meet pair limits, order, consent and windows.
    people: usize,
}

pub(super) fn actions(dice: &mut StdRng, tenants: &[TenantPlan]) -> Vec<Action> {
    // Most runs are short: what a fault breaks it breaks early, and a machine plays more of them.
    let most = [40, 80, SIMULATED_MESSAGES_MAX - 20][dice.random_range(0..3)];
    let target = dice.random_range(15..most);
    let pace_us = dice.random_range(20_000..400_000);
    let people = [1, 4, 12][dice.random_range(0..3)];
    let mut writer = Writer { dice, tenants, actions: Vec::new(), messages: 0, at_us: SECOND / 10, people };
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
        let person = phone(tenant, self.dice.random_range(0..self.people));
        match self.dice.random_range(0..106) {
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
            _ => self.fault(tenant),
        }
    }

    fn fault(&mut self, tenant: usize) -> What {
        let for_us = self.dice.random_range(SECOND..15 * SECOND);
        match self.dice.random_range(0..10) {
            0..=1 => self.pause(for_us),
            2 => What::Template {
                business_id: self.tenants[tenant].accounts[0].business_id.clone(),
                name: ["order_update", "spring_offer"][self.dice.random_range(0..2)],
                for_us,
            },
            3 => What::Outage { for_us },
            4 => What::Storm { storm: Storm::Partial(self.dice.random_range(0.1..0.9)), for_us },
            5 => What::Storm { storm: Storm::Slow(self.dice.random_range(SECOND / 10..40 * SECOND)), for_us },
            6 => What::Disk { spell: Spell::Down, for_us },
            7 => What::Disk { spell: Spell::Slow, for_us },
            8 => What::Step { by_us: self.step() },
            _ => What::Steal { for_us: for_us / 3 },
        }
    }

    fn pause(&mut self, for_us: i64) -> What {
        match self.dice.random_range(0..4) {
            0 => What::Pause { scope: PauseScope::Tenant, target: String::new(), for_us },
            1 => What::Pause { scope: PauseScope::Sender, target: "0".to_owned(), for_us },
            _ => {
                let target = ["marketing", "utility"][self.dice.random_range(0..2)].to_owned();
                What::Pause { scope: PauseScope::Category, target, for_us }
            }
        }
    }

    /// Mostly seconds either way; now and then a day ahead, or minutes back.
    fn step(&mut self) -> i64 {
        match self.dice.random_range(0..10) {
            0 => self.dice.random_range(3_600 * SECOND..86_400 * SECOND),
            1 => -self.dice.random_range(30 * SECOND..120 * SECOND),
            _ => self.dice.random_range(-30 * SECOND..30 * SECOND),
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
        let phone = phone(tenant, self.dice.random_range(0..self.people));
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
