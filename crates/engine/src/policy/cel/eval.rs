//! Looking at a message with a checked expression. Types were settled when it was checked, so nothing can fail.

use std::borrow::Cow;

use serde_json::Value;

use super::tree::{Node, Order, Sum, TextTest, Type};
use super::variables::{Seen, Variable};

/// The item that a macro is at.
#[derive(Clone, Copy)]
enum Item<'a> {
    None,
    Text(&'a str),
    Int(i64),
}

struct Look<'a> {
    seen: &'a Seen<'a>,
    item: Item<'a>,
}

const CHECKED: &str = "types were checked when the rule was saved";

pub(super) fn is_true(node: &Node, seen: &Seen<'_>) -> bool {
    Look { seen, item: Item::None }.bool(node)
}

impl<'a> Look<'a> {
    fn bool(&self, node: &'a Node) -> bool {
        match node {
            Node::Bool(value) => *value,
            Node::Variable(Variable::FreeForm) => self.seen.free_form,
            Node::Variable(Variable::OptedOut) => self.seen.opted_out,
            Node::Not(inner) => !self.bool(inner),
            Node::And(left, right) => self.bool(left) && self.bool(right),
            Node::Or(left, right) => self.bool(left) || self.bool(right),
            Node::If(test, yes, no) => self.bool(if self.bool(test) { yes } else { no }),
            Node::Compare(order, kind, left, right) => self.compare(*order, *kind, left, right),
            Node::In(item, list) => self.is_in(item, list),
            Node::Test(test, text, part) => self.test(*test, text, part),
            Node::Has(key) => self.metadata(key).is_some(),
            Node::Consent(purpose) => self.seen.granted.contains(&&**purpose),
            Node::Any(list, body) => self.each(list, |look| look.bool(body)),
            Node::All(list, body) => !self.each(list, |look| !look.bool(body)),
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn compare(&self, order: Order, kind: Type, left: &'a Node, right: &'a Node) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let found = match kind {
            Type::Bool => Some(self.bool(left).cmp(&self.bool(right))),
            Type::Int => Some(self.int(left).cmp(&self.int(right))),
            Type::Double => self.double(left).partial_cmp(&self.double(right)),
            _ => Some(self.text(left).cmp(&self.text(right))),
        };
        match order {
            Order::Equal => found == Some(Equal),
            Order::NotEqual => found != Some(Equal),
            Order::Less => found == Some(Less),
            Order::LessOrEqual => matches!(found, Some(Less | Equal)),
            Order::Greater => found == Some(Greater),
            Order::GreaterOrEqual => matches!(found, Some(Greater | Equal)),
        }
    }

    fn is_in(&self, item: &'a Node, list: &'a Node) -> bool {
        match list {
            Node::Texts(texts) => {
                let item = self.text(item);
                texts.iter().any(|text| **text == *item)
            }
            Node::Ints(ints) => ints.contains(&self.int(item)),
            Node::Variable(Variable::Tags) => {
                let item = self.text(item);
                self.seen.tags.iter().any(|tag| *tag == *item)
            }
            Node::Variable(Variable::Metadata) => self.metadata(&self.text(item)).is_some(),
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn test(&self, test: TextTest, text: &'a Node, part: &'a Node) -> bool {
        let (text, part) = (self.text(text), self.text(part));
        match test {
            TextTest::StartsWith => text.starts_with(&*part),
            TextTest::EndsWith => text.ends_with(&*part),
            TextTest::Contains => text.contains(&*part),
        }
    }

    /// Whether a test holds for any item.
    fn each(&self, list: &'a Node, test: impl Fn(&Look<'a>) -> bool) -> bool {
        let with = |item| Look { seen: self.seen, item };
        match list {
            Node::Texts(texts) => texts.iter().any(|text| test(&with(Item::Text(text)))),
            Node::Ints(ints) => ints.iter().any(|int| test(&with(Item::Int(*int)))),
            Node::Variable(Variable::Tags) => self.seen.tags.iter().any(|tag| test(&with(Item::Text(tag)))),
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn int(&self, node: &'a Node) -> i64 {
        let wall = self.seen.local;
        match node {
            Node::Int(value) => *value,
            Node::Variable(Variable::Hour) => wall.map_or(-1, |wall| wall.hour),
            Node::Variable(Variable::Minute) => wall.map_or(-1, |wall| wall.minute),
            Node::Variable(Variable::Weekday) => wall.map_or(0, |wall| wall.weekday),
            Node::Item => match self.item {
                Item::Int(int) => int,
                _ => unreachable!("{CHECKED}"),
            },
            Node::If(test, yes, no) => self.int(if self.bool(test) { yes } else { no }),
            Node::Negate(inner) => self.int(inner).wrapping_neg(),
            Node::Arithmetic(sum, left, right) => {
                let (left, right) = (self.int(left), self.int(right));
                match sum {
                    Sum::Add => left.wrapping_add(right),
                    Sum::Subtract => left.wrapping_sub(right),
                    Sum::Multiply => left.wrapping_mul(right),
                    Sum::Divide => left.checked_div(right).unwrap_or(0),
                    Sum::Remainder => left.checked_rem(right).unwrap_or(0),
                }
            }
            Node::Size(inner) => {
                let size = match &**inner {
                    Node::Texts(texts) => texts.len(),
                    Node::Ints(ints) => ints.len(),
                    Node::Variable(Variable::Tags) => self.seen.tags.len(),
                    Node::Variable(Variable::Metadata) => self.seen.metadata.map_or(0, serde_json::Map::len),
                    text => self.text(text).chars().count(),
                };
                i64::try_from(size).unwrap_or(i64::MAX)
            }
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn double(&self, node: &'a Node) -> f64 {
        match node {
            Node::Double(value) => *value,
            Node::If(test, yes, no) => self.double(if self.bool(test) { yes } else { no }),
            Node::Negate(inner) => -self.double(inner),
            Node::Arithmetic(sum, left, right) => {
                let (left, right) = (self.double(left), self.double(right));
                match sum {
                    Sum::Add => left + right,
                    Sum::Subtract => left - right,
                    Sum::Multiply => left * right,
                    Sum::Divide => left / right,
                    Sum::Remainder => left % right,
                }
            }
            _ => unreachable!("{CHECKED}"),
        }
    }

    fn text(&self, node: &'a Node) -> Cow<'a, str> {
        let seen = self.seen;
        Cow::Borrowed(match node {
            Node::Text(text) => text,
            Node::Variable(Variable::Category) => seen.category.as_str(),
            Node::Variable(Variable::Channel) => seen.channel,
            Node::Variable(Variable::Country) => seen.country,
            Node::Variable(Variable::State) => seen.state,
            Node::Variable(Variable::Template) => seen.template,
            Node::Variable(Variable::Language) => seen.language,
            Node::Variable(Variable::Sender) => seen.sender,
            Node::Item => match self.item {
                Item::Text(text) => text,
                _ => unreachable!("{CHECKED}"),
            },
            Node::Metadata(key) => return self.metadata(key).unwrap_or_default(),
            Node::If(test, yes, no) => return self.text(if self.bool(test) { yes } else { no }),
            Node::Lower(inner) => return self.text(inner).to_ascii_lowercase().into(),
            Node::Arithmetic(Sum::Add, left, right) => {
                return format!("{}{}", self.text(left), self.text(right)).into();
            }
            _ => unreachable!("{CHECKED}"),
        })
    }

    fn metadata(&self, key: &str) -> Option<Cow<'a, str>> {
        Some(match self.seen.metadata?.get(key)? {
            Value::Null => return None,
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other => other.to_string().into(),
        })
    }
}
