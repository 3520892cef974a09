//! Whatever comes in, the answer is well-formed and nothing breaks.

use serde_json::{Value, json};

use super::rig::{CUSTOMER, PHONE, Rig, TOKEN, WABA, message, order_update};

/// Every copy of `value` in which one node is replaced by something else or taken away.
fn mutations(value: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    let odd = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(""),
        json!("\u{0}é/\"\\"),
        json!([]),
        json!({}),
        json!([[]]),
    ];
    out.extend(odd);
    match value {
        Value::Object(map) => {
            for key in map.keys() {
                let mut without = map.clone();
                without.remove(key);
                out.push(Value::Object(without));
                for changed in mutations(&map[key]) {
                    let mut with = map.clone();
                    with.insert(key.clone(), changed);
                    out.push(Value::Object(with));
                }
            }
        }
        Value::Array(list) => {
            for (i, item) in list.iter().enumerate() {
                for changed in mutations(item) {
                    let mut with = list.clone();
                    with[i] = changed;
                    out.push(Value::Array(with));
                }
                let mut twice = list.clone();
                twice.push(item.clone());
                out.push(Value::Array(twice));
            }
        }
        _ => {}
    }
    out
}

#[test]
fn mutated_messages_get_an_answer_of_the_right_shape() {
    let reply = |id: &str| json!({"type": "reply", "reply": {"id": id, "title": id}});
    let seeds = vec![
        order_update(CUSTOMER, "a"),
        message("text", json!({"body": "Hi", "preview_url": false})),
        message("image", json!({"link": "https://a.test/a.png", "caption": "A"})),
        message("location", json!({"latitude": 1, "longitude": 2, "name": "n"})),
        message(
            "contacts",
            json!([{"name": {"formatted_name": "A", "first_name": "A"}, "phones": [{"phone": "1"}]}]),
        ),
        message("reaction", json!({"message_id": "wamid.a", "emoji": "👍"})),
        message(
            "interactive",
            json!({"type": "button", "header": {"type": "text", "text": "h"}, "body": {"text": "b"},
            "footer": {"text": "f"}, "action": {"buttons": [reply("a"), reply("b")]}}),
        ),
        message(
            "interactive",
            json!({"type": "list", "body": {"text": "b"}, "action": {"button": "o",
            "sections": [{"title": "s", "rows": [{"id": "1", "title": "t", "description": "d"}]}]}}),
        ),
        message(
            "template",
            json!({"name": "login_code", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "1"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "1"}]}]}),
        ),
    ];
    let mut rig = Rig::in_window();
    let (mut accepted, mut refused) = (0, 0);
    for seed in seeds {
        for body in mutations(&seed) {
            rig.now += 6_000_000;
            let (status, answer) = rig.post(&body);
            match status {
                200 => {
                    accepted += 1;
                    assert!(
                        answer["messages"][0]["id"].is_string() || answer["success"] == true,
                        "{body}: {answer}"
                    );
                }
                400 | 404 => {
                    refused += 1;
                    let error = &answer["error"];
                    assert!(error["code"].is_u64() && error["message"].is_string(), "{body}: {answer}");
                    assert!(error["fbtrace_id"].is_string());
                }
                other => panic!("{other} for {body}: {answer}"),
            }
        }
    }
    assert!(accepted > 20 && refused > 500, "{accepted} {refused}");
    let counts = rig.sim.counts();
    assert_eq!((counts.accepted, counts.submissions), (accepted, accepted + refused));
    rig.run(rig.now + 60_000_000, Some(200));
}

#[test]
fn odd_calls() {
    let rig = Rig::new();
    let cases: Vec<(&str, String, u16)> = vec![
        ("GET", "/".into(), 400),
        ("GET", "/v25.0".into(), 400),
        ("GET", "/v25.0/".into(), 400),
        ("GET", format!("/v25.0/{PHONE}/messages"), 400),
        ("PUT", format!("/v25.0/{PHONE}/messages"), 400),
        ("DELETE", format!("/v25.0/{PHONE}"), 400),
        ("POST", format!("/v25.0/{WABA}/messages"), 400),
        ("PATCH", format!("/v25.0/{WABA}/message_templates"), 400),
        ("DELETE", format!("/v25.0/{WABA}/message_templates"), 400),
        ("DELETE", format!("/v25.0/{WABA}/message_templates?name=absent"), 400),
        ("GET", format!("/v25.0/{WABA}/message_templates?after=%zz&limit=-1"), 400),
        ("GET", format!("/v25.0/{WABA}/message_templates?limit=999999"), 200),
        ("GET", format!("/v25.0/{WABA}/nonsense"), 400),
        ("GET", format!("/v25.0/{PHONE}?fields="), 200),
        ("GET", "/_media/1".into(), 404),
        ("GET", "/_media/1?ext=99999999999999&hash=".into(), 404),
        ("GET", "/_sim/".into(), 404),
        ("POST", "/_sim/ledger".into(), 404),
        ("POST", "/_sim/outage".into(), 400),
    ];
    for (method, path, status) in cases {
        let answer = rig.request(method, &path, TOKEN, "");
        assert_eq!(answer.response.status(), status, "{method} {path}");
    }
    assert_eq!(rig.sim.counts().submissions, 0);
}

#[test]
fn large_bodies_are_refused() {
    let rig = Rig::new();
    let large = vec![b' '; 5 << 20];
    assert_eq!(
        rig.request("POST", &format!("/v25.0/{PHONE}/messages"), TOKEN, large.clone()).response.status(),
        400
    );
    assert_eq!(rig.request("POST", "/_sim/faults", TOKEN, large).response.status(), 413);
}

#[test]
fn results_nobody_waits_for_are_ignored() {
    let mut rig = Rig::new();
    rig.sim.webhook_result(rig.now, 99, Some(200));
    rig.template(CUSTOMER, "a");
    rig.run(rig.now, Some(200));
    rig.sim.webhook_result(rig.now, 1, Some(500));
    assert_eq!(rig.sim.next_wake_us(), None);
    assert_eq!(rig.sim.counts().webhooks.answered_200, 3);
}
