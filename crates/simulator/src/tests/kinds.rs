//! Every message type: what passes and what does not.

use serde_json::{Value, json};

use super::rig::{CUSTOMER, PHONE, Rig, message};

fn interactive(kind: &str, action: Value) -> Value {
    json!({"type": kind, "body": {"text": "Choose"}, "action": action})
}

fn reply(id: &str, title: &str) -> Value {
    json!({"type": "reply", "reply": {"id": id, "title": title}})
}

fn card(index: u32, kind: &str) -> Value {
    json!({"card_index": index, "type": "cta_url", "header": {"type": kind, kind: {"link": "https://a.test/x"}},
        "body": {"text": "One"}, "action": {"name": "cta_url", "parameters": {"display_text": "Go", "url": "https://a.test"}}})
}

fn rows(count: usize) -> Value {
    (0..count).map(|i| json!({"id": format!("r{i}"), "title": format!("Row {i}")})).collect()
}

fn order() -> Value {
    json!({"name": "review_and_pay", "parameters": {"reference_id": "o1", "type": "digital-goods", "currency": "BRL",
        "total_amount": {"value": 100, "offset": 100}, "order": {"status": "pending", "items": [{"name": "x"}]}}})
}

#[test]
fn accepted_kinds() {
    let link = json!({"link": "https://files.test/a"});
    let flow = json!({"name": "flow", "parameters": {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Open",
        "flow_action": "navigate", "flow_action_payload": {"screen": "A"}}});
    let cases: Vec<(&str, Value)> = vec![
        ("text", json!({"body": "Hi https://a.test", "preview_url": true})),
        ("text", json!({"body": "é".repeat(4096)})),
        ("image", json!({"link": "https://a.test/a.png", "caption": "A"})),
        ("video", link.clone()),
        ("audio", json!({"link": "https://a.test/a.ogg", "voice": true})),
        ("document", json!({"link": "https://a.test/a.pdf", "filename": "a.pdf", "caption": "A"})),
        ("sticker", link),
        ("location", json!({"latitude": 52.5, "longitude": "13.4", "name": "Here", "address": "There"})),
        (
            "contacts",
            json!([{"name": {"formatted_name": "Ada L", "first_name": "Ada"}, "birthday": "1815-12-10",
            "phones": [{"phone": "+1650", "type": "WORK"}]}]),
        ),
        ("reaction", json!({"message_id": "wamid.abc", "emoji": "👍"})),
        ("reaction", json!({"message_id": "wamid.abc", "emoji": ""})),
        ("interactive", interactive("button", json!({"buttons": [reply("a", "Yes"), reply("b", "No")]}))),
        ("interactive", interactive("list", json!({"button": "Open", "sections": [{"rows": rows(10)}]}))),
        (
            "interactive",
            interactive(
                "cta_url",
                json!({"name": "cta_url", "parameters": {"display_text": "Go", "url": "https://a.test"}}),
            ),
        ),
        ("interactive", interactive("flow", flow)),
        ("interactive", interactive("location_request_message", json!({"name": "send_location"}))),
        ("interactive", interactive("request_contact_info", json!({"name": "request_contact_info"}))),
        ("interactive", interactive("call_permission_request", json!({"name": "call_permission_request"}))),
        ("interactive", interactive("voice_call", json!({"name": "voice_call"}))),
        (
            "interactive",
            interactive(
                "address_message",
                json!({"name": "address_message", "parameters": {"country": "IN"}}),
            ),
        ),
        ("interactive", interactive("catalog_message", json!({"name": "catalog_message"}))),
        (
            "interactive",
            json!({"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "p"}}),
        ),
        (
            "interactive",
            json!({"type": "product_list", "header": {"type": "text", "text": "All"}, "body": {"text": "b"},
            "action": {"catalog_id": "1", "sections": [{"title": "s", "product_items": [{"product_retailer_id": "p"}]}]}}),
        ),
        ("interactive", interactive("carousel", json!({"cards": [card(0, "image"), card(1, "image")]}))),
        ("interactive", interactive("order_details", order())),
        (
            "interactive",
            interactive(
                "order_status",
                json!({"name": "review_order",
            "parameters": {"reference_id": "o1", "order": {"status": "shipped"}}}),
            ),
        ),
    ];
    let rig = Rig::in_window();
    for (kind, object) in cases {
        let (status, answer) = rig.send(kind, object.clone());
        assert_eq!(status, 200, "{kind} {object}: {answer}");
        assert!(answer["messages"][0]["id"].as_str().unwrap().starts_with("wamid."));
        assert_eq!(answer["contacts"][0], json!({"input": CUSTOMER, "wa_id": "16505551234"}));
    }
}

#[test]
fn refused_kinds() {
    let headed = |header: Value| {
        let mut list = interactive("list", json!({"button": "o", "sections": [{"rows": rows(1)}]}));
        list["header"] = header;
        list
    };
    let cases: Vec<(&str, Value, u64)> = vec![
        ("text", json!({}), 131_008),
        ("text", json!({"body": ""}), 131_008),
        ("text", json!({"body": 7}), 100),
        ("text", json!({"body": "x".repeat(4097)}), 100),
        ("image", json!({}), 131_008),
        ("image", json!({"id": "1", "link": "https://a.test"}), 100),
        ("image", json!({"link": "ftp://a.test"}), 131_009),
        ("image", json!({"id": "404"}), 100),
        ("image", json!({"link": "https://a.test", "filename": "a"}), 100),
        ("image", json!({"link": "https://a.test", "caption": "x".repeat(1025)}), 131_009),
        ("location", json!({"latitude": 91, "longitude": 0}), 131_009),
        ("location", json!({"longitude": 0}), 131_008),
        ("contacts", json!([]), 131_009),
        ("contacts", json!({}), 100),
        ("contacts", json!([{"name": {"formatted_name": "Ada"}}]), 131_008),
        (
            "contacts",
            json!([{"name": {"formatted_name": "A", "first_name": "A"}, "birthday": "10.12.15"}]),
            131_009,
        ),
        ("reaction", json!({"emoji": "👍"}), 131_008),
        ("reaction", json!({"message_id": "wamid.a"}), 131_008),
        ("reaction", json!({"message_id": "wamid.a", "emoji": "ok"}), 131_009),
        ("interactive", json!({"type": "button", "action": {"buttons": []}}), 131_008),
        ("interactive", interactive("button", json!({"buttons": []})), 131_009),
        (
            "interactive",
            interactive("button", json!({"buttons": [reply("a", "x"), reply("a", "y")]})),
            131_009,
        ),
        ("interactive", interactive("button", json!({"buttons": [reply("a", &"x".repeat(21))]})), 131_009),
        (
            "interactive",
            interactive("list", json!({"button": "o", "sections": [{"rows": rows(11)}]})),
            131_009,
        ),
        (
            "interactive",
            interactive("list", json!({"button": "o", "sections": [{"rows": rows(6)}, {"rows": rows(6)}]})),
            131_008,
        ),
        ("interactive", headed(json!({"type": "image", "image": {"link": "https://a.test"}})), 131_009),
        (
            "interactive",
            interactive("cta_url", json!({"name": "cta_url", "parameters": {"display_text": "Go"}})),
            131_008,
        ),
        (
            "interactive",
            interactive(
                "flow",
                json!({"name": "flow", "parameters": {"flow_message_version": "3", "flow_cta": "o"}}),
            ),
            131_009,
        ),
        ("interactive", interactive("carousel", json!({"cards": [card(0, "image")]})), 131_009),
        (
            "interactive",
            interactive("carousel", json!({"cards": [card(0, "image"), card(1, "video")]})),
            131_009,
        ),
        (
            "interactive",
            interactive("carousel", json!({"cards": [card(0, "image"), card(2, "image")]})),
            131_009,
        ),
        ("interactive", interactive("jukebox", json!({})), 100),
        ("interactive", json!({"type": "button", "body": {"text": "b"}, "action": {}, "extra": 1}), 100),
    ];
    let rig = Rig::in_window();
    for (kind, object, code) in cases {
        assert_eq!(rig.code(kind, object.clone()), code, "{kind} {object}");
    }
}

#[test]
fn a_user_id_stands_for_a_phone() {
    let rig = Rig::new();
    rig.sim.inbound_text(rig.now, PHONE, "US.13491208655302741918", "Hello");
    let mut body = message("text", json!({"body": "Hi"}));
    body.as_object_mut().unwrap().remove("to");
    body["recipient"] = json!("US.13491208655302741918");
    let (status, answer) = rig.post(&body);
    assert_eq!(status, 200, "{answer}");
    let id = "US.13491208655302741918";
    assert_eq!(answer["contacts"][0], json!({"input": id, "user_id": id}));
    for bad in ["nonsense", "us.12", "US.", "US.a-b", "USA.12"] {
        body["recipient"] = json!(bad);
        assert_eq!(rig.post(&body).1["error"]["code"], 131_009, "{bad}");
    }
    body["to"] = json!(CUSTOMER);
    assert_eq!(rig.post(&body).1["error"]["code"], 131_047, "to wins");
}

#[test]
fn reading_and_typing() {
    let rig = Rig::new();
    let read = |id: &str| json!({"messaging_product": "whatsapp", "status": "read", "message_id": id});
    assert_eq!(rig.post(&read("wamid.x")), (200, json!({"success": true})));
    let mut typing = read("wamid.x");
    typing["typing_indicator"] = json!({"type": "text"});
    assert_eq!(rig.post(&typing).0, 200);
    typing["typing_indicator"] = json!({"type": "dance"});
    assert_eq!(rig.post(&typing).0, 400);
    assert_eq!(rig.post(&read("7")).0, 400);
    assert_eq!(rig.sim.counts().submissions, 0, "not a submission");
}
