//! The fault model, each fault alone and all together; the same seed gives the same run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rig::{CUSTOMER, Rig, SECOND, T0, body, config, order_update, statuses};
use crate::{Customers, Faults, Ledger, SimConfig, TemplateSpec};

type Change = fn(&mut Faults);

fn rig(change: Change) -> Rig {
    let mut faults = Faults::none();
    change(&mut faults);
    Rig::with(SimConfig { faults, ..config() })
}

#[test]
fn answers_gone_wrong() {
    let cases: Vec<(Change, &str, bool, bool)> = vec![
        (|f| f.timeout_before_accept = 1.0, "timeout_before", true, false),
        (|f| f.timeout_after_accept = 1.0, "timeout_after", true, true),
        (|f| f.server_error = 1.0, "server_error", false, false),
        (|f| f.server_error_after_accept = 1.0, "server_error_after", false, true),
        (|f| f.rate_limited = 1.0, "rate_limited", false, false),
        (|f| f.invalid_json_200 = 1.0, "invalid_json", false, true),
    ];
    for (change, name, hangs, accepted) in cases {
        let mut rig = rig(change);
        let path = format!("/v25.0/{}/messages", super::rig::PHONE);
        let answer = rig.request("POST", &path, super::rig::TOKEN, order_update(CUSTOMER, "a").to_string());
        assert_eq!(answer.hang, hangs, "{name}");
        let status = answer.response.status().as_u16();
        let readable = serde_json::from_slice::<Value>(answer.response.body()).is_ok();
        match name {
            "server_error" | "server_error_after" => assert!(status >= 500 && readable, "{name} {status}"),
            "rate_limited" => assert_eq!(status, 429),
            "invalid_json" => assert!(status == 200 && !readable),
            _ => {}
        }
        let receipts = rig.run(T0, Some(200)).len();
        assert_eq!(receipts, if accepted { 3 } else { 0 }, "{name}");
        let ledger = rig.sim.ledger();
        assert_eq!(ledger.submissions[0].answer, name);
        assert_eq!(ledger.submissions[0].wamid.is_some(), accepted, "{name}");
        assert_eq!(ledger.counts.accepted, u64::from(accepted));
        assert!(ledger.violations.is_empty(), "{name}");
    }
}

#[test]
fn invalid_requests_get_no_faults() {
    let rig = rig(|f| f.timeout_after_accept = 1.0);
    assert_eq!(rig.code("text", serde_json::json!({"body": ""})), 131_008);
}

