//! Webhooks: receipts, signature, batches, repeats, inbound messages.

use serde_json::{Value, json};

use super::rig::{
    CUSTOMER, PHONE, Rig, SECOND, SECRET, T0, WABA, body, config, messages, signed_with, statuses,
};
use crate::{Customers, SimConfig, Status, WebhookMode};

fn names(statuses: &[Value]) -> Vec<&str> {
    statuses.iter().map(|status| status["status"].as_str().unwrap()).collect()
}

#[test]
fn sent_delivered_read() {
    let mut rig = Rig::new();
    let (_, answer) = rig.template(CUSTOMER, "att_1/\"é");
    let webhooks = rig.run(rig.now, Some(200));
    assert_eq!(webhooks.len(), 3);
    let all: Vec<Value> = webhooks.iter().flat_map(|(_, w)| statuses(w)).collect();
    assert_eq!(names(&all), ["sent", "delivered", "read"]);
    for status in &all {
        assert_eq!(status["id"], answer["messages"][0]["id"]);
        assert_eq!(status["biz_opaque_callback_data"], "att_1/\"é");
        assert_eq!(status["recipient_id"], "16505551234");
        assert_eq!(status["recipient_user_id"], "US.9116505551234");
        assert_eq!(status["timestamp"], "1790000000");
    }
    assert_eq!(
        all[0]["pricing"],
        json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility"})
    );
    assert_eq!(all[2]["pricing"], Value::Null);
    let first = body(&webhooks[0].1);
    let change = &first["entry"][0]["changes"][0];
    assert_eq!(first["object"], "whatsapp_business_account");
    assert_eq!(first["entry"][0]["id"], WABA);
    assert_eq!(change["field"], "messages");
    assert_eq!(
        change["value"]["metadata"],
        json!({"display_phone_number": "+1 555 078 3881", "phone_number_id": PHONE})
    );
    assert_eq!(change["value"]["contacts"][0]["wa_id"], "16505551234");
    assert!(webhooks[0].1.body.is_ascii(), "unicode is escaped");
    let ledger = rig.sim.ledger();
    let receipts: Vec<Status> = ledger.submissions[0].receipts.iter().map(|receipt| receipt.status).collect();
    assert_eq!(receipts, [Status::Sent, Status::Delivered, Status::Read]);
    assert_eq!(ledger.counts.receipts.read, 1);
}

#[test]
fn bodies_are_signed() {
    let mut rig = Rig::new();
    rig.template(CUSTOMER, "a");
    for (_, webhook) in rig.run(rig.now, Some(200)) {
        assert_eq!(webhook.url, "http://product.test/callbacks/a");
        assert!(signed_with(&webhook, SECRET));
        assert!(!signed_with(&webhook, "another"));
    }
    rig.sim.set_app_secret(WABA, "rotated");
    rig.sim.set_callback(WABA, "http://product.test/b");
    rig.template(CUSTOMER, "b");
    let webhooks = rig.run(rig.now, Some(200));
    assert!(signed_with(&webhooks[0].1, "rotated"));
    assert_eq!(webhooks[0].1.url, "http://product.test/b");
}

#[test]
fn updates_are_batched() {
    let webhook = WebhookMode { max_batch: 4, batch_window_us: 50_000 };
    let mut rig = Rig::with(SimConfig { webhook, ..config() });
    rig.template(CUSTOMER, "a");
    rig.template(CUSTOMER, "b");
    rig.sim.take_due(rig.now);
    rig.sim.inbound_text(rig.now, PHONE, CUSTOMER, "Hello");
    let webhooks = rig.run(T0 + SECOND, Some(200));
    let sizes: Vec<(i64, usize, usize)> =
        webhooks.iter().map(|(at, w)| (at - T0, statuses(w).len(), messages(w).len())).collect();
    assert_eq!(sizes, [(50_000, 2, 1)], "the first body left with the first take_due");
    let changes = body(&webhooks[0].1)["entry"][0]["changes"].as_array().unwrap().len();
    assert_eq!(changes, 2);
    let counts = rig.sim.counts();
    assert_eq!((counts.webhooks.updates, counts.webhooks.bodies, counts.webhooks.attempts), (7, 2, 2));
}

