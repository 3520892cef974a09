//! What the SMSC brings: receipts and messages, as neutral facts.

use std::collections::{BTreeMap, VecDeque};

use rusmpp::Pdu;
use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use tidings_domain::address::Phone;
use tidings_domain::credentials::Smpp;
use tidings_domain::fact::{CallbackEntry, Fact, Identities, Inbound, ProviderError, Receipt};
use tidings_domain::id::AttemptId;
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::sms::{Reference, without_udh};
use tidings_domain::time::Timestamp;

use super::frame::Frame;
use super::link::Answer;
use super::{receipt, text};
use crate::limits::{SMPP_JOIN_US, SMPP_JOINING_MAX, SMPP_PARTS_MAX, WORDS_CHARS_MAX};

const UDHI: u8 = 0x40;
const IS_RECEIPT: u8 = 0x04;
const IS_INTERMEDIATE: u8 = 0x20;

/// The parts of one incoming text.
struct Joining {
    since: Timestamp,
    total: u8,
    parts: BTreeMap<u8, String>,
}

/// What one account knows of what is on its way; all of it may be lost without losing a message.
pub(super) struct Incoming {
    account_ref: String,
    sender_refs: Vec<String>,
    smpp: Smpp,
    joining: BTreeMap<(String, String, Reference), Joining>,
    /// From the id of a part to that of the last part of its message.
    parts: BTreeMap<String, String>,
    order: VecDeque<String>,
    count: u64,
}

impl Incoming {
    pub fn new(account_ref: String, sender_refs: Vec<String>, smpp: Smpp) -> Self {
        let (joining, parts, order) = (BTreeMap::new(), BTreeMap::new(), VecDeque::new());
        Self { account_ref, sender_refs, smpp, joining, parts, order, count: 0 }
    }

    /// A message left in parts: a failure of any of them is one of the whole.
    pub fn remember_parts(&mut self, ids: &[String], last: &str) {
        for id in ids.iter().filter(|id| *id != last) {
            if self.order.len() >= SMPP_PARTS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.parts.remove(&oldest);
            }
            self.order.push_back(id.clone());
            self.parts.insert(id.clone(), last.to_owned());
        }
    }

    fn entry(&self, to: Option<&str>, facts: Vec<Fact>) -> CallbackEntry {
        let digits = |text: &str| text.trim_start_matches('+').to_owned();
        let sender = to.and_then(|to| self.sender_refs.iter().find(|each| digits(each) == digits(to)));
        CallbackEntry { account_ref: self.account_ref.clone(), sender_ref: sender.cloned(), facts }
    }

    /// An answer that came too late for whoever asked.
    pub fn late(&self, attempt: AttemptId, answer: &Answer, now: Timestamp) -> CallbackEntry {
        let failed = answer.status != 0;
        let error =
            failed.then(|| ProviderError { code: i64::from(answer.status), ..ProviderError::default() });
        let receipt = Receipt {
            provider_id: receipt::of_answer(&answer.id, self.smpp.message_ids),
            state: if failed { AttemptState::Failed } else { AttemptState::Sent },
            at: now,
            attempt: Some(attempt),
            error,
            who: Identities::default(),
            pricing: None,
        };
        self.entry(None, vec![Fact::Receipt(receipt)])
    }

    /// One delivery; nothing where there is nothing to store.
    pub fn delivery(&mut self, frame: &Frame, now: Timestamp) -> Option<CallbackEntry> {
        let Some(Pdu::DeliverSm(deliver)) = &frame.pdu else {
            return Some(
                self.entry(None, vec![other("deliver_sm", json!({"body": hex::encode(&frame.body)}))]),
            );
        };
        // The codec's reading of this octet forgets bits; it stands behind two addresses of the body.
        let class = esm_class(&frame.body).unwrap_or_default();
        let octets = payload(deliver);
        let (reference, octets) = match (class & UDHI != 0).then(|| without_udh(octets)) {
            Some(Some((reference, rest))) => (reference.or_else(|| sar(deliver)), rest),
            _ => (sar(deliver), octets),
        };
        let coding = u8::from(deliver.data_coding);
        let said = text::read(octets, coding, self.smpp.default_alphabet);
        let (from, to) = (deliver.source_addr.as_str(), deliver.destination_addr.as_str());
        let words = said.as_deref().unwrap_or_default();
        let (id, state) = (receipted(deliver), state(deliver));
        let is_receipt = class & (IS_RECEIPT | IS_INTERMEDIATE) != 0
            || (id.is_some() && state.is_some())
            || receipt::looks_like_one(words);
        if is_receipt {
            return self.receipt((id, state), words, (from, to), now);
        }
        let Some(said) = said else {
            let object = json!({"from": from, "to": to, "data_coding": coding, "body": hex::encode(octets)});
            return Some(self.inbound((from, to), "unsupported", None, object, now));
        };
        let Some(reference) = reference else {
            let object = json!({"from": from, "to": to, "text": said});
            return Some(self.inbound((from, to), "text", Some(said), object, now));
        };
        Some(self.part((from, to), reference, said, now))
    }

    fn receipt(
        &self,
        (id, state): (Option<&str>, Option<u8>),
        words: &str,
        (from, to): (&str, &str),
        now: Timestamp,
    ) -> Option<CallbackEntry> {
        let Some(told) = receipt::read(id, state, words, self.smpp.message_ids) else {
            let words: String = words.chars().take(WORDS_CHARS_MAX).collect();
            return Some(self.entry(Some(to), vec![other("receipt", json!({"text": words}))]));
        };
        let provider_id = match self.parts.get(&told.id) {
            Some(last) if told.state == AttemptState::Failed => last.clone(),
            // The last part speaks for the rest.
            Some(_) => return None,
            None => told.id,
        };
        let detail = told.network.unwrap_or_default();
        let error = told.code.map(|code| ProviderError { code, title: String::new(), detail });
        let receipt = Receipt {
            provider_id,
            state: told.state,
            at: now,
            attempt: None,
            error,
            who: who(from),
            pricing: None,
        };
        Some(self.entry(Some(to), vec![Fact::Receipt(receipt)]))
    }

    fn inbound(
        &mut self,
        (from, to): (&str, &str),
        kind: &str,
        said: Option<String>,
        object: serde_json::Value,
        now: Timestamp,
    ) -> CallbackEntry {
        self.count += 1;
        let inbound = Inbound {
            provider_id: format!("mo-{}-{}", now.micros(), self.count),
            at: now,
            from: who(from),
            kind: kind.to_owned(),
            text: said,
            context: None,
            media: None,
            object: raw(&object),
        };
        self.entry(Some(to), vec![Fact::Inbound(Box::new(inbound))])
    }

    /// A part is kept as it came, so that none is lost with us; the last one makes the message.
    fn part(
        &mut self,
        (from, to): (&str, &str),
        reference: Reference,
        said: String,
        now: Timestamp,
    ) -> CallbackEntry {
        let kept = other(
            "sms_part",
            json!({"from": from, "to": to, "number": reference.number,
            "total": reference.total, "place": reference.place, "text": said}),
        );
        let key = (from.to_owned(), to.to_owned(), Reference { place: 0, ..reference });
        if self.joining.len() >= SMPP_JOINING_MAX && !self.joining.contains_key(&key) {
            let object = json!({"from": from, "to": to, "text": said});
            return self.inbound((from, to), "text", Some(said), object, now);
        }
        let fresh = || Joining { since: now, total: reference.total, parts: BTreeMap::new() };
        let joining = self.joining.entry(key.clone()).or_insert_with(fresh);
        joining.parts.insert(reference.place, said);
        let whole = joining.parts.len() == usize::from(joining.total);
        let mut entry = self.entry(Some(to), vec![kept]);
        if whole && let Some(joining) = self.joining.remove(&key) {
            entry.facts.extend(self.joined(&key, &joining, now).facts);
        }
        entry
    }

    fn joined(
        &mut self,
        (from, to, _): &(String, String, Reference),
        joining: &Joining,
        now: Timestamp,
    ) -> CallbackEntry {
        let gap = "…".to_owned();
        let text: String =
            (1..=joining.total).map(|place| joining.parts.get(&place).unwrap_or(&gap).as_str()).collect();
        let object = json!({"from": from, "to": to, "text": text, "parts": joining.parts.len()});
        self.inbound((from, to), "text", Some(text), object, now)
    }

    /// Texts whose parts did not all come in time, with gaps.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<CallbackEntry> {
        let old = |joining: &Joining| now.micros() - joining.since.micros() > SMPP_JOIN_US;
        let keys: Vec<_> =
            self.joining.iter().filter(|(_, joining)| old(joining)).map(|(key, _)| key.clone()).collect();
        let mut entries = Vec::new();
        for key in keys {
            if let Some(joining) = self.joining.remove(&key) {
                entries.push(self.joined(&key, &joining, now));
            }
        }
        entries
    }
}

