//! The people at the other end: what becomes of an accepted message.

use std::fmt::Write;
use std::sync::Arc;

use crate::error::known;
use crate::json;
use crate::ledger::Status;
use crate::limits::{FREE_SERVICE_MESSAGES, SECOND_US};
use crate::queue::{Category, Receipt, Reply, What};
use crate::state::{State, user_id};
use crate::webhooks::{List, Note, Update};

/// An accepted message whose fate is to be decided.
pub struct Accepted {
    pub n: u64,
    pub phone: u32,
    pub person: u32,
    pub callback: Option<Arc<str>>,
    pub category: Category,
    pub by_user_id: bool,
    pub voice: bool,
    pub reaction: bool,
    /// A failure that is certain already: the code the receipt will carry.
    pub doomed: Option<u32>,
}

impl State {
    /// Plans the receipts and the answer of a message.
    pub fn plan_fate(&mut self, now_us: i64, message: &Accepted) {
        let customers = self.config.customers.clone();
        let sent_at = now_us + self.dice.around_ms(customers.sent_median_ms);
        let failed = match message.doomed {
            Some(code) => Some(code),
            None => self.dice.chance(customers.failed_share).then_some(131_026),
        };
        if let Some(code) = failed {
            self.plan_receipt(sent_at, message, Status::Failed, false, code);
            return;
        }
        self.plan_receipt(sent_at, message, Status::Sent, true, 0);
        if message.reaction || self.pair(message.phone, message.person).blocked {
            return;
        }
        let delivered_at = sent_at + self.dice.around_ms(customers.delivery_median_ms);
        let read = self.dice.chance(customers.read_share);
        let skipped = read && self.dice.chance(customers.skip_delivered_share);
        if !skipped {
            self.plan_receipt(delivered_at, message, Status::Delivered, true, 0);
        }
        let mut last_at = delivered_at;
        if read {
            last_at += self.dice.around_ms(customers.read_median_ms);
            self.plan_receipt(last_at, message, Status::Read, skipped, 0);
            if message.voice && self.dice.chance(customers.played_share) {
                last_at += self.dice.around_ms(customers.read_median_ms);
                self.plan_receipt(last_at, message, Status::Played, false, 0);
            }
        }
        let stops = self.dice.chance(customers.stop_share);
        let replies = self.dice.chance(customers.reply_share);
        if stops || replies {
            let text = if stops { "STOP" } else { "Thank you!" };
            let at = last_at + self.dice.around_ms(customers.reply_median_ms);
            let reply = Reply { phone: message.phone, person: message.person, text, to_n: message.n };
            self.queue.plan(at, What::Reply(Box::new(reply)));
        }
        if self.dice.chance(customers.block_share) {
            self.pair(message.phone, message.person).blocked = true;
        }
    }

    fn plan_receipt(&mut self, at_us: i64, message: &Accepted, status: Status, priced: bool, error: u32) {
        let receipt = Receipt {
            n: message.n,
            phone: message.phone,
            person: message.person,
            callback: message.callback.clone(),
            status,
            price: priced.then_some(message.category),
            error,
            by_user_id: message.by_user_id,
        };
        self.queue.plan(at_us, What::Status(receipt));
    }

    /// Writes a receipt out and posts it.
    pub fn post_receipt(&mut self, at_us: i64, receipt: &Receipt) {
        let key = self.person_key(receipt.person);
        let has_phone = !key.contains('.');
        let show_phone = has_phone && !receipt.by_user_id;
        let user = if !has_phone {
            Some(key.to_owned())
        } else {
            (self.config.user_ids || receipt.by_user_id).then(|| user_id(key))
        };
        let failed = receipt.status == Status::Failed;
        let mut item = String::with_capacity(420);
        let _ =
            write!(item, "{{\"id\":\"{}\",\"status\":\"{}\"", self.wamid(receipt.n), receipt.status.name());
        let _ = write!(item, ",\"timestamp\":\"{}\"", at_us / SECOND_US);
        if show_phone {
            let _ = write!(item, ",\"recipient_id\":\"{key}\"");
        }
        if let Some(user) = user.as_ref().filter(|_| !(failed && show_phone)) {
            let _ = write!(item, ",\"recipient_user_id\":\"{user}\"");
        }
        if let Some(callback) = &receipt.callback {
            item.push_str(",\"biz_opaque_callback_data\":");
            json::string(&mut item, callback);
        }
        let mut contact = String::new();
        if !failed && let Some(user) = &user {
            write_contact(&mut contact, show_phone.then_some(key), user);
        }
        if let Some(category) = receipt.price {
            self.write_pricing(&mut item, receipt, category);
        }
        if failed {
            write_error(&mut item, receipt.error);
        }
        item.push('}');
        let note = Note::Receipt(receipt.n, receipt.status);
        self.post(at_us, Update { phone: receipt.phone, list: List::Statuses, contact, item, note });
    }

    fn write_pricing(&mut self, item: &mut String, receipt: &Receipt, category: Category) {
        let phone = &mut self.phones[receipt.phone as usize];
        let free = category == Category::Service && phone.free_service_used < FREE_SERVICE_MESSAGES;
        if category == Category::Service && receipt.status != Status::Sent {
            phone.free_service_used += 1;
        }
        let kind = if free { "free_customer_service" } else { "regular" };
        let _ = write!(
            item,
            ",\"pricing\":{{\"billable\":{},\"pricing_model\":\"PMP\",\"type\":\"{kind}\",\"category\":\"{}\"}}",
            !free,
            category.name()
        );
    }
}

/// An entry of `contacts`.
pub fn write_contact(out: &mut String, wa_id: Option<&str>, user: &str) {
    let tail = &user[user.len().saturating_sub(4)..];
    let _ = write!(out, "{{\"profile\":{{\"name\":\"Customer {tail}\"}}");
    if let Some(wa_id) = wa_id {
        let _ = write!(out, ",\"wa_id\":\"{wa_id}\"");
    }
    let _ = write!(out, ",\"user_id\":\"{user}\"}}");
}

fn write_error(item: &mut String, code: u32) {
    let title = known(code).1;
    let _ = write!(
        item,
        ",\"errors\":[{{\"code\":{code},\"title\":\"{title}\",\"message\":\"{title}\",\"error_data\":{{\"details\":\
         \"{}\"}},\"href\":\"https:\\/\\/developers.facebook.com\\/docs\\/whatsapp\\/cloud-api\\/support\\/error-codes\\/\"}}]",
        match code {
            131_026 => "Message undeliverable.",
            131_048 => "The number of customers that may be reached in 24 hours is used up.",
            131_050 => "The recipient chose not to receive marketing messages from this business.",
            _ => title,
        }
    );
}
