//! Template sends against what was approved, and the templates edge.

use serde_json::{Value, json};

use super::rig::{PHONE, Rig, WABA, body, message};
use crate::{Provision, TemplateSpec};

fn spec(name: &str, components: Value) -> TemplateSpec {
    TemplateSpec {
        name: name.into(),
        language: "en_US".into(),
        category: "MARKETING".into(),
        components: components.as_array().unwrap().clone(),
        ..TemplateSpec::default()
    }
}

fn rig() -> Rig {
    let rig = Rig::new();
    let card = json!({"components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hi {{1}}"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "More"}]}]});
    let mut named = spec("named", json!([{"type": "BODY", "text": "Hi {{first_name}}"}]));
    named.parameter_format = "NAMED".into();
    let state = |status: &str| TemplateSpec {
        status: status.into(),
        ..spec(&status.to_lowercase(), json!([{"type": "BODY", "text": "x"}]))
    };
    let templates = vec![
        spec("pictured", json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Look"}])),
        spec(
            "headed",
            json!([{"type": "HEADER", "format": "TEXT", "text": "To {{1}}"}, {"type": "BODY", "text": "Look"}]),
        ),
        spec("placed", json!([{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Here"}])),
        spec(
            "linked",
            json!([{"type": "BODY", "text": "Look"}, {"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "a", "url": "https://a.test/{{1}}"}, {"type": "PHONE_NUMBER", "text": "b"},
            {"type": "COPY_CODE", "text": "c"}, {"type": "QUICK_REPLY", "text": "d"}]}]),
        ),
        spec("offer", json!([{"type": "LIMITED_TIME_OFFER"}, {"type": "BODY", "text": "Now"}])),
        spec("cards", json!([{"type": "BODY", "text": "Look"}, {"type": "CAROUSEL", "cards": [card, card]}])),
        spec(
            "flowing",
            json!([{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "FLOW"}]}]),
        ),
        spec(
            "menu",
            json!([{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "MPM"}]}]),
        ),
        named,
        state("PAUSED"),
        state("DISABLED"),
        state("PENDING"),
    ];
    rig.sim.provision(Provision { business_account_id: WABA.into(), templates, ..Provision::default() });
    rig
}

fn send(name: &str, components: Value) -> Value {
    json!({"name": name, "language": {"code": "en_US"}, "components": components})
}

fn words(texts: &[&str]) -> Value {
    texts.iter().map(|text| json!({"type": "text", "text": text})).collect()
}

fn part(kind: &str, parameters: Value) -> Value {
    json!({"type": kind, "parameters": parameters})
}

