//! Reading the engine's reports as the API writes them: what the console shows is what the API says.

use serde::Serialize;
use serde_json::Value;

use super::view::When;

/// A report as JSON.
pub fn json(report: &impl Serialize) -> Value {
    serde_json::to_value(report).unwrap_or_else(|error| {
        tracing::error!(%error, "a report could not be written");
        Value::Null
    })
}

/// A field as text; absent as nothing.
pub fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

pub fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn when(value: &Value, pointer: &str) -> When {
    When::new(&text(value, pointer))
}
