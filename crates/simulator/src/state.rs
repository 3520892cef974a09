//! Everything the simulated provider knows, behind one lock.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use indexmap::IndexMap;

use crate::config::{SimConfig, Tier};
use crate::dice::Dice;
use crate::ledger::{Book, Ledger, Submission};
use crate::limits::WINDOW_US;
use crate::media::Shelf;
use crate::pace::{Reach, Throughput};
use crate::provision::{PhoneNumber, Provision, TemplateSpec};
use crate::queue::Queue;
use crate::templates::Template;
use crate::webhooks::Outbox;

/// A business account with its templates.
pub struct Account {
    pub id: Box<str>,
    /// Made up at first use: takes the first real id that is asked for with its token.
    pub nameless: bool,
    pub key: hmac::Key,
    pub callback: Option<String>,
    pub templates: Vec<Template>,
    pub by_name: HashMap<Box<str>, Vec<u32>>,
    pub tier: Tier,
    pub reach: Reach,
    /// When templates were created within the last hour, in microseconds.
    pub created: Vec<i64>,
    /// Names of approved templates that were deleted, and until when they are taken.
    pub retired: HashMap<Box<str>, i64>,
}

/// A phone number of an account.
pub struct Phone {
    pub id: Box<str>,
    pub account: u32,
    pub display: Box<str>,
    pub throughput: Throughput,
    pub quality: &'static str,
    pub free_service_used: u64,
}

/// What one number and one customer have between them.
#[derive(Clone, Copy, Default)]
pub struct Pair {
    pub debt_until_us: i64,
    /// When the customer last wrote, plus 24 hours.
    pub window_until_us: i64,
    pub blocked: bool,
    /// Stopped marketing in the app's own menu.
    pub no_marketing: bool,
}

pub struct State {
    pub config: SimConfig,
    pub dice: Dice,
    pub accounts: Vec<Account>,
    pub account_ids: HashMap<Box<str>, u32>,
    pub tokens: HashMap<Box<str>, u32>,
    pub phones: Vec<Phone>,
    pub phone_ids: HashMap<Box<str>, u32>,
    /// Customers by the digits of their number, or by user id where there is no number.
    pub people: IndexMap<Box<str>, ()>,
    pub pairs: HashMap<(u32, u32), Pair>,
    /// When an account acknowledged a customer's STOP.
    pub stops: HashMap<(u32, u32), i64>,
    pub shelf: Shelf,
    pub samples: crate::templates::Samples,
    pub queue: Queue,
    pub outbox: Outbox,
    pub book: Book,
    pub outage_until_us: i64,
    pub inbound_n: u64,
    pub template_n: u64,
    pub trace: u64,
}

impl State {
    pub fn new(config: SimConfig) -> State {
        State {
            dice: Dice::new(config.seed),
            book: Book::new(config.ledger_detail),
            config,
            accounts: Vec::new(),
            account_ids: HashMap::new(),
            tokens: HashMap::new(),
            phones: Vec::new(),
            phone_ids: HashMap::new(),
            people: IndexMap::new(),
            pairs: HashMap::new(),
            stops: HashMap::new(),
            shelf: Shelf::default(),
            samples: crate::templates::Samples::default(),
            queue: Queue::default(),
            outbox: Outbox::default(),
            outage_until_us: i64::MIN,
            inbound_n: 0,
            template_n: 0,
            trace: 0,
        }
    }

    pub fn provision(&mut self, spec: Provision) {
        let index = self.account_named(&spec.business_account_id);
        let account = &mut self.accounts[index as usize];
        if let Some(secret) = spec.app_secrets.first() {
            account.key = signing_key(secret);
        }
        if spec.callback_url.is_some() {
            account.callback = spec.callback_url;
        }
        if let Some(tier) = spec.tier {
            account.tier = tier;
        }
        if !spec.access_token.is_empty() {
            self.tokens.insert(spec.access_token.into(), index);
        }
        for template in spec.templates {
            self.add_template(index, template);
        }
        for number in spec.phone_numbers {
            self.add_phone(index, number);
        }
    }

    fn account_named(&mut self, id: &str) -> u32 {
        if let Some(&index) = self.account_ids.get(id) {
            return index;
        }
        let index = self.accounts.len() as u32;
        self.accounts.push(Account {
            id: id.into(),
            nameless: false,
            key: signing_key(&self.config.auto_secret),
            callback: self.config.auto_callback.clone(),
            templates: Vec::new(),
            by_name: HashMap::new(),
            tier: self.config.tier,
            reach: Reach::default(),
            created: Vec::new(),
            retired: HashMap::new(),
        });
        self.account_ids.insert(id.into(), index);
        index
    }

    fn add_phone(&mut self, account: u32, number: PhoneNumber) {
        let mps = number.mps.unwrap_or(self.config.default_mps);
        if let Some(&index) = self.phone_ids.get(number.id.as_str()) {
            let phone = &mut self.phones[index as usize];
            phone.account = account;
            phone.throughput.mps = mps;
            if !number.display.is_empty() {
                phone.display = number.display.into();
            }
            return;
        }
        let display = if number.display.is_empty() { number.id.clone() } else { number.display };
        self.phone_ids.insert(number.id.as_str().into(), self.phones.len() as u32);
        self.phones.push(Phone {
            id: number.id.into(),
            account,
            display: display.into(),
            throughput: Throughput::new(mps),
            quality: "GREEN",
            free_service_used: 0,
        });
    }

