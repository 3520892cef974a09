//! Each error the provider answers, with its shape.

use serde_json::{Value, json};

use super::rig::{CUSTOMER, HOUR, PHONE, Rig, SECOND, T0, TOKEN, WABA, message, order_update};

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key);
    value
}

fn with(mut value: Value, key: &str, new: Value) -> Value {
    value[key] = new;
    value
}

fn text() -> Value {
    message("text", json!({"body": "Hi"}))
}

#[test]
fn malformed_envelopes() {
    let cases: Vec<(&str, Value, u64)> = vec![
        ("no product", without(text(), "messaging_product"), 100),
        ("other product", with(text(), "messaging_product", json!("sms")), 100),
        ("no recipient", without(text(), "to"), 100),
        ("number as to", with(text(), "to", json!(16_505_551_234_u64)), 100),
        ("letters in to", with(text(), "to", json!("+1650CALLME")), 131_009),
        ("short to", with(text(), "to", json!("+1650")), 131_009),
        ("odd recipient type", with(text(), "recipient_type", json!("crowd")), 100),
        ("group", with(text(), "recipient_type", json!("group")), 131_051),
        ("unknown type", with(text(), "type", json!("telegram")), 131_051),
        ("type without object", with(text(), "type", json!("image")), 131_008),
        ("long callback data", with(text(), "biz_opaque_callback_data", json!("x".repeat(513))), 100),
        ("sender is recipient", with(text(), "to", json!("+15550783881")), 131_021),
        ("context without id", with(text(), "context", json!({})), 131_008),
        ("context of nonsense", with(text(), "context", json!({"message_id": "1"})), 131_009),
        ("array", json!([1]), 100),
    ];
    let rig = Rig::in_window();
    for (name, body, code) in cases {
        let (status, answer) = rig.post(&body);
        assert_eq!(answer["error"]["code"], code, "{name}: {answer}");
        assert_eq!(status, 400, "{name}");
    }
    let broken = rig.request("POST", &format!("/v25.0/{PHONE}/messages"), TOKEN, "{\"to\":");
    assert_eq!(broken.response.status(), 400);
}

#[test]
fn the_shape_of_an_error() {
    let rig = Rig::new();
    let (status, answer) = rig.post(&text());
    assert_eq!(status, 400);
    let error = &answer["error"];
    assert_eq!(error["message"], "(#131047) Re-engagement message");
    assert_eq!(error["type"], "OAuthException");
    assert_eq!(error["error_data"]["messaging_product"], "whatsapp");
    assert!(error["error_data"]["details"].as_str().unwrap().contains("24 hours"));
    assert!(error["fbtrace_id"].as_str().unwrap().starts_with('A'));
}

#[test]
fn tokens_and_objects() {
    let rig = Rig::in_window();
    let path = format!("/v25.0/{PHONE}/messages");
    let answer = rig.request("POST", &path, "stolen", text().to_string());
    assert_eq!(answer.response.status(), 401);
    assert!(answer.response.headers().contains_key("www-authenticate"));
    let value: Value = serde_json::from_slice(answer.response.body()).unwrap();
    assert_eq!(value["error"]["code"], 190);
    let (status, answer) = rig.call("POST", "/v25.0/999/messages", &text());
    assert_eq!((status, answer["error"]["code"].as_u64()), (400, Some(100)));
    assert_eq!(answer["error"]["error_subcode"], 33);
    rig.sim.revoke_token(TOKEN);
    assert_eq!(rig.post(&text()).0, 401);
}

#[test]
fn another_accounts_number_is_unknown() {
    let rig = Rig::new();
    rig.sim.provision(crate::Provision {
        business_account_id: "2".into(),
        access_token: "other".into(),
        ..crate::Provision::default()
    });
    let answer = rig.request(
        "POST",
        &format!("/v25.0/{PHONE}/messages"),
        "other",
        order_update(CUSTOMER, "a").to_string(),
    );
    assert_eq!(answer.response.status(), 400);
    assert_eq!(rig.sim.counts().submissions, 0);
}

#[test]
fn the_window_opens_and_closes() {
    let mut rig = Rig::new();
    assert_eq!(rig.code("text", json!({"body": "Hi"})), 131_047);
    rig.sim.inbound_text(rig.now, PHONE, CUSTOMER, "Hello");
    assert_eq!(rig.code("text", json!({"body": "Hi"})), 0);
    rig.now = T0 + 24 * HOUR - SECOND;
    assert_eq!(rig.code("text", json!({"body": "Hi"})), 0);
    rig.now = T0 + 24 * HOUR;
    assert_eq!(rig.code("text", json!({"body": "Hi"})), 131_047);
}

#[test]
fn outage_refuses_and_accepts_nothing() {
    let mut rig = Rig::new();
    rig.sim.outage(T0 + 10 * SECOND);
    let (status, answer) = rig.template(CUSTOMER, "a");
    assert_eq!((status, answer["error"]["code"].as_u64()), (503, Some(2)));
    assert_eq!(answer["error"]["is_transient"], true);
    assert_eq!(rig.get(&format!("/v25.0/{WABA}")).0, 503);
    rig.now = T0 + 10 * SECOND;
    assert_eq!(rig.template(CUSTOMER, "a").0, 200);
    let ledger = rig.sim.ledger();
    let answers: Vec<&str> = ledger.submissions.iter().map(|submission| submission.answer.as_str()).collect();
    assert_eq!(answers, ["outage", "accepted"]);
}

#[test]
fn rejected_submissions_stand_in_the_book() {
    let rig = Rig::new();
    rig.post(&text());
    let ledger = rig.sim.ledger();
    let one = &ledger.submissions[0];
    assert_eq!(
        (one.answer.as_str(), one.kind.as_str(), one.to.as_str()),
        ("error:131047", "text", "16505551234")
    );
    assert_eq!(one.wamid, None);
}
