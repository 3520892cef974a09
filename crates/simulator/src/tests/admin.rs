//! The levers over HTTP.

use serde_json::{Value, json};

use super::rig::{CUSTOMER, PHONE, Rig, WABA};

fn pull(rig: &Rig, lever: &str, body: Value) -> (u16, Value) {
    rig.call("POST", &format!("/_sim/{lever}"), &body)
}

#[test]
fn every_lever() {
    let rig = Rig::new();
    let cases = vec![
        ("faults", json!("full"), 200),
        ("faults", json!({"lose_webhook": 0.5}), 200),
        ("faults", json!("none"), 200),
        ("faults", json!("some"), 400),
        ("faults", json!({"gremlins": 1}), 400),
        ("customers", json!("instant"), 200),
        ("customers", json!({"read_share": 0.1}), 200),
        (
            "provision",
            json!({"business_account_id": "5", "access_token": "t5", "phone_numbers": [{"id": "55"}]}),
            200,
        ),
        ("inbound", json!({"phone_number_id": PHONE, "from": CUSTOMER, "text": "Hi"}), 200),
        (
            "inbound",
            json!({"phone_number_id": PHONE, "from": CUSTOMER, "message": {"type": "order", "order": {}}}),
            200,
        ),
        ("inbound", json!({"phone_number_id": "404", "from": CUSTOMER, "text": "Hi"}), 400),
        ("inbound", json!({"phone_number_id": PHONE, "from": CUSTOMER}), 400),
        (
            "template_event",
            json!({"business_account_id": WABA, "name": "hello_world", "language": "en_US", "event": "PAUSED"}),
            200,
        ),
        (
            "template_event",
            json!({"business_account_id": WABA, "name": "absent", "language": "en_US", "event": "PAUSED"}),
            400,
        ),
        ("phone_event", json!({"phone_number_id": PHONE, "event": "FLAGGED"}), 200),
        (
            "account_event",
            json!({"business_account_id": WABA, "field": "account_review_update", "value": {"decision": "APPROVED"}}),
            200,
        ),
        ("user_preference", json!({"phone_number_id": PHONE, "from": CUSTOMER, "value": "stop"}), 200),
        ("outage", json!({"seconds": 1.5}), 200),
        ("nonsense", json!({}), 404),
    ];
    for (lever, body, expected) in cases {
        let (status, answer) = pull(&rig, lever, body.clone());
        assert_eq!(status, expected, "{lever} {body}: {answer}");
    }
    assert_eq!(rig.template(CUSTOMER, "a").0, 503, "the outage holds");
}

#[test]
fn the_book_by_pages() {
    let rig = Rig::new();
    for i in 0..5 {
        rig.template(CUSTOMER, &i.to_string());
    }
    let (_, page) = rig.get("/_sim/ledger?since=2&limit=2");
    let numbers: Vec<u64> =
        page["submissions"].as_array().unwrap().iter().map(|s| s["n"].as_u64().unwrap()).collect();
    assert_eq!((numbers, page["next"].as_u64()), (vec![2, 3], Some(4)));
    let one = &page["submissions"][0];
    assert_eq!((one["type"].as_str(), one["template"].as_str()), (Some("template"), Some("order_update")));
    assert_eq!((one["to"].as_str(), one["callback_data"].as_str()), (Some("16505551234"), Some("2")));
    assert_eq!(one["answer"], "accepted");
    assert!(one["wamid"].is_string());
    assert_eq!(rig.get("/_sim/counts").1["accepted"], 5);
    assert_eq!(rig.get("/_sim/ledger?since=99").1["submissions"], json!([]));
}

#[test]
fn configuration_without_secrets_and_reset() {
    let rig = Rig::new();
    rig.template(CUSTOMER, "a");
    let (_, config) = rig.get("/_sim/config");
    assert_eq!(config["default_mps"], 80.0);
    assert_eq!(config["auto_secret"], Value::Null);
    assert_eq!(pull(&rig, "reset", Value::Null).0, 200);
    assert_eq!(rig.get("/_sim/counts").1["submissions"], 0);
    assert_eq!(rig.template(CUSTOMER, "a").0, 401, "accounts are gone too");
}
