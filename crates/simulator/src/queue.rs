//! What is to happen later, in order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::ledger::Status;

/// Something that happens at a time.
pub enum What {
    /// A receipt leaves the customer's phone.
    Status(Receipt),
    /// A customer writes.
    Reply(Box<Reply>),
    /// An open batch has waited long enough.
    Flush { account: u32, batch: u64 },
    /// A webhook body is to be delivered.
    Body(u64),
    /// A paused template comes back.
    TemplateBack { account: u32, template: u32 },
    /// A reviewer has come to the template; an edit since then makes it another round.
    Reviewed { account: u32, template: u32, round: u32 },
}

/// A receipt to be.
pub struct Receipt {
    pub n: u64,
    pub phone: u32,
    pub person: u32,
    pub callback: Option<Arc<str>>,
    pub status: Status,
    /// Index into `Category`, or none if this receipt carries no price.
    pub price: Option<Category>,
    pub error: u32,
    /// Sent to a user id: the receipt names no phone number.
    pub by_user_id: bool,
}

/// A text a customer will write.
pub struct Reply {
    pub phone: u32,
    pub person: u32,
    pub text: &'static str,
    pub to_n: u64,
}

/// The price category of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    Authentication,
    Marketing,
    Utility,
    Service,
}

impl Category {
    pub fn parse(text: &str) -> Category {
        match text {
            "AUTHENTICATION" => Category::Authentication,
            "MARKETING" => Category::Marketing,
            _ => Category::Utility,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Category::Authentication => "authentication",
            Category::Marketing => "marketing",
            Category::Utility => "utility",
            Category::Service => "service",
        }
    }
}

struct Event {
    at_us: i64,
    seq: u64,
    what: What,
}

impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Event {}
impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Event {
    fn cmp(&self, other: &Event) -> Ordering {
        (self.at_us, self.seq).cmp(&(other.at_us, other.seq))
    }
}

/// Events by time; those of one time in the order they were planned.
#[derive(Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<Event>>,
    seq: u64,
}

impl Queue {
    pub fn plan(&mut self, at_us: i64, what: What) {
        self.seq += 1;
        self.heap.push(Reverse(Event { at_us, seq: self.seq, what }));
    }

    pub fn next_us(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse(event)| event.at_us)
    }

    pub fn pop_due(&mut self, now_us: i64) -> Option<(i64, What)> {
        if self.next_us()? > now_us {
            return None;
        }
        self.heap.pop().map(|Reverse(event)| (event.at_us, event.what))
    }
}
