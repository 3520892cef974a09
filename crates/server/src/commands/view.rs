//! Reading the API's answers for people.

use std::sync::Arc;

use serde_json::Value;
use tidings_providers::http::HttpTransport;

use crate::api::Api;
use crate::cli::{List, Server};
use crate::table::{pairs, table};

pub fn api(server: &Server) -> Api {
    Api::new(Arc::new(HttpTransport::default()), &server.server, &server.key)
}

/// A field as text; lists and objects as JSON, absent as nothing.
pub fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// `2026-03-01T09:30:00.250Z` → `2026-03-01 09:30:00`.
pub fn time(value: &Value, pointer: &str) -> String {
    let full = text(value, pointer);
    match (full.get(..10), full.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock}"),
        _ => full,
    }
}

/// A page of things as a table, with the command for the next page.
pub fn list(page: &Value, key: &str, columns: &[(&str, &str)]) -> String {
    let head: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rows: Vec<Vec<String>> = page[key]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            let cell = |(_, pointer): &(&str, &str)| {
                if pointer.ends_with("_at") || *pointer == "/at" {
                    time(item, pointer)
                } else {
                    text(item, pointer)
                }
            };
            columns.iter().map(cell).collect()
        })
        .collect();
    if rows.is_empty() {
        return "none\n".to_owned();
    }
    let mut out = table(&head, &rows);
    if let Some(cursor) = page["next_cursor"].as_str() {
        out.push_str(&format!("more: --cursor {cursor}\n"));
    }
    out
}

/// Fields of one thing, those that are there.
pub fn fields(value: &Value, names: &[(&str, &str)]) -> String {
    let rows: Vec<(&str, String)> = names
        .iter()
        .map(|(name, pointer)| (*name, text(value, pointer)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    pairs(&rows)
}

/// The query of a page.
pub fn page(list: &List, more: &[(&str, Option<&str>)]) -> String {
    let limit = list.limit.to_string();
    let mut all = vec![("limit", Some(limit.as_str())), ("cursor", list.cursor.as_deref())];
    all.extend_from_slice(more);
    crate::api::query(&all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pages_become_tables() {
        let page = json!({"keys": [{"id": "key_1", "name": "ci", "created_at": "2026-03-01T09:30:00.250Z",
            "permissions": ["a"]}], "next_cursor": "abc"});
        let text =
            list(&page, "keys", &[("ID", "/id"), ("NAME", "/name"), ("MADE", "/created_at"), ("WHY", "/x")]);
        assert_eq!(
            text,
            "ID     NAME  MADE                 WHY\nkey_1  ci    2026-03-01 09:30:00\nmore: --cursor abc\n"
        );
        assert_eq!(list(&json!({"keys": []}), "keys", &[]), "none\n");
        assert_eq!(fields(&page["keys"][0], &[("name", "/name"), ("gone", "/gone")]), "name  ci\n");
    }
}
