use proptest::prelude::*;
use serde_json::{Value, json};

use super::{judge, passes};
use crate::whatsapp::{Content, Outgoing, Recipient};

fn body(outgoing: &Outgoing, to: Recipient<'_>, opaque: &str) -> Value {
    let mut out = Vec::new();
    outgoing.write_body(to, opaque, &mut out);
    serde_json::from_slice(&out).expect("the body is JSON")
}

/// One message of every type, each with a field that nobody knows.
fn samples() -> Vec<Value> {
    vec![
        json!({"type": "text", "text": {"body": "Hi \"Ann\"\n\u{1F44B}", "preview_url": false, "new": [1, 2.5]}}),
        json!({"type": "image", "image": {"id": "1", "caption": "c", "new": null}}),
        json!({"type": "video", "video": {"link": "https://example.org/v.mp4", "new": {}}}),
        json!({"type": "audio", "audio": {"id": "1", "voice": true, "new": 1}}),
        json!({"type": "document", "document": {"id": "1", "filename": "f.pdf", "new": 1}}),
        json!({"type": "sticker", "sticker": {"id": "1", "new": 1}}),
        json!({"type": "location", "location": {"latitude": "1.5", "longitude": 2, "new": 1}}),
        json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "A", "new": 1}, "emails": [{"email": "a@b.example"}]}]}),
        json!({"type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": "👍", "new": 1}}),
        json!({"type": "interactive", "interactive": {
            "type": "button", "body": {"text": "a", "new": 1}, "new": 1,
            "action": {"buttons": [{"type": "reply", "new": 1, "reply": {"id": "a", "title": "A", "new": 1}}]}
        }}),
        json!({"type": "template", "template": {
            "name": "t", "language": {"code": "en", "policy": "deterministic"}, "new": 1,
            "components": [{"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "a", "new": 1}]}]
        }, "new_envelope_field": {"deep": [true]}}),
        json!({"type": "hologram", "hologram": {"beam": [1, 2, 3]}}),
        json!({"type": "list_of_tomorrow", "list_of_tomorrow": [1, "a"]}),
    ]
}

#[test]
fn what_leaves_is_what_the_client_gave() {
    for message in samples() {
        let outgoing = passes(&message);
        let mut expected = message.clone();
        let fields = expected.as_object_mut().unwrap();
        fields.insert("messaging_product".into(), "whatsapp".into());
        fields.insert("recipient_type".into(), "individual".into());
        fields.insert("to".into(), "+4915112345678".into());
        fields.insert("biz_opaque_callback_data".into(), "att_1".into());
        assert_eq!(body(&outgoing, Recipient::Phone("+4915112345678"), "att_1"), expected);
        assert_eq!(outgoing.kind(), message["type"].as_str().unwrap());
        assert_eq!(outgoing.content().kind(), outgoing.kind());
        assert_eq!(outgoing.is_free_form(), outgoing.kind() != "template");
        assert_eq!(outgoing.template().is_some(), outgoing.kind() == "template");
    }
}

#[test]
fn storage_keeps_everything() {
    for message in samples() {
        let outgoing = passes(&message);
        let stored = serde_json::to_string(&outgoing).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), message);
        let loaded: Outgoing = serde_json::from_str(&stored).unwrap();
        assert_eq!(loaded, outgoing);
        assert_eq!(loaded.content().kind(), outgoing.kind());
        assert!(loaded.validate().is_ok());
        let by_value: Outgoing = serde_json::from_value(message).unwrap();
        assert_eq!(by_value.kind(), outgoing.kind());
    }
    for broken in ["{}", r#"{"type":"text"}"#, r#"{"text":{"body":"a"}}"#, "[]", r#"{"type":5}"#] {
        assert!(serde_json::from_str::<Outgoing>(broken).is_err(), "{broken}");
    }
}

#[test]
fn recipients_stand_where_the_platform_looks() {
    let text = Outgoing::text("Hi", true);
    let phone = body(&text, Recipient::Phone("+1\"2"), "a\"b");
    assert_eq!((&phone["to"], &phone["biz_opaque_callback_data"]), (&json!("+1\"2"), &json!("a\"b")));
    assert_eq!(phone["text"], json!({"body": "Hi", "preview_url": true}));
    let bsuid = body(&text, Recipient::Bsuid("US.1"), "x");
    assert_eq!(
        (&bsuid["recipient"], &bsuid["recipient_type"], bsuid.get("to")),
        (&json!("US.1"), &json!("individual"), None)
    );
    let group = body(&text, Recipient::Group("g1"), "x");
    assert_eq!((&group["to"], &group["recipient_type"]), (&json!("g1"), &json!("group")));
}