#[test]
fn unanswered_webhooks_are_repeated_with_growing_delay() {
    let mut rig =
        Rig::with(SimConfig { customers: Customers { read_share: 0.0, ..Customers::instant() }, ..config() });
    rig.template(CUSTOMER, "a");
    let mut times = Vec::new();
    while let Some(at) = rig.sim.next_wake_us() {
        rig.now = at;
        for webhook in rig.sim.take_due(at) {
            if statuses(&webhook)[0]["status"] == "sent" {
                times.push((at - T0) / SECOND);
                rig.sim.webhook_result(at, webhook.id, if times.len() % 2 == 0 { None } else { Some(500) });
            } else {
                rig.sim.webhook_result(at, webhook.id, Some(200));
                rig.sim.webhook_result(at, webhook.id, Some(200));
            }
        }
    }
    assert_eq!(times, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111]);
    let ledger = rig.sim.ledger();
    assert_eq!((ledger.counts.webhooks.given_up, ledger.counts.webhooks.answered_200), (1, 1));
    assert_eq!((ledger.counts.receipts.sent, ledger.counts.receipts.delivered), (0, 1));
    let sent = ledger.submissions[0].receipts.iter().filter(|receipt| receipt.status == Status::Sent);
    assert_eq!(sent.map(|receipt| receipt.http_status).take(3).collect::<Vec<_>>(), [500, 0, 500]);
}

#[test]
fn inbound_of_every_kind() {
    let mut rig = Rig::new();
    let sim = rig.sim.clone();
    let id = sim.inbound_text(T0, PHONE, CUSTOMER, "Grüße / \"Hi\"").unwrap();
    sim.inbound_image(T0, PHONE, CUSTOMER, vec![1, 2, 3].into()).unwrap();
    sim.inbound_button(T0, PHONE, CUSTOMER, &id, "Yes").unwrap();
    sim.inbound_reaction(T0, PHONE, CUSTOMER, &id, "👍").unwrap();
    let list = json!({"type": "interactive", "from": "forged", "interactive": {"type": "list_reply", "list_reply": {"id": "1"}}});
    sim.inbound(T0, PHONE, "US.13491208", &list).unwrap();
    assert_eq!(sim.inbound_text(T0, "404", CUSTOMER, "x"), None);
    let webhooks = rig.run(T0, Some(200));
    let all: Vec<Value> = webhooks.iter().flat_map(|(_, w)| messages(w)).collect();
    let kinds: Vec<&str> = all.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "image", "button", "reaction", "interactive"]);
    assert_eq!(all[0]["text"]["body"], "Grüße / \"Hi\"");
    assert_eq!((all[0]["from"].as_str(), all[0]["id"].as_str()), (Some("16505551234"), Some(id.as_str())));
    assert_eq!(all[3]["reaction"], json!({"message_id": id, "emoji": "👍"}));
    assert_eq!(all[4]["from"], Value::Null, "only the user id is known");
    assert_eq!(all[4]["from_user_id"], "US.13491208");
    let contact = &body(&webhooks[4].1)["entry"][0]["changes"][0]["value"]["contacts"][0];
    assert_eq!((contact["user_id"].as_str(), &contact["wa_id"]), (Some("US.13491208"), &Value::Null));
    assert!(webhooks.iter().all(|(_, w)| w.body.is_ascii()));
    assert_eq!(rig.sim.counts().inbound, 5);
}

#[test]
fn customers_answer_stop_block_and_fail() {
    let share = |change: fn(&mut Customers)| {
        let mut customers = Customers::instant();
        change(&mut customers);
        let mut rig = Rig::with(SimConfig { customers, ..config() });
        rig.template(CUSTOMER, "a");
        let webhooks = rig.run(rig.now, Some(200));
        rig.template(CUSTOMER, "b");
        let later: Vec<Value> = rig.run(rig.now, Some(200)).iter().flat_map(|(_, w)| statuses(w)).collect();
        let texts: Vec<Value> = webhooks.iter().flat_map(|(_, w)| messages(w)).collect();
        let statuses: Vec<Value> = webhooks.iter().flat_map(|(_, w)| statuses(w)).collect();
        (statuses, texts, later)
    };
    let (statuses, texts, _) = share(|c| c.stop_share = 1.0);
    assert_eq!(
        (texts[0]["text"]["body"].as_str(), &texts[0]["context"]["id"]),
        (Some("STOP"), &statuses[0]["id"])
    );
    assert_eq!(share(|c| c.reply_share = 1.0).1[0]["text"]["body"], "Thank you!");
    assert_eq!(names(&share(|c| c.block_share = 1.0).2), ["sent"]);
    assert_eq!(names(&share(|c| c.read_share = 0.0).0), ["sent", "delivered"]);
    let (skipped, ..) = share(|c| c.skip_delivered_share = 1.0);
    assert_eq!(names(&skipped), ["sent", "read"]);
    assert_eq!(skipped[1]["pricing"]["category"], "utility");
    let (failed, ..) = share(|c| c.failed_share = 1.0);
    assert_eq!(names(&failed), ["failed"]);
    assert_eq!(failed[0]["errors"][0]["code"], 131_026);
    assert_eq!(failed[0]["recipient_user_id"], Value::Null);
}

