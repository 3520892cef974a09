//! Tests through the public surface: tables of messages that pass and messages that are refused.

mod catalogue;
mod interactive;
mod outgoing;
mod plain;
mod simple;
mod template;

use serde_json::Value;

use super::Outgoing;
use crate::problem::Checked;

/// Reads and checks a message object.
fn judge(message: &Value) -> Checked<Outgoing> {
    let outgoing = Outgoing::from_json(message)?;
    outgoing.validate().map(|()| outgoing)
}

#[track_caller]
fn passes(message: &Value) -> Outgoing {
    judge(message).unwrap_or_else(|problems| panic!("{message} was refused: {problems:?}"))
}

/// The message is refused, and among the problems is this field with this rule.
#[track_caller]
fn refused(message: &Value, field: &str, code: &str) {
    let problems = judge(message).expect_err(&format!("{message} should be refused"));
    assert!(
        problems.iter().any(|problem| problem.field == field && problem.code == code),
        "{field} {code} is not among {problems:#?}"
    );
    for problem in &problems {
        assert!(problem.detail.ends_with('.'), "not a sentence: {problem:?}");
    }
}

/// A text of so many characters, two bytes each.
fn long(chars: usize) -> String {
    "ü".repeat(chars)
}

/// A copy with the value at a JSON pointer replaced; the place is made if its parent exists.
fn with(base: &Value, pointer: &str, value: Value) -> Value {
    let mut copy = base.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    match copy.pointer_mut(parent).expect("the parent exists") {
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(list) => {
            let index: usize = name.parse().expect("an index");
            if index < list.len() { list[index] = value } else { list.push(value) }
        }
        _ => panic!("{parent} holds nothing"),
    }
    copy
}

/// A copy without the value at a JSON pointer.
fn without(base: &Value, pointer: &str) -> Value {
    let mut copy = base.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    copy.pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .expect("an object")
        .remove(name)
        .expect("it was there");
    copy
}
