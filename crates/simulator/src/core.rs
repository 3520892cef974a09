//! The simulator's public face: one lock around the state, and a bell for whoever waits for webhooks.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::answer::Answer;
use crate::config::{Customers, Faults, SimConfig};
use crate::ledger::{Counts, Ledger};
use crate::limits::MAX_TAKE;
use crate::provision::Provision;
use crate::queue::What;
use crate::router;
use crate::state::State;
use crate::webhooks::Webhook;

struct Inner {
    state: Mutex<State>,
    bell: Notify,
}

/// A simulated provider. Clones share everything.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

/// The state for one call; rings the bell when something was planned earlier than before.
struct Held<'s> {
    state: MutexGuard<'s, State>,
    bell: &'s Notify,
    next_us: Option<i64>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let next = self.state.queue.next_us();
        if next.is_some() && (self.next_us.is_none() || next < self.next_us) {
            self.bell.notify_one();
        }
    }
}

impl Simulator {
    pub fn new(config: SimConfig) -> Simulator {
        Simulator(Arc::new(Inner { state: Mutex::new(State::new(config)), bell: Notify::new() }))
    }

    fn hold(&self) -> Held<'_> {
        let state = self.0.state.lock();
        let next_us = state.queue.next_us();
        Held { state, bell: &self.0.bell, next_us }
    }

    pub(crate) fn bell(&self) -> &Notify {
        &self.0.bell
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.hold().state)
    }

    /// Answers one request to the provider or to `/_sim/`.
    pub fn handle(&self, now_us: i64, request: Request<Bytes>) -> Answer {
        router::handle(self, now_us, request)
    }

    /// When `take_due` will next have something to do.
    pub fn next_wake_us(&self) -> Option<i64> {
        self.0.state.lock().queue.next_us()
    }

    /// Lets everything happen that is due, and returns the webhooks to be delivered now.
    pub fn take_due(&self, now_us: i64) -> Vec<Webhook> {
        self.with(|state| state.take_due(now_us))
    }

    /// Tells how a delivery went. Anything but 200 is tried again, later and later, a bounded number of times.
    pub fn webhook_result(&self, now_us: i64, id: u64, status: Option<u16>) {
        self.with(|state| state.webhook_result(now_us, id, status));
    }

    pub fn provision(&self, spec: Provision) {
        self.with(|state| state.provision(spec));
    }

    pub fn set_callback(&self, business_account_id: &str, url: &str) {
        self.with(|state| {
            if let Some(&account) = state.account_ids.get(business_account_id) {
                state.accounts[account as usize].callback = Some(url.to_owned());
            }
        });
    }

    /// The token is no longer valid: calls with it get 190.
    pub fn revoke_token(&self, token: &str) {
        self.with(|state| state.tokens.remove(token));
    }

    /// From now on webhooks of the account are signed with this secret.
    pub fn set_app_secret(&self, business_account_id: &str, secret: &str) {
        self.with(|state| {
            if let Some(&account) = state.account_ids.get(business_account_id) {
                state.accounts[account as usize].key = crate::state::signing_key(secret);
            }
        });
    }

    pub fn set_faults(&self, faults: Faults) {
        self.with(|state| state.config.faults = faults);
    }

    pub fn set_customers(&self, customers: Customers) {
        self.with(|state| state.config.customers = customers);
    }

    /// Until then every call is answered 503 and nothing is accepted.
    pub fn outage(&self, until_us: i64) {
        self.with(|state| state.outage_until_us = until_us);
    }

    /// Forgets everything but the configuration.
    pub fn reset(&self) {
        self.with(|state| *state = State::new(state.config.clone()));
    }

    /// A customer writes a text. Returns the message's id, or nothing if there is no such number.
    pub fn inbound_text(&self, now_us: i64, phone_number_id: &str, from: &str, body: &str) -> Option<String> {
        self.inbound(now_us, phone_number_id, from, &json!({"type": "text", "text": {"body": body}}))
    }

    /// A customer sends anything: `fields` are the message's fields but `from`, `id` and `timestamp`.
    /// `from` is a phone number or a business-scoped user id.
    pub fn inbound(&self, now_us: i64, phone_number_id: &str, from: &str, fields: &Value) -> Option<String> {
        let empty = Map::new();
        let fields = fields.as_object().unwrap_or(&empty);
        self.with(|state| {
            let phone = *state.phone_ids.get(phone_number_id)?;
            Some(state.inbound(now_us, phone, from, fields))
        })
    }

    /// A customer sends an image with these bytes; the product can fetch it.
    pub fn inbound_image(
        &self,
        now_us: i64,
        phone_number_id: &str,
        from: &str,
        bytes: Bytes,
    ) -> Option<String> {
        let (id, sha256) = self.add_media(now_us, "image/jpeg", bytes);
        let image = json!({"id": id, "mime_type": "image/jpeg", "sha256": sha256});
        self.inbound(now_us, phone_number_id, from, &json!({"type": "image", "image": image}))
    }

    /// A customer taps a quick reply of the message `wamid`.
    pub fn inbound_button(
        &self,
        now_us: i64,
        phone_number_id: &str,
        from: &str,
        wamid: &str,
        text: &str,
    ) -> Option<String> {
        let fields =
            json!({"type": "button", "context": {"id": wamid}, "button": {"payload": text, "text": text}});
        self.inbound(now_us, phone_number_id, from, &fields)
    }

    /// A customer reacts to the message `wamid`; an empty emoji takes the reaction back.
    pub fn inbound_reaction(
        &self,
        now_us: i64,
        phone_number_id: &str,
        from: &str,
        wamid: &str,
        emoji: &str,
    ) -> Option<String> {
        let fields = json!({"type": "reaction", "reaction": {"message_id": wamid, "emoji": emoji}});
        self.inbound(now_us, phone_number_id, from, &fields)
    }

    /// Keeps a medium as if it had been uploaded. Returns its id and SHA-256.
    pub fn add_media(&self, now_us: i64, mime: &str, bytes: Bytes) -> (String, String) {
        self.with(|state| state.shelf.put(now_us, mime, bytes))
    }

    /// A template becomes `PAUSED`, `APPROVED`, `DISABLED`, … and the account is told. False if there is none.
    pub fn template_event(
        &self,
        now_us: i64,
        business_account_id: &str,
        name: &str,
        language: &str,
        event: &str,
    ) -> bool {
        self.with(|state| {
            let Some(&account) = state.account_ids.get(business_account_id) else { return false };
            let Some(template) = state.template_index(account, name, language) else { return false };
            state.template_event(now_us, account, template, event);
            true
        })
    }

    /// The template's quality becomes `GREEN`, `YELLOW`, `RED` or `UNKNOWN`, and the account is told.
    pub fn template_quality(
        &self,
        now_us: i64,
        business_account_id: &str,
        name: &str,
        language: &str,
        score: &str,
    ) -> bool {
        self.with(|state| {
            let Some(&account) = state.account_ids.get(business_account_id) else { return false };
            let Some(template) = state.template_index(account, name, language) else { return false };
            state.template_quality(now_us, account, template, score);
            true
        })
    }

    /// The template is moved to another category, now or, as an announcement, in a day.
    pub fn template_category(
        &self,
        now_us: i64,
        business_account_id: &str,
        name: &str,
        language: &str,
        category: &str,
        announced: bool,
    ) -> bool {
        self.with(|state| {
            let Some(&account) = state.account_ids.get(business_account_id) else { return false };
            let Some(template) = state.template_index(account, name, language) else { return false };
            state.template_category(now_us, account, template, category, announced);
            true
        })
    }

    /// `FLAGGED` lowers the quality by a step, `UNFLAGGED` restores it, `THROUGHPUT_UPGRADE` allows 1,000 a second.
    pub fn phone_event(&self, now_us: i64, phone_number_id: &str, event: &str) -> bool {
        self.with(|state| {
            let Some(&phone) = state.phone_ids.get(phone_number_id) else { return false };
            state.phone_event(now_us, phone, event);
            true
        })
    }

    /// An `account_update` with this event and these further fields.
    pub fn account_update(
        &self,
        now_us: i64,
        business_account_id: &str,
        event: &str,
        fields: &Value,
    ) -> bool {
        let mut value = json!({"event": event});
        for (key, field) in fields.as_object().into_iter().flatten() {
            value[key] = field.clone();
        }
        self.account_event(now_us, business_account_id, "account_update", &value)
    }

    /// A webhook of any field with any value.
    pub fn account_event(&self, now_us: i64, business_account_id: &str, field: &str, value: &Value) -> bool {
        self.with(|state| {
            let Some(&account) = state.account_ids.get(business_account_id) else { return false };
            state.post_field(now_us, account, field, value);
            true
        })
    }

    /// A customer stops (`stop`) or resumes (`resume`) marketing in the app's menu; after a stop,
    /// marketing templates fail with 131050.
    pub fn user_preference(&self, now_us: i64, phone_number_id: &str, from: &str, value: &str) -> bool {
        self.with(|state| {
            let Some(&phone) = state.phone_ids.get(phone_number_id) else { return false };
            state.user_preference(now_us, phone, from, value);
            true
        })
    }

    /// The whole book. Empty of submissions when `ledger_detail` is off.
    pub fn ledger(&self) -> Ledger {
        self.with(|state| state.ledger(0, crate::limits::MAX_LEDGER_ENTRIES))
    }

    /// The cheap totals.
    pub fn counts(&self) -> Counts {
        self.with(|state| state.book.counts.clone())
    }
}

impl State {
    fn take_due(&mut self, now_us: i64) -> Vec<Webhook> {
        let mut out = Vec::new();
        while out.len() < MAX_TAKE {
            let Some((at_us, what)) = self.queue.pop_due(now_us) else { break };
            match what {
                What::Status(receipt) => self.post_receipt(at_us, &receipt),
                What::Reply(reply) => self.reply(at_us, &reply),
                What::Flush { account, batch } => self.flush(at_us, account, Some(batch)),
                What::Body(id) => out.extend(self.hand_out(id)),
                What::Reviewed { account, template, round } => {
                    self.reviewed(at_us, account, template, round);
                }
                What::TemplateBack { account, template } => {
                    let status = &self.accounts[account as usize].templates[template as usize].spec.status;
                    if status == "PAUSED" {
                        self.template_event(at_us, account, template, "APPROVED");
                    }
                }
            }
        }
        out
    }
}