    /// Adds a template or replaces the one of the same name and language.
    pub fn add_template(&mut self, account: u32, spec: TemplateSpec) -> u32 {
        self.template_n += 1;
        let template = Template::new(700_000_000_000_000 + self.template_n, spec);
        let account = &mut self.accounts[account as usize];
        let indices = account.by_name.entry(template.spec.name.as_str().into()).or_default();
        let same = |&&i: &&u32| account.templates[i as usize].spec.language == template.spec.language;
        if let Some(&index) = indices.iter().find(same) {
            let id = account.templates[index as usize].id;
            account.templates[index as usize] = Template { id, ..template };
            return index;
        }
        let index = account.templates.len() as u32;
        indices.push(index);
        account.templates.push(template);
        index
    }

    /// The account of a token; with `auto_provision` a new one for a token never seen.
    pub fn account_of_token(&mut self, token: Option<&str>) -> Option<u32> {
        let token = token?;
        if let Some(&index) = self.tokens.get(token) {
            return Some(index);
        }
        if !self.config.auto_provision || token.is_empty() {
            return None;
        }
        let index = self.account_named(&format!("9{:014}", self.accounts.len() + 1));
        self.accounts[index as usize].nameless = true;
        self.tokens.insert(token.into(), index);
        for template in self.config.auto_templates.clone() {
            self.add_template(index, template);
        }
        Some(index)
    }

    /// The number of this id, if the account owns it; with `auto_provision` an unknown one is made.
    pub fn phone_of(&mut self, account: u32, id: &str) -> Option<u32> {
        if let Some(&index) = self.phone_ids.get(id) {
            return (self.phones[index as usize].account == account).then_some(index);
        }
        if !self.config.auto_provision || id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.add_phone(account, PhoneNumber { id: id.into(), ..PhoneNumber::default() });
        self.phone_ids.get(id).copied()
    }

    /// Whether `id` names the account; a nameless account takes the name.
    pub fn is_account(&mut self, account: u32, id: &str) -> bool {
        match self.account_ids.get(id) {
            Some(&index) => index == account,
            None if self.accounts[account as usize].nameless => {
                let own = &mut self.accounts[account as usize];
                self.account_ids.remove(&own.id);
                own.id = id.into();
                own.nameless = false;
                self.account_ids.insert(id.into(), account);
                true
            }
            None => false,
        }
    }

    pub fn person(&mut self, key: &str) -> u32 {
        if let Some(index) = self.people.get_index_of(key) {
            return index as u32;
        }
        self.people.insert_full(key.into(), ()).0 as u32
    }

    pub fn person_key(&self, person: u32) -> &str {
        self.people.get_index(person as usize).map_or("", |(key, ())| key)
    }

    pub fn pair(&mut self, phone: u32, person: u32) -> &mut Pair {
        self.pairs.entry((phone, person)).or_default()
    }

    pub fn open_window(&mut self, phone: u32, person: u32, now_us: i64) {
        self.pair(phone, person).window_until_us = now_us + WINDOW_US;
    }

    pub fn next_trace(&mut self) -> u64 {
        self.trace += 1;
        self.trace
    }

    pub fn wamid(&self, n: u64) -> String {
        format!("wamid.HBgM{:08X}{:012X}", self.config.seed as u32, n)
    }

    pub fn ledger(&self, since: u64, limit: usize) -> Ledger {
        let first = (since as usize).min(self.book.entries.len());
        let last = (first + limit).min(self.book.entries.len());
        let submissions = (first..last).map(|n| self.submission(n)).collect();
        Ledger {
            submissions,
            violations: self.book.violations.clone(),
            counts: self.book.counts.clone(),
            next: last as u64,
        }
    }

    fn submission(&self, n: usize) -> Submission {
        let entry = &self.book.entries[n];
        let name = |(account, template): (u32, u32)| {
            self.accounts[account as usize].templates[template as usize].spec.name.clone()
        };
        Submission {
            n: n as u64,
            at_us: entry.at_us,
            phone_number_id: self.phones[entry.phone as usize].id.to_string(),
            to: self.person_key(entry.person).to_owned(),
            kind: entry.kind.to_owned(),
            template: entry.template.map(name),
            callback_data: entry.callback.as_deref().map(str::to_owned),
            wamid: entry.outcome.accepted().then(|| self.wamid(n as u64)),
            answer: entry.answer_text(),
            receipts: entry.delivered_receipts(),
        }
    }
}

pub fn signing_key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// The user id of a phone number: as stable and as opaque as the real one.
pub fn user_id(digits: &str) -> String {
    format!("US.91{digits}")
}

/// The key of the customer a user id belongs to: a phone number where we made the id, else the id.
pub fn key_of_user_id(id: &str) -> &str {
    match id.strip_prefix("US.91") {
        Some(digits) if digits.len() >= 7 && digits.bytes().all(|b| b.is_ascii_digit()) => digits,
        _ => id,
    }
}