#[test]
fn receipts_take_their_time() {
    let mut rig = Rig::with(SimConfig {
        customers: Customers { read_share: 1.0, failed_share: 0.0, ..Customers::default() },
        ..config()
    });
    rig.template(CUSTOMER, "a");
    assert!(rig.run(T0, Some(200)).is_empty());
    let times: Vec<i64> = rig
        .run(T0 + 60 * SECOND, Some(200))
        .iter()
        .filter(|(_, w)| !statuses(w).is_empty())
        .map(|(at, _)| at - T0)
        .collect();
    assert!(times.len() == 3 && times.is_sorted() && times[0] > 10_000 && times[2] > 400_000, "{times:?}");
}

#[test]
fn voice_is_played_and_service_has_its_free_tier() {
    let mut rig = Rig::with(SimConfig {
        customers: Customers { played_share: 1.0, ..Customers::instant() },
        ..config()
    });
    rig.sim.inbound_text(T0, PHONE, CUSTOMER, "Hello");
    rig.run(T0, Some(200));
    rig.send("audio", json!({"link": "https://a.test/a.ogg", "voice": true}));
    let all: Vec<Value> = rig.run(T0, Some(200)).iter().flat_map(|(_, w)| statuses(w)).collect();
    assert_eq!(names(&all), ["sent", "delivered", "read", "played"]);
    assert_eq!(all[0]["pricing"]["type"], "free_customer_service");
    rig.send("reaction", json!({"message_id": "wamid.a", "emoji": "👍"}));
    let all: Vec<Value> = rig.run(T0, Some(200)).iter().flat_map(|(_, w)| statuses(w)).collect();
    assert_eq!(names(&all), ["sent"]);
}

#[test]
fn account_news() {
    let mut rig = Rig::new();
    assert!(rig.sim.phone_event(T0, PHONE, "FLAGGED"));
    assert!(rig.sim.account_update(
        T0,
        WABA,
        "DISABLED_UPDATE",
        &json!({"ban_info": {"waba_ban_state": "DISABLE"}})
    ));
    assert!(!rig.sim.account_update(T0, "404", "DISABLED_UPDATE", &Value::Null));
    let webhooks = rig.run(T0, Some(200));
    let change = |i: usize| body(&webhooks[i].1)["entry"][0]["changes"][0].clone();
    assert_eq!(change(0)["field"], "phone_number_quality_update");
    assert_eq!(change(0)["value"]["max_daily_conversations_per_business"], "TIER_UNLIMITED");
    assert_eq!(change(1)["value"]["event"], "DISABLED_UPDATE");
    assert!(signed_with(&webhooks[1].1, SECRET));
    assert_eq!(rig.get(&format!("/v25.0/{PHONE}?fields=quality_rating")).1["quality_rating"], "YELLOW");
}

#[test]
fn sent_to_a_user_id_shows_no_phone() {
    let mut rig = Rig::new();
    rig.sim.inbound_text(T0, PHONE, CUSTOMER, "Hello");
    rig.run(T0, Some(200));
    let user = "US.9116505551234";
    let (status, _) = rig.post(
        &json!({"messaging_product": "whatsapp", "recipient": user, "type": "text", "text": {"body": "Hi"}}),
    );
    assert_eq!(status, 200, "the same customer, so the window is open");
    let all: Vec<Value> = rig.run(T0, Some(200)).iter().flat_map(|(_, w)| statuses(w)).collect();
    assert_eq!((&all[0]["recipient_id"], all[0]["recipient_user_id"].as_str()), (&Value::Null, Some(user)));
}
