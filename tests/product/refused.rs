//! Refused is not denied: bad input gets a problem that names the field and the rule, and nothing is stored.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::support::{Storage, Tenant, TestApp};
use tidings_tests::{both_engines, shows};

/// One line for each refusal: what was sent, status, code, and the first field with its rule.
async fn table(tenant: &Tenant, cases: Vec<(&str, Value)>) -> String {
    let mut out = String::new();
    for (name, intent) in cases {
        let answer = tenant.http.post("/v1/messages", &intent).await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{name}: {}",
            answer.text
        );
        let first = &answer.body["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        out.push_str(&format!(
            "{name}: {} {} | {} | {}\n",
            answer.status,
            text(&answer.body["code"]),
            text(&first["field"]),
            text(&first["code"])
        ));
    }
    out
}

fn with(mut intent: Value, pointer: &str, value: Value) -> Value {
    *intent.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    intent
}

both_engines! {
    async fn every_field_is_named_with_its_rule(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let utility = tenant.utility(1);
        let mut from_nobody = utility.clone();
        from_nobody["from"] = json!("+12025559999");
        let mut late = utility.clone();
        late["send_at"] = json!("2199-01-01T00:00:00Z");
        let mut over = utility.clone();
        over["expires_at"] = json!("2020-01-01T00:00:00Z");
        let mut misspelt = utility.clone();
        misspelt["tempalte"] = json!({});
        let mut category = utility.clone();
        category["category"] = json!("marketing");
        let text = |body: String| json!({"to": {"phone": "+4915112300001"}, "text": {"body": body}});
        let shown = table(&tenant, vec![
            ("unknown template", with(utility.clone(), "/template/name", json!("nobody_knows"))),
            ("unknown language", with(utility.clone(), "/template/language", json!("tlh"))),
            ("too few parameters", with(utility.clone(), "/template/variables", json!(["Ann"]))),
            ("too many parameters", with(utility.clone(), "/template/variables", json!(["Ann", "1", "2"]))),
            ("text of 4097 characters", text("x".repeat(4_097))),
            ("empty text", text(String::new())),
            ("number without plus", with(utility.clone(), "/to/phone", json!("4915112300001"))),
            ("impossible number", with(utility.clone(), "/to/phone", json!("+49123"))),
            ("two recipients", with(utility.clone(), "/to", json!({"phone": "+4915112300001", "bsuid": "DE.1"}))),
            ("no recipient", with(utility.clone(), "/to", json!({}))),
            ("unknown contact", with(utility.clone(), "/to", json!({"contact": "con_01k9h3c4v8e2xt7m5q0w6r1yza"}))),
            ("two contents", { let mut both = utility.clone(); both["text"] = json!({"body": "x"}); both }),
            ("unknown sender", from_nobody),
            ("send_at too far", late),
            ("expired before it begins", over),
            ("misspelt field", misspelt),
            ("category that is not the template's", category),
            ("authentication to a BSUID", with(tenant.code(1), "/to", json!({"bsuid": "DE.13491208655302741918"}))),
            ("not an object", json!(7)),
        ]).await;
        shows!(shown, @"
        unknown template: 400 invalid_request | template | template.unknown
        unknown language: 400 invalid_request | template | template.unknown
        too few parameters: 400 invalid_request | template.variables | template.variable_count
        too many parameters: 400 invalid_request | template.variables | template.variable_count
        text of 4097 characters: 400 invalid_request | text.body | text.too_long
        empty text: 400 invalid_request | text.body | text.empty
        number without plus: 400 invalid_request | to.phone | phone.needs_plus
        impossible number: 400 invalid_request | to.phone | phone.invalid
        two recipients: 400 invalid_request | to | recipient.one
        no recipient: 400 invalid_request | to | recipient.one
        unknown contact: 400 invalid_request | to.contact | contact.unreachable
        two contents: 400 invalid_request | template | content.one
        unknown sender: 400 invalid_request | from | sender.unknown
        send_at too far: 400 invalid_request | send_at | time.too_far
        expired before it begins: 400 invalid_request | expires_at | time.past
        misspelt field: 400 invalid_request | tempalte | field.unknown
        category that is not the template's: 400 invalid_request | category | category.mismatch
        authentication to a BSUID: 400 invalid_request | to.bsuid | recipient.needs_phone
        not an object: 400 invalid_request |  | field.invalid
        ");
        assert_eq!(tenant.http.get("/v1/messages").await.expect(200)["messages"], json!([]));
        assert_eq!(app.simulator.counts().submissions, 0);
    }

    async fn malformed_bodies(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let json_type = [("content-type", "application/json")];
        let broken = tenant.http.raw(Method::POST, "/v1/messages", "{\"to\":", &json_type).await;
        shows!(broken.shown(), @r#"
        400
        {
          "code": "malformed_json",
          "detail": "the JSON breaks off or is malformed at line 1 column 6",
          "status": 400,
          "title": "The body is not JSON",
          "type": "urn:tidings:problem:malformed_json"
        }
        "#);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let refused = tenant.http.raw(Method::POST, "/v1/messages", "a=b", &form).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (415, Some("media_type")));
        let fat = tenant.http.raw(Method::POST, "/v1/messages", "x".repeat(1_100_000), &json_type).await;
        assert_eq!((fat.status, fat.body["code"].as_str()), (413, Some("too_large")));
        let no_key = app.http.post("/v1/messages", &tenant.utility(1)).await;
        assert_eq!((no_key.status, no_key.header("www-authenticate")), (401, Some("Bearer")));
        let wrong = app.http.with_token("tdk_main_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        wrong.get("/v1/messages").await.expect(401);
        tenant.http.get("/v1/nothing").await.expect(404);
        tenant.http.call(Method::PUT, "/v1/messages", None, &[]).await.expect(405);
        tenant.http.get("/v1/messages?limit=501").await.expect(400);
        tenant.http.get("/v1/messages?colour=red").await.expect(400);
        tenant.http.get("/v1/messages?cursor=nonsense").await.expect(400);
        tenant.http.get("/v1/messages/nonsense").await.expect(404);
    }
}
