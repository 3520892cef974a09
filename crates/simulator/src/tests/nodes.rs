//! Reading numbers and accounts.

use serde_json::{Value, json};

use super::rig::{CUSTOMER, PHONE, Rig, WABA};

#[test]
fn a_number() {
    let rig = Rig::new();
    let (status, number) =
        rig.get(&format!("/v25.0/{PHONE}?fields=quality_rating,throughput,status,health_status"));
    assert_eq!(status, 200);
    assert_eq!(number["id"], PHONE);
    assert_eq!(number["quality_rating"], "GREEN");
    assert_eq!(number["throughput"], json!({"level": "STANDARD"}));
    assert_eq!(number["status"], "CONNECTED");
    assert_eq!(number["health_status"]["can_send_message"], "AVAILABLE");
    assert_eq!(number["verified_name"], Value::Null, "not asked for");
    assert_eq!(
        rig.get(&format!("/{PHONE}")).1["display_phone_number"],
        "+1 555 078 3881",
        "a version is not needed"
    );
}

#[test]
fn an_account() {
    let rig = Rig::new();
    let (_, account) =
        rig.get(&format!("/v25.0/{WABA}?fields=name,whatsapp_business_manager_messaging_limit"));
    assert_eq!(account["whatsapp_business_manager_messaging_limit"], "TIER_UNLIMITED");
    let (_, numbers) = rig.get(&format!("/v25.0/{WABA}/phone_numbers"));
    assert_eq!(numbers["data"][0]["id"], PHONE);
    assert_eq!(rig.get("/v25.0/12345").1["error"]["error_subcode"], 33);
    assert_eq!(rig.get("/").0, 400);
}

#[test]
fn a_subscription_can_move_the_callback() {
    let mut rig = Rig::new();
    let path = format!("/v25.0/{WABA}/subscribed_apps");
    let body = json!({"override_callback_uri": "http://product.test/c", "verify_token": "v"});
    assert_eq!(rig.call("POST", &path, &body), (200, json!({"success": true})));
    assert!(rig.get(&path).1["data"].is_array());
    rig.template(CUSTOMER, "a");
    let webhooks = rig.run(rig.now, Some(200));
    assert_eq!(webhooks[0].1.url, "http://product.test/c");
}

#[test]
fn registering_succeeds() {
    let rig = Rig::new();
    let body = json!({"messaging_product": "whatsapp", "pin": "123456"});
    assert_eq!(rig.call("POST", &format!("/v25.0/{PHONE}/register"), &body).0, 200);
    assert_eq!(rig.call("POST", "/v25.0/1/register", &body).0, 400);
}
