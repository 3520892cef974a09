//! From updates to signed bodies: batching, faults on the way, repeats.

use std::collections::HashMap;
use std::fmt::Write;

use aws_lc_rs::hmac;
use bytes::Bytes;

use crate::json;
use crate::ledger::Status;
use crate::limits::{
    DELAY_WEBHOOK_US, DUPLICATE_WEBHOOK_US, MAX_BATCH, REORDER_WEBHOOK_US, SECOND_US, WEBHOOK_ATTEMPTS,
    WEBHOOK_RETRY_MAX_US, WEBHOOK_RETRY_US,
};
use crate::queue::What;
use crate::state::State;

/// One HTTP request that the simulator wants made.
#[derive(Clone)]
pub struct Webhook {
    pub id: u64,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Which list of a `messages` change an update stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum List {
    Statuses,
    Messages,
}

/// One status or message, written out, waiting for its body.
pub struct Update {
    pub phone: u32,
    pub list: List,
    /// The entry for `contacts`, or empty.
    pub contact: String,
    pub item: String,
    pub note: Note,
}

/// What the book learns once the update is delivered.
#[derive(Clone, Copy)]
pub enum Note {
    Nothing,
    Receipt(u64, Status),
    /// A customer of this account said STOP.
    Stop(u32, u32),
}

struct Batch {
    no: u64,
    updates: Vec<Update>,
}

#[derive(Clone)]
struct Parcel {
    account: u32,
    body: Bytes,
    signature: String,
    attempts: u32,
    notes: Vec<Note>,
}

/// Open batches and bodies on their way.
#[derive(Default)]
pub struct Outbox {
    batches: HashMap<u32, Batch>,
    parcels: HashMap<u64, Parcel>,
    last_id: u64,
    last_batch: u64,
}

impl State {
    /// Puts an update into the account's open batch.
    pub fn post(&mut self, now_us: i64, update: Update) {
        let account = self.phones[update.phone as usize].account;
        let full = self.config.webhook.max_batch.clamp(1, MAX_BATCH);
        let outbox = &mut self.outbox;
        let batch = outbox.batches.entry(account).or_insert_with(|| {
            outbox.last_batch += 1;
            Batch { no: outbox.last_batch, updates: Vec::new() }
        });
        batch.updates.push(update);
        if batch.updates.len() >= full {
            self.flush(now_us, account, None);
        } else if batch.updates.len() == 1 {
            let at = now_us + self.config.webhook.batch_window_us.max(0);
            let what = What::Flush { account, batch: batch.no };
            self.queue.plan(at, what);
        }
    }

    /// Closes the open batch, or only the one of this number.
    pub fn flush(&mut self, now_us: i64, account: u32, only: Option<u64>) {
        if only.is_some() && self.outbox.batches.get(&account).map(|batch| batch.no) != only {
            return;
        }
        let Some(batch) = self.outbox.batches.remove(&account) else { return };
        let body = self.messages_body(now_us, account, &batch.updates);
        let updates = batch.updates.len() as u64;
        let notes = batch.updates.iter().map(|update| update.note).collect();
        self.book.counts.webhooks.updates += updates;
        let faults = &self.config.faults;
        if self.dice.chance(faults.lose_webhook) {
            self.book.counts.webhooks.bodies += 1;
            self.book.counts.webhooks.lost += 1;
            self.book.counts.webhooks.lost_updates += updates;
            return;
        }
        let mut at = now_us;
        if self.dice.chance(faults.delay_webhook) {
            at += self.dice.between(DELAY_WEBHOOK_US);
            self.book.counts.webhooks.delayed += 1;
        } else if self.dice.chance(faults.reorder_webhook) {
            at += self.dice.between(REORDER_WEBHOOK_US);
            self.book.counts.webhooks.reordered += 1;
        }
        let again = self.dice.chance(faults.duplicate_webhook);
        let id = self.dispatch(at, account, body, notes);
        if again {
            self.book.counts.webhooks.duplicated += 1;
            let parcel = self.outbox.parcels[&id].clone();
            let later = at + self.dice.between(DUPLICATE_WEBHOOK_US);
            self.plan_parcel(later, parcel);
        }
    }

    /// Sends an update of another field in a body of its own; the fault model leaves these alone.
    pub fn post_field(&mut self, now_us: i64, account: u32, field: &str, value: &serde_json::Value) {
        let mut body = String::with_capacity(512);
        self.open_body(&mut body, now_us, account);
        body.push_str("{\"value\":");
        body.push_str(&json::ascii(&value.to_string()));
        body.push_str(",\"field\":");
        json::string(&mut body, field);
        body.push_str("}]}]}");
        self.book.counts.webhooks.updates += 1;
        self.dispatch(now_us, account, body, Vec::new());
    }

