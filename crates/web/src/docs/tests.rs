use std::collections::BTreeSet;
use std::path::Path;

use axum::body::{Body, to_bytes};
use serde_json::Value;
use tower::ServiceExt;

use super::*;

fn described() -> Value {
    let (_, openapi) = crate::api::router();
    serde_json::to_value(openapi).unwrap()
}

fn operations_of(api: &Value) -> Vec<(String, &Value)> {
    let paths = api["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    all.collect()
}

/// The committed description is the one that the code makes. `UPDATE_SNAPSHOTS=1` writes it anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
fn the_committed_description_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = serde_json::to_string_pretty(&described()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == made,
        "docs/openapi.json is not what the code describes: UPDATE_SNAPSHOTS=1 cargo test"
    );
}

#[test]
fn every_operation_is_named_once_and_says_what_it_does() {
    let api = described();
    let tags: BTreeSet<_> = TAGS.iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    for (place, operation) in operations_of(&api) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(seen.insert(id), "{id} is there twice");
        assert!(operation["summary"].is_string(), "{place}");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{place}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        assert!(responses.contains_key("401") && responses.contains_key("default"), "{place}");
    }
    assert!(seen.len() >= 30, "{}", seen.len());
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|each| walk(each, found));
            }
            Value::Array(list) => list.iter().for_each(|each| walk(each, found)),
            _ => {}
        }
    }
    let api = described();
    let mut found = BTreeSet::new();
    walk(&api, &mut found);
    assert!(found.contains("#/components/schemas/Problem"));
    for reference in found {
        assert!(api.pointer(&reference[1..]).is_some(), "{reference}");
    }
}

#[test]
fn only_what_is_the_installations_takes_its_key() {
    let api = described();
    assert_eq!(api["security"][0], serde_json::json!({"api_key": []}));
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    for (place, operation) in operations_of(&api) {
        let of_the_installation =
            [" /v1/tenants", " /v1/recovery", " /v1/nodes"].iter().any(|path| place.contains(path));
        assert_eq!(operation.get("security").is_some(), of_the_installation, "{place}");
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let app: Router = page();
    for (path, holds) in [("/docs/", "swagger-ui"), ("/docs/swagger-initializer.js", "/openapi.json")] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], DOCS_POLICY);
        let text = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(text.contains(holds), "{path}");
        assert!(!text.contains("https://") && !text.contains("http://"), "{path}: {text}");
    }
}
