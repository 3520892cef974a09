//! Templates are reviewed, edited within limits, deleted; samples go up in pieces.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::rig::{HOUR, Rig, SECOND, TOKEN, WABA, body, config};
use crate::{Answer, Faults, SimConfig};

fn edge() -> String {
    format!("/v25.0/{WABA}/message_templates")
}

fn template(name: &str, text: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": text}]})
}

/// Events of one field, in order.
fn news(rig: &mut Rig, field: &str) -> Vec<Value> {
    let until = rig.now + 10 * SECOND;
    let changes = rig.run(until, Some(200)).into_iter().flat_map(|(_, webhook)| {
        body(&webhook)["entry"][0]["changes"].as_array().cloned().unwrap_or_default()
    });
    changes.filter(|change| change["field"] == field).map(|change| change["value"].clone()).collect()
}

fn made(rig: &Rig, new: &Value) -> String {
    let (status, answer) = rig.call("POST", &edge(), new);
    assert_eq!(status, 200, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_review_ends_as_its_rules_say() {
    for (text, status, reason, category) in [
        ("Your parcel has left our house.", "APPROVED", "NONE", "UTILITY"),
        ("Your parcel has left. Here is a discount.", "APPROVED", "NONE", "MARKETING"),
        ("See https://bit.ly/3x now.", "REJECTED", "INVALID_FORMAT", "UTILITY"),
        ("Please reply with your card number.", "REJECTED", "SCAM", "UTILITY"),
    ] {
        let mut rig = Rig::new();
        let id = made(&rig, &template("fresh", text));
        let events = news(&mut rig, "message_template_status_update");
        assert_eq!(events.last().unwrap()["event"], status, "{text}");
        let (_, found) = rig.get(&format!("/v25.0/{id}?fields=status,rejected_reason,category"));
        assert_eq!(
            (found["status"].as_str(), found["rejected_reason"].as_str(), found["category"].as_str()),
            (Some(status), Some(reason), Some(category)),
            "{text}"
        );
    }
}

#[test]
fn named_faults_make_reviewers_difficult() {
    let with = |faults: Faults| Rig::with(SimConfig { faults, ..config() });
    let mut strict = with(Faults { template_reject: 1.0, ..Faults::none() });
    made(&strict, &template("fresh", "Hello"));
    let events = news(&mut strict, "message_template_status_update");
    assert_eq!(events.last().unwrap()["reason"], "TAG_CONTENT_MISMATCH");
    let mut pricey = with(Faults { template_recategorise: 1.0, ..Faults::none() });
    made(&pricey, &template("fresh", "Hello"));
    let moved = news(&mut pricey, "template_category_update");
    assert_eq!(
        (&moved[0]["previous_category"], &moved[0]["new_category"]),
        (&json!("UTILITY"), &json!("MARKETING"))
    );
    let mut slow = Rig::with(SimConfig { review_us: -1, ..config() });
    made(&slow, &template("fresh", "Hello"));
    assert_eq!(
        news(&mut slow, "message_template_status_update").len(),
        1,
        "pending until the lever is pulled"
    );
}

#[test]
fn edits_have_their_limits() {
    let mut rig = Rig::new();
    let id = made(&rig, &template("fresh", "Hello"));
    let path = format!("/v25.0/{id}");
    let edit = json!({"components": [{"type": "BODY", "text": "Good day"}]});
    let subcode = |answer: (u16, Value)| answer.1["error"]["error_subcode"].as_u64().unwrap_or_default();
    assert_eq!(subcode(rig.call("POST", &path, &edit)), 2_388_039, "under review");
    rig.run(rig.now + 10 * SECOND, Some(200));
    assert_eq!(
        rig.call("POST", &path, &json!({"components": [{"type": "BODY", "text": "{{1}} bad"}]})).0,
        400
    );
    let other = json!({"category": "MARKETING", "components": edit["components"]});
    assert_eq!(subcode(rig.call("POST", &path, &other)), 2_388_039, "the category of what is approved stays");
    for day in 0..11 {
        let answer = rig.call("POST", &path, &edit);
        assert_eq!(answer.0 == 200, day < 10, "edit {day}: {}", answer.1);
        rig.run(rig.now + 10 * SECOND, Some(200));
        if day == 0 {
            assert_eq!(subcode(rig.call("POST", &path, &edit)), 2_388_039, "twice a day");
        }
        rig.now += 24 * HOUR;
    }
    rig.sim.template_event(rig.now, WABA, "fresh", "en_US", "PAUSED");
    assert_eq!(rig.call("POST", &format!("{path}/unpause"), &json!({})).0, 200);
    assert_eq!(rig.call("POST", &format!("{path}/unpause"), &json!({})).0, 400, "it is not paused");
    rig.sim.template_event(rig.now, WABA, "fresh", "en_US", "PAUSED");
    assert_eq!(rig.call("POST", &path, &edit).0, 200, "a paused one is edited without limit");
}

#[test]
fn a_deleted_name_is_taken_for_a_while() {
    let mut rig = Rig::new();
    made(&rig, &template("fresh", "Hello"));
    rig.run(rig.now + 10 * SECOND, Some(200));
    let delete = format!("{}?name=fresh", edge());
    assert_eq!(rig.call("DELETE", &delete, &Value::Null).0, 200);
    let again = rig.call("POST", &edge(), &template("fresh", "Hello"));
    assert_eq!(again.1["error"]["error_subcode"], 2_388_023);
    rig.now += 31 * 24 * HOUR;
    made(&rig, &template("fresh", "Hello"));
    rig.sim.template_event(rig.now, WABA, "fresh", "en_US", "DISABLED");
    assert_eq!(rig.call("DELETE", &delete, &Value::Null).0, 400, "a disabled one stays");
    let refused = (0..120).map(|n| rig.call("POST", &edge(), &template(&format!("many_{n}"), "Hello")).0);
    assert_eq!(refused.filter(|status| *status != 200).count(), 21, "a hundred an hour, one of them above");
}

#[test]
fn quality_and_categories_are_announced() {
    let mut rig = Rig::new();
    assert!(rig.sim.template_quality(rig.now, WABA, "hello_world", "en_US", "RED"));
    assert!(!rig.sim.template_quality(rig.now, WABA, "absent", "en_US", "RED"));
    assert!(rig.sim.template_category(rig.now, WABA, "hello_world", "en_US", "MARKETING", true));
    let until = rig.now + SECOND;
    let seen: Vec<Value> = rig
        .run(until, Some(200))
        .iter()
        .map(|(_, webhook)| body(webhook)["entry"][0]["changes"][0]["value"].clone())
        .collect();
    assert_eq!(
        (&seen[0]["previous_quality_score"], &seen[0]["new_quality_score"]),
        (&json!("UNKNOWN"), &json!("RED"))
    );
    assert_eq!(
        (&seen[1]["correct_category"], &seen[1]["new_category"]),
        (&json!("MARKETING"), &json!("UTILITY"))
    );
    let quality =
        json!({"business_account_id": WABA, "name": "hello_world", "language": "en_US", "event": "GREEN"});
    assert_eq!(rig.call("POST", "/_sim/template_quality", &quality).0, 200);
    let category = json!({"business_account_id": WABA, "name": "hello_world", "language": "en_US", "category": "MARKETING"});
    assert_eq!(rig.call("POST", "/_sim/template_category", &category).0, 200);
}

fn piece(rig: &Rig, path: &str, offset: &str, bytes: &'static [u8]) -> (u16, Value) {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header("authorization", format!("OAuth {TOKEN}"))
        .header("file_offset", offset)
        .body(Bytes::from_static(bytes))
        .unwrap();
    let Answer { response, .. } = rig.sim.handle(rig.now, request);
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

#[test]
fn samples_go_up_in_pieces() {
    let rig = Rig::new();
    let open = |query: &str| rig.call("POST", &format!("/v25.0/app/uploads?{query}"), &Value::Null);
    for bad in
        ["file_length=0&file_type=image/png", "file_type=image/png", "file_length=4&file_type=text/html"]
    {
        assert_eq!(open(bad).0, 400, "{bad}");
    }
    let (_, session) = open("file_length=6&file_type=image/png");
    let path = format!("/v25.0/{}", session["id"].as_str().unwrap());
    assert_eq!(piece(&rig, &path, "1", b"abc").0, 400, "it begins at 0");
    assert_eq!(piece(&rig, &path, "0", b"abc").1["file_offset"], 3);
    assert_eq!(rig.get(&path).1["file_offset"], 3);
    assert_eq!(piece(&rig, &path, "3", b"defg").0, 400, "more than was announced");
    let done = piece(&rig, &path, "3", b"def").1;
    assert!(done["h"].as_str().unwrap().starts_with("4::"), "{done}");
    assert_eq!(piece(&rig, "/v25.0/upload:zz", "0", b"a").0, 400);
}