    fn dispatch(&mut self, at_us: i64, account: u32, body: String, notes: Vec<Note>) -> u64 {
        self.book.counts.webhooks.bodies += 1;
        let tag = hmac::sign(&self.accounts[account as usize].key, body.as_bytes());
        let mut signature = String::with_capacity(71);
        signature.push_str("sha256=");
        signature.push_str(&hex::encode(tag.as_ref()));
        self.plan_parcel(at_us, Parcel { account, body: body.into(), signature, attempts: 0, notes })
    }

    fn plan_parcel(&mut self, at_us: i64, parcel: Parcel) -> u64 {
        self.outbox.last_id += 1;
        let id = self.outbox.last_id;
        self.outbox.parcels.insert(id, parcel);
        self.queue.plan(at_us, What::Body(id));
        id
    }

    /// Hands out a body that is due, if its account has an address.
    pub fn hand_out(&mut self, id: u64) -> Option<Webhook> {
        let parcel = self.outbox.parcels.get_mut(&id)?;
        let Some(url) = self.accounts[parcel.account as usize].callback.clone() else {
            self.book.counts.webhooks.without_callback += 1;
            self.outbox.parcels.remove(&id);
            return None;
        };
        parcel.attempts += 1;
        self.book.counts.webhooks.attempts += 1;
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("user-agent".to_owned(), "facebookexternalua".to_owned()),
            ("x-hub-signature-256".to_owned(), parcel.signature.clone()),
        ];
        Some(Webhook { id, url, headers, body: parcel.body.clone() })
    }

    /// Records how a delivery went and plans the next try if it must.
    pub fn webhook_result(&mut self, now_us: i64, id: u64, status: Option<u16>) {
        let Some(mut parcel) = self.outbox.parcels.remove(&id) else { return };
        for note in &parcel.notes {
            match *note {
                Note::Receipt(n, receipt) => self.book.receipt(n, receipt, now_us, status),
                Note::Stop(account, person) if status == Some(200) => {
                    self.stops.entry((account, person)).or_insert(now_us);
                }
                Note::Stop(..) | Note::Nothing => {}
            }
        }
        if status == Some(200) {
            self.book.counts.webhooks.answered_200 += 1;
        } else if parcel.attempts >= WEBHOOK_ATTEMPTS {
            self.book.counts.webhooks.given_up += 1;
        } else {
            let delay = WEBHOOK_RETRY_US << (parcel.attempts - 1).min(20);
            parcel.signature.shrink_to_fit();
            self.outbox.parcels.insert(id, parcel);
            self.queue.plan(now_us + delay.min(WEBHOOK_RETRY_MAX_US), What::Body(id));
        }
    }

    fn open_body(&self, body: &mut String, now_us: i64, account: u32) {
        let id = &self.accounts[account as usize].id;
        let _ = write!(
            body,
            "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"{id}\",\"time\":{},\"changes\":[",
            now_us / SECOND_US
        );
    }

    /// Neighbours of the same number and list share one change.
    fn messages_body(&self, now_us: i64, account: u32, updates: &[Update]) -> String {
        let length: usize = updates.iter().map(|u| u.item.len() + u.contact.len() + 2).sum();
        let mut body = String::with_capacity(length + 400);
        self.open_body(&mut body, now_us, account);
        let groups = updates.chunk_by(|a, b| a.phone == b.phone && a.list == b.list);
        for (i, group) in groups.enumerate() {
            let phone = &self.phones[group[0].phone as usize];
            body.push_str(if i == 0 { "" } else { "," });
            body.push_str(
                "{\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{\"display_phone_number\":",
            );
            json::string(&mut body, &phone.display);
            let _ = write!(body, ",\"phone_number_id\":\"{}\"}}", phone.id);
            let contacts = group.iter().map(|u| u.contact.as_str()).filter(|c| !c.is_empty());
            join(&mut body, "contacts", contacts);
            let name = if group[0].list == List::Statuses { "statuses" } else { "messages" };
            join(&mut body, name, group.iter().map(|u| u.item.as_str()));
            body.push_str("},\"field\":\"messages\"}");
        }
        body.push_str("]}]}");
        body
    }
}

fn join<'a>(body: &mut String, name: &str, items: impl Iterator<Item = &'a str>) {
    let mut first = true;
    for item in items {
        if first {
            let _ = write!(body, ",\"{name}\":[");
        } else {
            body.push(',');
        }
        first = false;
        body.push_str(item);
    }
    if !first {
        body.push(']');
    }
}