#[test]
fn the_exact_bytes_of_a_text() {
    let mut out = Vec::new();
    Outgoing::text("Hi", false).in_reply_to("wamid.A").write_body(
        Recipient::Phone("+491"),
        "att_1",
        &mut out,
    );
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"+491","type":"text","text":{"body":"Hi"},"context":{"message_id":"wamid.A"},"biz_opaque_callback_data":"att_1"}"#
    );
}

#[test]
fn the_envelope_is_taken_apart() {
    let outgoing = passes(&json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+1", "recipient": "US.1",
        "biz_opaque_callback_data": "theirs", "type": "text", "text": {"body": "a"},
        "context": {"message_id": "wamid.Q"}, "category": "utility", "direct_send_config": {"template_name": "t"},
        "messaging_account_id": "9", "recipient_identity_key_hash": "h"
    }));
    assert_eq!(outgoing.context_message_id().as_deref(), Some("wamid.Q"));
    assert_eq!(outgoing.field("category").map(|value| value.get()), Some("\"utility\""));
    assert!(!outgoing.is_free_form(), "the platform makes a template of it");
    let sent = body(&outgoing, Recipient::Phone("+2"), "ours");
    assert_eq!(
        (&sent["to"], &sent["biz_opaque_callback_data"], sent.get("recipient")),
        (&json!("+2"), &json!("ours"), None)
    );
    assert_eq!(sent["direct_send_config"]["template_name"], "t");
    assert_eq!(outgoing.in_reply_to("wamid.R").context_message_id().as_deref(), Some("wamid.R"));
}

#[test]
fn what_is_no_message() {
    for (message, field, code) in [
        (json!(null), "", "message.object"),
        (json!([]), "", "message.object"),
        (json!("text"), "", "message.object"),
        (json!({}), "type", "field.required"),
        (json!({"text": {"body": "a"}}), "type", "field.required"),
        (json!({"type": 1}), "type", "field.invalid"),
        (json!({"type": "", "": {}}), "type", "field.invalid"),
        (json!({"type": "to", "to": {}}), "type", "field.invalid"),
        (json!({"type": "context", "context": {"message_id": "a"}}), "type", "field.invalid"),
        (json!({"type": "text"}), "text", "field.required"),
        (json!({"type": "text", "image": {"id": "1"}}), "text", "field.required"),
        (json!({"type": "Ann Lee, +49 151 1"}), "type", "field.required"),
    ] {
        let problems = Outgoing::from_json(&message).expect_err("no message");
        assert_eq!((problems[0].field.as_str(), problems[0].code), (field, code), "{message}");
    }
}

#[test]
fn nothing_personal_is_printed_or_repeated() {
    let secret = "SECRET-7";
    let text = Outgoing::text(secret, false);
    assert_eq!(
        format!("{text:?} {:?} {:?}", text.content(), Recipient::Phone(secret)),
        "Outgoing(text) Content(text) Phone(…)"
    );
    for message in [
        json!({"type": "text", "text": secret}),
        json!({"type": "text", "text": {"body": [secret]}}),
        json!({"type": "text", "text": {"body": "a", "preview_url": secret}}),
        json!({"type": "location", "location": {"latitude": secret, "longitude": 1}}),
        json!({"type": "image", "image": {"link": secret}}),
        json!({"type": "interactive", "interactive": {"type": "button", "action": secret}}),
        json!({"type": "template", "template": {"name": secret, "language": {"code": secret}}}),
        json!({"type": "template", "template": {"name": "a", "language": {"code": "en"}, "components": [{"type": "button", "index": secret}]}}),
        json!({"type": secret}),
    ] {
        let problems = judge(&message).expect_err("refused");
        assert!(!format!("{problems:?}").contains(secret), "{problems:?}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("type"),
        Just("text"),
        Just("body"),
        Just("template"),
        Just("components"),
        Just("interactive"),
        Just("action"),
        Just("image"),
        Just("contacts"),
        Just("name"),
        Just("language"),
        Just("code"),
        Just("parameters"),
        Just("sections"),
        Just("rows"),
        Just("cards"),
        Just("buttons"),
        Just("context"),
        Just("header"),
        Just("location"),
        Just("index"),
    ];
    let word = prop_oneof![
        Just("text".to_owned()),
        Just("template".to_owned()),
        Just("interactive".to_owned()),
        Just("button".to_owned()),
        Just("list".to_owned()),
        Just("carousel".to_owned()),
        Just("flow".to_owned()),
        Just("image".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json(), kind in prop::sample::select(vec!["text", "interactive", "template", "contacts", "image", "location"])) {
        let _ = judge(&value);
        let message = json!({"type": kind, kind: value});
        if let Ok(outgoing) = judge(&message) {
            let raw = matches!(outgoing.content(), Content::Raw { .. });
            prop_assert!(!raw);
            let stored = serde_json::to_string(&outgoing).unwrap();
            prop_assert_eq!(serde_json::from_str::<Outgoing>(&stored).unwrap(), outgoing);
        }
    }
}
