//! Another tenant's things are as if they did not exist, on every route there is.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, phone};

/// Ids of one tenant by the first part of the path under `/v1`.
async fn things(app: &TestApp, tenant: &Tenant) -> BTreeMap<&'static str, String> {
    let message = tenant.send(&tenant.utility(1)).await;
    tenant.until(&message, "read").await;
    let inbound = tenant.hears(1, "Hello", app.now_us()).await;
    let pause = json!({"scope": "category", "id": "marketing", "reason": "x"});
    let pause = tenant.http.post("/v1/pauses", &pause).await.expect(201);
    let key = tenant.http.post("/v1/keys", &json!({"name": "k", "role": "analyst"})).await.expect(201);
    let rule = json!({"name": "x", "when": "free_form", "verdict": "deny", "reason": "x", "mode": "shadow"});
    let rule = tenant.http.post("/v1/policy/rules", &rule).await.expect(201);
    let path = format!("/v1/media?sender={}", tenant.sender);
    let media =
        tenant.http.raw(Method::POST, &path, "\u{89}PNG", &[("content-type", "image/png")]).await.expect(201);
    let import = tenant
        .http
        .raw(Method::POST, "/v1/consent-imports", "phone,granted\n+491701234567,yes\n", &[])
        .await
        .expect(202);
    let doubtful = tenant.hears(5, "how do I stop these messages from you", app.now_us()).await;
    let form = tenant.http.post("/v1/consent-forms", &form()).await.expect(201);
    let verification =
        tenant.http.post("/v1/verifications", &json!({"to": {"phone": phone(2)}})).await.expect(201);
    let template = json!({"name": "parcel_left", "category": "utility"});
    let template = tenant.http.post("/v1/templates/catalogue", &template).await.expect(201);
    let version =
        json!({"language": "en", "definition": {"components": [{"type": "BODY", "text": "It left."}]}});
    let path = format!("/v1/templates/catalogue/{}/versions", template["id"].as_str().unwrap());
    let version = tenant.http.post(&path, &version).await.expect(201);
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    BTreeMap::from([
        ("messages", message),
        ("accounts", tenant.account.clone()),
        ("senders", tenant.sender.clone()),
        ("inbound", text(&inbound)),
        ("contacts", inbound["contact"].as_str().unwrap().to_owned()),
        ("pauses", text(&pause)),
        ("keys", text(&key)),
        ("media", text(&media)),
        ("policy", text(&rule)),
        ("consent-forms", text(&form)),
        ("opt-out-reviews", text(&doubtful)),
        ("imports", text(&import)),
        ("verifications", text(&verification)),
        ("templates", text(&template)),
        ("template versions", text(&version)),
    ])
}

fn form() -> Value {
    json!({"name": "n", "language": "en", "business_name": "Acme", "text": "Acme may write.", "purposes": ["marketing"]})
}

both_engines! {
    async fn every_route_with_an_id_answers_as_if_absent(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (owner, stranger) = (app.tenant().await, app.tenant_number(1).await);
        let things = things(&app, &owner).await;
        let openapi = app.http.get("/openapi.json").await.expect(200);
        let mut walked = 0;
        for (path, methods) in openapi["paths"].as_object().unwrap() {
            let kind = path.trim_start_matches("/v1/").split('/').next().unwrap();
            let kind = if path.starts_with("/v1/templates/versions") { "template versions" } else { kind };
            // Tenants themselves are the operator's, whatever key another tenant has.
            if !path.contains("{id}") || kind == "tenants" {
                continue;
            }
            let id = things.get(kind).unwrap_or_else(|| panic!("no thing for {path}: add one to this test"));
            let path = path.replace("{id}", id);
            for method in methods.as_object().unwrap().keys() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let body = match (&method, kind) {
                    (&Method::PATCH, "senders") => Some(json!({"messages_per_s": 1})),
                    (&Method::PATCH, "contacts") => Some(json!({})),
                    (&Method::PATCH, _) => Some(json!({"access_token": "stolen"})),
                    (&Method::PUT, "consent-forms") => Some(form()),
                    (&Method::POST, "contacts") if path.ends_with("merge") => Some(json!({"other": id})),
                    (&Method::POST, "contacts") => Some(json!({"to": {"phone": phone(1)}})),
                    (&Method::POST, "templates") if path.ends_with("preview") => {
                        Some(json!({"language": "en", "definition": {}}))
                    }
                    (&Method::POST, _) => Some(json!({})),
                    _ => None,
                };
                let answer = stranger.http.call(method.clone(), &path, body.as_ref(), &[]).await;
                assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
                let absent = things.get(kind).map(|id| path.replace(id, &other_id(id))).unwrap();
                let absent = stranger.http.call(method.clone(), &absent, body.as_ref(), &[]).await;
                assert_eq!(answer.text, absent.text, "{method} {path}: somebody else's differs from nobody's");
                walked += 1;
            }
        }
        assert!(walked >= 15, "only {walked} routes were walked");
        for (kind, id) in &things {
            if ["messages", "senders", "inbound", "contacts", "media", "verifications"].contains(kind) {
                owner.http.get(&format!("/v1/{kind}/{id}")).await.expect(200);
            }
        }
    }

    async fn lists_and_references_stay_within_the_tenant(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (owner, stranger) = (app.tenant().await, app.tenant_number(1).await);
        things(&app, &owner).await;
        owner.revoke(1, "marketing").await;
        let query = phone(1).replace('+', "%2B");
        for (path, list) in [
            ("/v1/messages".to_owned(), "messages"),
            (format!("/v1/messages?to={query}"), "messages"),
            ("/v1/inbound".to_owned(), "inbound"),
            (format!("/v1/consents?to={query}"), "consents"),
            ("/v1/pauses".to_owned(), "pauses"),
            ("/v1/contacts".to_owned(), "contacts"),
            ("/v1/imports".to_owned(), "imports"),
            ("/v1/opt-out-reviews".to_owned(), "reviews"),
            ("/v1/dead-letters".to_owned(), "dead_letters"),
        ] {
            assert_eq!(stranger.http.get(&path).await.expect(200)[list], json!([]), "{path}");
        }
        let mut intent = stranger.utility(1);
        intent["from"] = json!(owner.sender);
        stranger.http.post("/v1/messages", &intent).await.expect(400);
        let new = json!({"account": owner.account, "channel": "whatsapp", "address": "+12025550177", "provider_ref": "1"});
        stranger.http.post("/v1/senders", &new).await.expect(400);
        let allowed = stranger.http.post("/v1/policy/evaluate", &stranger.marketing(1)).await.expect(200);
        assert_eq!(allowed["verdict"], "allow", "an opt-out counts for the tenant that was told");
        let subjects: Vec<Value> = stranger.events().await.iter().map(|each| each["subject"].clone()).collect();
        let theirs: Vec<Value> = owner.events().await.iter().map(|each| each["subject"].clone()).collect();
        assert!(subjects.iter().all(|subject| !theirs.contains(subject)));
    }
}

/// An id of the same kind that nobody has.
fn other_id(id: &str) -> String {
    let (prefix, suffix) = id.split_once('_').unwrap();
    let mut suffix: Vec<char> = suffix.chars().collect();
    let last = suffix.len() - 9;
    suffix[last] = if suffix[last] == '0' { '1' } else { '0' };
    format!("{prefix}_{}", suffix.into_iter().collect::<String>())
}