fn button(kind: &str, index: Value, parameter: Value) -> Value {
    json!({"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]})
}

fn image() -> Value {
    json!([{"type": "image", "image": {"link": "https://a.test/a.png"}}])
}

fn sent_card(index: u32) -> Value {
    json!({"card_index": index, "components": [part("header", image()), part("body", words(&["Ada"])),
        button("quick_reply", json!("0"), json!({"type": "payload", "payload": "p"}))]})
}

fn link_buttons() -> Vec<Value> {
    vec![
        button("url", json!("0"), json!({"type": "text", "text": "a"})),
        button("copy_code", json!(2), json!({"type": "coupon_code", "coupon_code": "SAVE10"})),
    ]
}

#[test]
fn accepted_sends() {
    let offer = json!([{"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1}}]);
    let action = json!({"type": "action", "action": {"flow_token": "t"}});
    let cases = vec![
        send("hello_world", json!([])),
        json!({"name": "hello_world", "language": {"code": "en_US"}}),
        send("order_update", json!([part("body", words(&["Ada", "7"]))])),
        send(
            "order_update",
            json!([part(
                "BODY",
                json!([
            {"type": "currency", "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1000}},
            {"type": "date_time", "date_time": {"fallback_value": "today"}}])
            )]),
        ),
        send(
            "login_code",
            json!([
                part("body", words(&["123456"])),
                button("url", json!("0"), json!({"type": "text", "text": "123456"}))
            ]),
        ),
        send("pictured", json!([part("header", image())])),
        send("headed", json!([part("header", words(&["Ada"]))])),
        send(
            "placed",
            json!([part(
                "header",
                json!([{"type": "location", "location": {"latitude": 1, "longitude": 1}}])
            )]),
        ),
        send("linked", json!(link_buttons())),
        send("offer", json!([part("limited_time_offer", offer)])),
        send("cards", json!([{"type": "carousel", "cards": [sent_card(0), sent_card(1)]}])),
        send("flowing", json!([])),
        send("flowing", json!([button("flow", json!("0"), action.clone())])),
        send("menu", json!([button("mpm", json!("0"), action)])),
        send(
            "named",
            json!([part("body", json!([{"type": "text", "parameter_name": "first_name", "text": "Ada"}]))]),
        ),
    ];
    let rig = rig();
    for object in cases {
        let (status, answer) = rig.send("template", object.clone());
        assert_eq!(status, 200, "{object}: {answer}");
        assert_eq!(answer["messages"][0]["message_status"], "accepted");
    }
}

#[test]
fn refused_sends() {
    let body = |texts: &[&str]| json!([part("body", words(texts))]);
    let mut no_code = link_buttons();
    no_code.pop();
    let mut wrong_kind = link_buttons();
    wrong_kind[0]["sub_type"] = json!("quick_reply");
    let mut beyond = link_buttons();
    beyond[0]["index"] = json!("9");
    let mut fixed = link_buttons();
    fixed.push(button("url", json!("1"), json!({"type": "text", "text": "x"})));
    let mut bad_coupon = link_buttons();
    bad_coupon[1]["parameters"][0]["coupon_code"] = json!("not alnum");
    let cases: Vec<(Value, u64)> = vec![
        (json!({"language": {"code": "en_US"}}), 131_008),
        (json!({"name": "hello_world"}), 131_008),
        (json!({"name": "hello_world", "language": {"code": "de"}}), 132_001),
        (send("absent", json!([])), 132_001),
        (send("pending", json!([])), 132_001),
        (send("paused", json!([])), 132_015),
        (send("disabled", json!([])), 132_016),
        (send("order_update", json!([])), 132_000),
        (send("order_update", body(&["Ada"])), 132_000),
        (send("hello_world", body(&["Ada"])), 132_000),
        (send("order_update", body(&["Ada", "two\nlines"])), 132_012),
        (send("order_update", body(&["Ada", "far     apart"])), 132_012),
        (send("order_update", body(&["Ada", ""])), 131_008),
        (send("order_update", body(&["Ada", &"x".repeat(1024)])), 132_005),
        (
            send(
                "order_update",
                json!([part("body", json!([{"type": "image"}, {"type": "text", "text": "x"}]))]),
            ),
            132_012,
        ),
        (send("order_update", json!([part("foot", json!([]))])), 100),
        (send("pictured", json!([])), 132_012),
        (send("pictured", json!([part("header", words(&["x"]))])), 132_012),
        (send("pictured", json!([part("header", json!([{"type": "image", "image": {"id": "1"}}]))])), 100),
        (send("hello_world", json!([part("header", image())])), 132_000),
        (send("placed", json!([])), 132_012),
        (send("headed", json!([])), 132_000),
        (send("linked", json!([])), 131_008),
        (send("linked", json!(no_code)), 131_008),
        (send("linked", json!(wrong_kind)), 132_012),
        (send("linked", json!(beyond)), 132_018),
        (send("linked", json!(fixed)), 132_012),
        (send("linked", json!(bad_coupon)), 132_018),
        (send("offer", json!([])), 131_008),
        (send("cards", json!([])), 132_012),
        (send("cards", json!([{"type": "carousel", "cards": [sent_card(0)]}])), 132_012),
        (send("cards", json!([{"type": "carousel", "cards": [sent_card(0), sent_card(2)]}])), 132_012),
        (send("menu", json!([])), 131_008),
        (send("named", body(&["Ada"])), 100),
        (send("login_code", json!([part("body", words(&["1234567890123456"]))])), 132_018),
        (send("login_code", json!([part("body", words(&["123456"]))])), 131_008),
    ];
    let rig = rig();
    for (object, code) in cases {
        assert_eq!(rig.code("template", object.clone()), code, "{object}");
    }
    assert_eq!(rig.send("template", send("absent", json!([]))).0, 404);
}

#[test]
fn codes_do_not_go_to_user_ids() {
    let rig = rig();
    let object = send(
        "login_code",
        json!([part("body", words(&["1"])), button("url", json!("0"), json!({"type": "text", "text": "1"}))]),
    );
    let mut body = message("template", object);
    body.as_object_mut().unwrap().remove("to");
    body["recipient"] = json!("US.1349");
    assert_eq!(rig.post(&body).1["error"]["code"], 131_062);
}

#[test]
fn marketing_edge_takes_marketing_only() {
    let rig = rig();
    let path = format!("/v25.0/{PHONE}/marketing_messages");
    let offer = message("template", send("spring_offer", json!([part("body", words(&["Ada"]))])));
    assert_eq!(rig.call("POST", &path, &offer).0, 200);
    let utility = message("template", send("hello_world", json!([])));
    assert_eq!(rig.call("POST", &path, &utility).1["error"]["code"], 131_055);
    assert_eq!(rig.call("POST", &path, &message("text", json!({"body": "x"}))).1["error"]["code"], 131_055);
}

#[test]
fn the_list_is_paged() {
    let rig = rig();
    let mut path =
        format!("/v25.0/{WABA}/message_templates?limit=5&fields=name,status,language,category,components");
    let mut names = Vec::new();
    for _ in 0..10 {
        let (status, page) = rig.get(&path);
        assert_eq!(status, 200);
        for item in page["data"].as_array().unwrap() {
            assert!(item["id"].is_string() && item["components"].is_array(), "{item}");
            names.push(item["name"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["paging"]["next"].as_str() else { break };
        path = next.strip_prefix("http://sim.test").unwrap().to_owned();
    }
    assert_eq!(names.len(), 16);
    let (_, paused) = rig.get(&format!("/v25.0/{WABA}/message_templates?status=PAUSED"));
    assert_eq!(paused["data"].as_array().unwrap().len(), 1);
    assert_eq!(rig.get(&format!("/v25.0/{WABA}/message_templates?after=zz")).0, 400);
    assert_eq!(rig.get("/v25.0/1/message_templates").0, 400);
}

#[test]
fn a_template_lives() {
    let mut rig = rig();
    let path = format!("/v25.0/{WABA}/message_templates");
    let new = json!({"name": "fresh", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "x"}]});
    let (status, made) = rig.call("POST", &path, &new);
    assert_eq!((status, made["status"].as_str()), (200, Some("PENDING")));
    assert_eq!(rig.call("POST", &path, &new).1["error"]["error_subcode"], 2_388_024);
    let id = made["id"].as_str().unwrap();
    assert_eq!(rig.get(&format!("/v25.0/{id}?fields=name,status")).1["name"], "fresh");
    assert_eq!(rig.code("template", send("fresh", json!([]))), 132_001);
    assert!(rig.sim.template_event(rig.now, WABA, "fresh", "en_US", "APPROVED"));
    assert_eq!(rig.code("template", send("fresh", json!([]))), 0);
    assert!(rig.sim.template_event(rig.now, WABA, "fresh", "en_US", "PAUSED"));
    assert_eq!(rig.code("template", send("fresh", json!([]))), 132_015);
    let webhooks = rig.run(rig.now, Some(200));
    let events: Vec<Value> = webhooks
        .iter()
        .map(|(_, w)| body(w)["entry"][0]["changes"][0].clone())
        .filter(|change| change["field"] == "message_template_status_update")
        .collect();
    let seen: Vec<&str> = events.iter().map(|change| change["value"]["event"].as_str().unwrap()).collect();
    assert_eq!(seen, ["PENDING", "APPROVED", "PAUSED"]);
    assert_eq!(events[2]["value"]["message_template_language"], "en-US");
    assert_eq!(rig.call("DELETE", &format!("{path}?name=fresh"), &Value::Null).0, 200);
    assert_eq!(rig.code("template", send("fresh", json!([]))), 132_001);
    assert!(!rig.sim.template_event(rig.now, WABA, "absent", "en_US", "PAUSED"));
    for bad in [
        json!({"name": "Big", "language": "en", "category": "UTILITY", "components": []}),
        json!({"name": "a"}),
        json!(1),
    ] {
        assert_eq!(rig.call("POST", &path, &bad).0, 400, "{bad}");
    }
}
