//! Takes out of an answer what differs from run to run: ids, times, traces, cursors.

use serde_json::Value;

/// Pretty JSON, one field a line, with ids as `[msg]`, times as `[time]`, and so on.
pub fn redact(value: &Value) -> String {
    serde_json::to_string_pretty(&clean(value)).expect("a value can be written")
}

fn clean(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| {
                let opaque =
                    ["cursor", "next_cursor", "trace_id"].contains(&key.as_str()) && field.is_string();
                (key.clone(), if opaque { format!("[{key}]").into() } else { clean(field) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(clean).collect(),
        Value::String(text) => words(text).into(),
        other => other.clone(),
    }
}

/// Replaces word by word, so that sentences stay sentences.
fn words(text: &str) -> String {
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn word(text: &str) -> String {
    let is_edge = |c: char| matches!(c, '.' | ',' | ':' | ';' | '(' | ')' | '`' | '"');
    let core = text.trim_matches(is_edge);
    match replacement(core) {
        Some(new) if !core.is_empty() => text.replacen(core, &new, 1),
        _ => text.to_owned(),
    }
}

fn replacement(core: &str) -> Option<String> {
    if core.starts_with("wamid.") {
        return Some("[wamid]".to_owned());
    }
    if let Some(path) = core.strip_prefix("/callbacks/main/") {
        return replacement(path).map(|id| format!("/callbacks/main/{id}"));
    }
    if core.starts_with("tdk_") || core.starts_with("tdi_") {
        return Some("[key]".to_owned());
    }
    if let Some((actor, id)) = core.split_once(':')
        && ["api", "console"].contains(&actor)
    {
        return replacement(id).map(|id| format!("{actor}:{id}"));
    }
    if let Some((prefix, suffix)) = core.split_once('_')
        && suffix.len() == 26
        && suffix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    {
        return Some(format!("[{prefix}]"));
    }
    let bytes = core.as_bytes();
    let is_time =
        bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[bytes.len() - 1] == b'Z';
    is_time.then(|| "[time]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_taken_out() {
        let value = json!({
            "id": "msg_01k9h3c4v8e2xt7m5q0w6r1yza", "status": "sent", "cursor": "abc",
            "detail": "Yes, attempt 1 at 2026-11-21T09:30:00.250Z.", "actor": "api:key_01k9h3c4v8e2xt7m5q0w6r1yza",
        });
        let clean = json!({
            "id": "[msg]", "status": "sent", "cursor": "[cursor]",
            "detail": "Yes, attempt 1 at [time].", "actor": "api:[key]",
        });
        assert_eq!(redact(&value), serde_json::to_string_pretty(&clean).unwrap());
    }
}