fn raw(value: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(value).expect("a value has only string keys")
}

fn other(field: &str, value: serde_json::Value) -> Fact {
    Fact::Other { field: field.to_owned(), object: raw(&value) }
}

fn who(from: &str) -> Identities {
    Identities { phone: Phone::from_platform_digits(from.trim_start_matches('+')), ..Identities::default() }
}

/// The octet itself: behind `service_type` and two addresses with their kinds.
fn esm_class(body: &[u8]) -> Option<u8> {
    let mut rest = body;
    for before in [0, 2, 2] {
        rest = rest.get(before..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        rest = &rest[end + 1..];
    }
    rest.first().copied()
}

fn payload(deliver: &DeliverSm) -> &[u8] {
    let short = deliver.short_message().as_ref();
    if !short.is_empty() {
        return short;
    }
    let payload = deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessagePayload(payload)) => Some(payload.value.as_ref()),
        _ => None,
    });
    payload.unwrap_or_default()
}

fn receipted(deliver: &DeliverSm) -> Option<&str> {
    deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::ReceiptedMessageId(id)) => Some(id.as_str()),
        _ => None,
    })
}

fn state(deliver: &DeliverSm) -> Option<u8> {
    deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessageState(state)) => Some(u8::from(*state)),
        _ => None,
    })
}

/// Parts that are told by parameters instead of a header.
fn sar(deliver: &DeliverSm) -> Option<Reference> {
    let (mut number, mut total, mut place) = (None, None, None);
    for tlv in deliver.tlvs() {
        match tlv.value() {
            Some(TlvValue::SarMsgRefNum(value)) => number = Some(*value),
            Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
            Some(TlvValue::SarSegmentSeqnum(value)) => place = Some(*value),
            _ => {}
        }
    }
    let reference = Reference { number: number?, total: total?, place: place? };
    (reference.total > 1 && (1..=reference.total).contains(&reference.place)).then_some(reference)
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