#[test]
fn webhooks_gone_wrong() {
    let mut lost = rig(|f| f.lose_webhook = 1.0);
    lost.template(CUSTOMER, "a");
    assert!(lost.run(T0 + 60 * SECOND, Some(200)).is_empty());
    assert_eq!(lost.sim.counts().webhooks.lost_updates, 3);

    let mut twice = rig(|f| f.duplicate_webhook = 1.0);
    twice.template(CUSTOMER, "a");
    let bodies = twice.run(T0 + 60 * SECOND, Some(200));
    assert_eq!(bodies.len(), 6);
    let mut same: BTreeMap<&[u8], u32> = BTreeMap::new();
    for (_, webhook) in &bodies {
        *same.entry(&webhook.body).or_default() += 1;
    }
    assert_eq!(same.into_values().collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(twice.sim.ledger().submissions[0].receipts.len(), 6);

    let mut late = rig(|f| f.delay_webhook = 1.0);
    late.template(CUSTOMER, "a");
    let times: Vec<i64> = late.run(T0 + 60 * SECOND, Some(200)).iter().map(|(at, _)| at - T0).collect();
    assert!(times.len() == 3 && times.iter().all(|&at| at >= SECOND), "{times:?}");
}

#[test]
fn webhooks_overtake_each_other() {
    let mut rig = rig(|f| f.reorder_webhook = 0.5);
    for i in 0..20 {
        rig.template(&format!("+1650555{i:04}"), &i.to_string());
    }
    let webhooks = rig.run(T0 + 60 * SECOND, Some(200));
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for status in webhooks.iter().flat_map(|(_, w)| statuses(w)) {
        let text = |key: &str| status[key].as_str().unwrap().to_owned();
        seen.entry(text("id")).or_default().push(text("status"));
    }
    assert!(seen.values().all(|list| list.len() == 3));
    assert!(seen.values().any(|list| list != &["sent", "delivered", "read"]), "{seen:?}");
}

#[test]
fn quality_drops_and_templates_pause_for_a_while() {
    let mut flagged = rig(|f| f.quality_drop = 1.0);
    flagged.template(CUSTOMER, "a");
    let fields: Vec<Value> = flagged
        .run(T0, Some(200))
        .iter()
        .map(|(_, w)| body(w)["entry"][0]["changes"][0]["field"].clone())
        .collect();
    assert!(fields.contains(&"phone_number_quality_update".into()));

    let mut paused = rig(|f| f.template_pause = 1.0);
    assert_eq!(paused.template(CUSTOMER, "a").0, 200);
    assert_eq!(paused.template(CUSTOMER, "b").1["error"]["code"], 132_015);
    paused.sim.set_faults(Faults::none());
    paused.run(T0 + 5 * SECOND, Some(200));
    assert_eq!(paused.template(CUSTOMER, "c").0, 200);
}

fn whole_run(seed: u64) -> (Ledger, Vec<(i64, Vec<u8>)>) {
    let faults = Faults { template_pause: 0.0, ..Faults::full() };
    let customers = Customers { reply_share: 0.1, stop_share: 0.05, ..Customers::default() };
    let mut rig =
        Rig::with(SimConfig { seed, faults, customers, default_mps: 1000.0, ..SimConfig::default() });
    let mut bodies = Vec::new();
    for i in 0..500 {
        rig.template(&format!("+1650555{:04}", i % 100), &format!("att_{i}"));
        let answered = if i % 7 == 0 { Some(503) } else { Some(200) };
        bodies.extend(rig.run(rig.now + 3000, answered));
    }
    bodies.extend(rig.run(T0 + 3600 * SECOND, Some(200)));
    (rig.sim.ledger(), bodies.into_iter().map(|(at, webhook)| (at, webhook.body.to_vec())).collect())
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (first, second, other) = (whole_run(7), whole_run(7), whole_run(8));
    assert!(first == second);
    assert!(first != other);
}

#[test]
fn everything_at_once_adds_up() {
    let (ledger, _) = whole_run(3);
    let counts = &ledger.counts;
    assert_eq!(counts.submissions, 500);
    let accepted = ledger.submissions.iter().filter(|submission| submission.wamid.is_some()).count() as u64;
    assert_eq!(counts.accepted, accepted);
    assert_eq!(counts.distinct_callback_data, accepted);
    assert_eq!(counts.repeated_callback_data, 0);
    let answers: std::collections::BTreeSet<&str> =
        ledger.submissions.iter().map(|submission| submission.answer.as_str()).collect();
    for answer in
        ["accepted", "timeout_before", "timeout_after", "server_error", "server_error_after", "rate_limited"]
    {
        assert!(answers.contains(answer), "{answer}: {answers:?}");
    }
    let webhooks = &counts.webhooks;
    assert!(webhooks.lost > 0 && webhooks.duplicated > 0 && webhooks.delayed > 0 && webhooks.reordered > 0);
    assert_eq!(webhooks.bodies - webhooks.lost + webhooks.duplicated, webhooks.answered_200);
}

#[test]
fn repeated_callback_data_is_counted() {
    let rig = Rig::new();
    for callback in ["a", "b", "a"] {
        rig.template(CUSTOMER, callback);
    }
    let counts = rig.sim.counts();
    assert_eq!((counts.distinct_callback_data, counts.repeated_callback_data), (2, 1));
}

#[test]
fn counts_are_kept_without_detail() {
    let mut rig = Rig::with(SimConfig { ledger_detail: false, ..config() });
    rig.template(CUSTOMER, "a");
    rig.run(T0, Some(200));
    let ledger = rig.sim.ledger();
    assert!(ledger.submissions.is_empty());
    assert_eq!((ledger.counts.accepted, ledger.counts.receipts.read), (1, 1));
}

#[test]
fn unknown_senders_come_into_being() {
    let auto_callback = Some("http://product.test/auto".to_owned());
    let config = SimConfig { auto_provision: true, auto_callback, ..config() };
    let sim = crate::Simulator::new(config);
    let mut rig = Rig { sim, now: T0 };
    assert_eq!(rig.template(CUSTOMER, "a").0, 200);
    let (status, list) = rig.get("/v25.0/777/message_templates");
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, TemplateSpec::samples().len()));
    let webhooks = rig.run(T0, Some(200));
    assert_eq!(webhooks[0].1.url, "http://product.test/auto");
    assert_eq!(body(&webhooks[0].1)["entry"][0]["id"], "777", "the account took the name that was asked for");
    assert!(super::rig::signed_with(&webhooks[0].1, "simulated-app-secret"));
    assert_eq!(rig.get("/v25.0/888?fields=quality_rating").1["quality_rating"], "GREEN");
}

#[test]
fn shares_come_out_as_named() {
    let faults = Faults { timeout_after_accept: 0.1, rate_limited: 0.2, ..Faults::none() };
    let rig = Rig::with(SimConfig { faults, default_mps: 0.0, ..config() });
    for i in 0..5000 {
        rig.template(&format!("+1650555{i:04}"), "a");
    }
    let mut answers: BTreeMap<String, i64> = BTreeMap::new();
    for submission in rig.sim.ledger().submissions {
        *answers.entry(submission.answer).or_default() += 1;
    }
    assert!((answers["timeout_after"] - 500).abs() < 75, "{answers:?}");
    assert!((answers["rate_limited"] - 1000).abs() < 100, "{answers:?}");
    assert_eq!(answers.len(), 3);
}

#[test]
fn receipts_delivered_are_exactly_those_answered_200() {
    let faults = Faults { lose_webhook: 0.1, duplicate_webhook: 0.1, delay_webhook: 0.1, ..Faults::none() };
    let mut rig = Rig::with(SimConfig { faults, default_mps: 0.0, ..config() });
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    for i in 0..300 {
        rig.template(&format!("+1650555{i:04}"), "a");
        for (_, webhook) in rig.run(rig.now + SECOND / 10, Some(200)) {
            for status in statuses(&webhook) {
                let text = |key: &str| status[key].as_str().unwrap().to_owned();
                *seen.entry((text("id"), text("status"))).or_default() += 1;
            }
        }
    }
    for (_, webhook) in rig.run(rig.now + 60 * SECOND, Some(200)) {
        for status in statuses(&webhook) {
            let text = |key: &str| status[key].as_str().unwrap().to_owned();
            *seen.entry((text("id"), text("status"))).or_default() += 1;
        }
    }
    let mut booked: BTreeMap<(String, String), u32> = BTreeMap::new();
    for submission in rig.sim.ledger().submissions {
        for receipt in &submission.receipts {
            let status = serde_json::to_value(receipt.status).unwrap().as_str().unwrap().to_owned();
            *booked.entry((submission.wamid.clone().unwrap(), status)).or_default() += 1;
        }
    }
    assert_eq!(seen, booked);
    assert!(booked.len() < 900 && booked.values().any(|&times| times == 2));
}
