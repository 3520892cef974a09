//! Intents as clients write them: templates to phone numbers that differ from message to message.

use std::fmt::Write;

use bytes::Bytes;
use serde_json::{Value, json};

/// Area codes: each measurement has its own, so that no recipient is met twice.
const AREAS: [u32; 8] = [212, 213, 305, 312, 404, 415, 512, 617];
/// Numbers of one area.
const NUMBERS: u64 = 7_900_000;

/// The templates of the benchmark's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    Order,
    Offer,
    Code,
}

impl Template {
    const ALL: [Self; 3] = [Self::Order, Self::Offer, Self::Code];

    fn name(self) -> &'static str {
        match self {
            Self::Order => "order_update",
            Self::Offer => "spring_offer",
            Self::Code => "login_code",
        }
    }

    /// As the simulator is told to list them.
    pub fn provisioned() -> Vec<Value> {
        let describe = |template: Self| {
            let (category, text) = match template {
                Self::Order => ("UTILITY", "Hello {{1}}, your order {{2}} is on its way."),
                Self::Offer => ("MARKETING", "Dear {{1}}, today everything is cheaper."),
                Self::Code => ("AUTHENTICATION", "{{1}} is your code."),
            };
            json!({"name": template.name(), "language": "en_US", "category": category,
                   "components": [{"type": "BODY", "text": text}]})
        };
        Self::ALL.map(describe).to_vec()
    }

    fn write_variables(self, out: &mut String, n: u64) {
        let _ = match self {
            Self::Order => write!(out, "[\"Customer {n}\",\"A-{n:08}\"]"),
            Self::Offer => write!(out, "[\"Customer {n}\"]"),
            Self::Code => write!(out, "[\"{:06}\"]", n % 1_000_000),
        };
    }
}

/// Writes the bodies of one measurement. The senders take turns.
#[derive(Debug, Clone)]
pub struct Intents {
    pub template: Template,
    pub area: usize,
    pub senders: Vec<String>,
}

impl Intents {
    pub fn one(&self, n: u64) -> Bytes {
        let mut out = String::with_capacity(256);
        self.write(&mut out, n);
        out.into()
    }

    /// A batch of the messages `from` to `from + count`.
    pub fn batch(&self, from: u64, count: usize) -> Bytes {
        let mut out = String::with_capacity(32 + count * 260);
        out.push_str("{\"messages\":[");
        for n in from..from + count as u64 {
            if n > from {
                out.push(',');
            }
            self.write(&mut out, n);
        }
        out.push_str("]}");
        out.into()
    }

    fn write(&self, out: &mut String, n: u64) {
        let sender = &self.senders[n as usize % self.senders.len()];
        let _ = write!(
            out,
            "{{\"to\":{{\"phone\":\"{}\"}},\"from\":\"{sender}\",\"template\":{{\"name\":\"{}\",\
             \"language\":\"en_US\",\"variables\":",
            phone(self.area, n),
            self.template.name()
        );
        self.template.write_variables(out, n);
        let _ = write!(out, "}},\"reference\":\"bench-{n}\"}}");
    }
}

/// The `n`-th number of an area.
pub fn phone(area: usize, n: u64) -> String {
    let n = n % NUMBERS;
    let (index, line) = (n / 10_000, n % 10_000);
    // Exchanges begin with 2 to 9; those that end in 11 are services.
    let (hundred, rest) = (2 + index / 99, index % 99);
    let exchange = hundred * 100 + if rest < 11 { rest } else { rest + 1 };
    format!("+1{}{exchange:03}{line:04}", AREAS[area % AREAS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_plausible_and_differ() {
        let mut seen = HashSet::new();
        for area in 0..AREAS.len() {
            for n in (0..NUMBERS).step_by(9_973) {
                let number = phone(area, n);
                assert_eq!(number.len(), 12, "{number}");
                let exchange = &number[5..8];
                assert!(exchange >= "200" && !exchange.ends_with("11"), "{number}");
                assert!(seen.insert(number.clone()), "{number} twice");
            }
        }
    }

    #[test]
    fn every_exchange_differs() {
        let exchanges: HashSet<String> =
            (0..NUMBERS).step_by(10_000).map(|n| phone(0, n)[5..8].to_owned()).collect();
        assert_eq!(exchanges.len() as u64, NUMBERS / 10_000);
    }

    #[test]
    fn bodies_are_json_of_the_contract() {
        let senders = vec!["snd_a".to_owned(), "snd_b".to_owned()];
        for template in Template::ALL {
            let intents = Intents { template, area: 1, senders: senders.clone() };
            let one: Value = serde_json::from_slice(&intents.one(7)).unwrap();
            assert_eq!(one["from"], "snd_b");
            assert_eq!(one["to"]["phone"], phone(1, 7));
            let batch: Value = serde_json::from_slice(&intents.batch(6, 3)).unwrap();
            let messages = batch["messages"].as_array().unwrap();
            assert_eq!((messages.len(), &messages[1]), (3, &one));
            let places = Template::provisioned()
                .iter()
                .find(|t| t["name"] == one["template"]["name"])
                .unwrap()["components"][0]["text"]
                .as_str()
                .unwrap()
                .matches("{{")
                .count();
            assert_eq!(one["template"]["variables"].as_array().unwrap().len(), places);
        }
    }
}
