//! Whole answers and whole webhook bodies, word for word.

use bytes::Bytes;
use serde_json::json;

use super::rig::{CUSTOMER, PHONE, Rig, TOKEN, config, order_update};
use crate::{Customers, SimConfig, Webhook};

fn text(webhook: &Webhook) -> &str {
    std::str::from_utf8(&webhook.body).unwrap()
}

const OPEN: &str = "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"102290129340398\",\"time\":1790000000,\
    \"changes\":[{\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{\"display_phone_number\":\"+1 555 078 3881\",\
    \"phone_number_id\":\"106540352242922\"},";
const CONTACTS: &str = "\"contacts\":[{\"profile\":{\"name\":\"Customer 1234\"},\"wa_id\":\"16505551234\",\
    \"user_id\":\"US.9116505551234\"}],";
const CLOSE: &str = "]},\"field\":\"messages\"}]}]}";

fn plain() -> SimConfig {
    SimConfig { user_ids: false, ..config() }
}

#[test]
fn an_accepted_template() {
    let rig = Rig::new();
    let path = format!("/v25.0/{PHONE}/messages");
    let answer = rig.request("POST", &path, TOKEN, order_update(CUSTOMER, "a").to_string());
    assert_eq!(
        answer.response.body(),
        &Bytes::from_static(
            b"{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":\"+16505551234\",\"wa_id\":\"16505551234\"}],\
              \"messages\":[{\"id\":\"wamid.HBgM00000001000000000000\",\"message_status\":\"accepted\"}]}"
        )
    );
    assert_eq!(answer.response.headers()["content-type"], "application/json; charset=UTF-8");
    assert_eq!((answer.delay_us, answer.hang), (0, false));
}

#[test]
fn a_receipt() {
    let mut rig = Rig::new();
    rig.template(CUSTOMER, "att_1");
    let webhooks = rig.run(rig.now, Some(200));
    let expected = format!(
        "{OPEN}{CONTACTS}\"statuses\":[{{\"id\":\"wamid.HBgM00000001000000000000\",\"status\":\"delivered\",\
         \"timestamp\":\"1790000000\",\"recipient_id\":\"16505551234\",\"recipient_user_id\":\"US.9116505551234\",\
         \"biz_opaque_callback_data\":\"att_1\",\"pricing\":{{\"billable\":true,\"pricing_model\":\"PMP\",\
         \"type\":\"regular\",\"category\":\"utility\"}}}}{CLOSE}"
    );
    assert_eq!(text(&webhooks[1].1), expected);
}

#[test]
fn a_receipt_without_user_ids() {
    let mut rig = Rig::with(plain());
    rig.template(CUSTOMER, "att_1");
    let webhooks = rig.run(rig.now, Some(200));
    let expected = format!(
        "{OPEN}\"statuses\":[{{\"id\":\"wamid.HBgM00000001000000000000\",\"status\":\"read\",\
         \"timestamp\":\"1790000000\",\"recipient_id\":\"16505551234\",\"biz_opaque_callback_data\":\"att_1\"}}{CLOSE}"
    );
    assert_eq!(text(&webhooks[2].1), expected);
}

#[test]
fn a_failure() {
    let customers = Customers { failed_share: 1.0, ..Customers::instant() };
    let mut rig = Rig::with(SimConfig { customers, ..plain() });
    rig.template(CUSTOMER, "a");
    let webhooks = rig.run(rig.now, Some(200));
    let expected = format!(
        "{OPEN}\"statuses\":[{{\"id\":\"wamid.HBgM00000001000000000000\",\"status\":\"failed\",\
         \"timestamp\":\"1790000000\",\"recipient_id\":\"16505551234\",\"biz_opaque_callback_data\":\"a\",\
         \"errors\":[{{\"code\":131026,\"title\":\"Message undeliverable\",\"message\":\"Message undeliverable\",\
         \"error_data\":{{\"details\":\"Message undeliverable.\"}},\"href\":\"https:\\/\\/developers.facebook.com\
         \\/docs\\/whatsapp\\/cloud-api\\/support\\/error-codes\\/\"}}]}}{CLOSE}"
    );
    assert_eq!(text(&webhooks[0].1), expected);
}

#[test]
fn an_inbound_text() {
    let mut rig = Rig::new();
    rig.sim.inbound_text(rig.now, PHONE, CUSTOMER, "Grüße 👍");
    let webhooks = rig.run(rig.now, Some(200));
    let expected = format!(
        "{OPEN}{CONTACTS}\"messages\":[{{\"from\":\"16505551234\",\"from_user_id\":\"US.9116505551234\",\
         \"id\":\"wamid.HBgI00000001000000000001\",\"timestamp\":\"1790000000\",\
         \"text\":{{\"body\":\"Gr\\u00fc\\u00dfe \\ud83d\\udc4d\"}},\"type\":\"text\"}}{CLOSE}"
    );
    assert_eq!(text(&webhooks[0].1), expected);
}

#[test]
fn configuration_files_may_be_short() {
    let read: SimConfig =
        serde_json::from_value(json!({"seed": 9, "tier": {"limit": 250}, "faults": {"lose_webhook": 0.1},
        "customers": {"read_share": 1.0}, "webhook": {"max_batch": 5}}))
        .unwrap();
    assert_eq!((read.seed, read.tier, read.webhook.max_batch), (9, crate::Tier::Limit(250), 5));
    assert_eq!((read.faults.lose_webhook, read.faults.server_error), (0.1, 0.0));
    assert_eq!(read.customers.delivery_median_ms, Customers::default().delivery_median_ms);
    assert!(serde_json::from_value::<SimConfig>(json!({"sede": 9})).is_err());
}
