//! A simulator with one account, and short ways to call it.

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::{
    Answer, Customers, PhoneNumber, Provision, SimConfig, Simulator, TemplateSpec, Webhook, WebhookMode,
};

pub const T0: i64 = 1_790_000_000_000_000;
pub const SECOND: i64 = 1_000_000;
pub const HOUR: i64 = 3600 * SECOND;
pub const WABA: &str = "102290129340398";
pub const PHONE: &str = "106540352242922";
pub const TOKEN: &str = "token-of-the-rig";
pub const SECRET: &str = "secret-of-the-rig";
pub const CUSTOMER: &str = "+16505551234";

/// Calm customers, no batching: the tests say what differs.
pub fn config() -> SimConfig {
    SimConfig {
        customers: Customers::instant(),
        webhook: WebhookMode { max_batch: 1, batch_window_us: 0 },
        ..SimConfig::default()
    }
}

pub struct Rig {
    pub sim: Simulator,
    pub now: i64,
}

impl Rig {
    pub fn new() -> Rig {
        Rig::with(config())
    }

    pub fn with(config: SimConfig) -> Rig {
        let sim = Simulator::new(config);
        sim.provision(Provision {
            business_account_id: WABA.into(),
            access_token: TOKEN.into(),
            app_secrets: vec![SECRET.into()],
            verify_token: "v".into(),
            callback_url: Some("http://product.test/callbacks/a".into()),
            phone_numbers: vec![PhoneNumber {
                id: PHONE.into(),
                display: "+1 555 078 3881".into(),
                mps: None,
            }],
            templates: TemplateSpec::samples(),
            tier: None,
        });
        Rig { sim, now: T0 }
    }

    /// A rig in which the customer wrote just now.
    pub fn in_window() -> Rig {
        let rig = Rig::new();
        rig.sim.inbound_text(rig.now, PHONE, CUSTOMER, "Hello");
        rig.sim.take_due(rig.now);
        rig
    }

    pub fn request(&self, method: &str, path: &str, token: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "sim.test")
            .header("authorization", format!("Bearer {token}"))
            .body(body.into())
            .unwrap();
        self.sim.handle(self.now, request)
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.request(method, path, TOKEN, body);
        let value = serde_json::from_slice(answer.response.body()).unwrap_or(Value::Null);
        (answer.response.status().as_u16(), value)
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null)
    }

    pub fn post(&self, body: &Value) -> (u16, Value) {
        self.call("POST", &format!("/v25.0/{PHONE}/messages"), body)
    }

    pub fn send(&self, kind: &str, object: Value) -> (u16, Value) {
        self.post(&message(kind, object))
    }

    /// The error code, or 0.
    pub fn code(&self, kind: &str, object: Value) -> u64 {
        self.send(kind, object).1["error"]["code"].as_u64().unwrap_or(0)
    }

    pub fn template(&self, to: &str, callback: &str) -> (u16, Value) {
        self.post(&order_update(to, callback))
    }

    /// Lets time pass and delivers every webhook with this answer. Returns them with their times.
    pub fn run(&mut self, until: i64, status: Option<u16>) -> Vec<(i64, Webhook)> {
        let mut all = Vec::new();
        while let Some(at) = self.sim.next_wake_us().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            for webhook in self.sim.take_due(self.now) {
                self.sim.webhook_result(self.now, webhook.id, status);
                all.push((self.now, webhook));
            }
        }
        self.now = self.now.max(until);
        all
    }
}

pub fn message(kind: &str, object: Value) -> Value {
    json!({"messaging_product": "whatsapp", "to": CUSTOMER, "type": kind, kind: object})
}

pub fn order_update(to: &str, callback: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "template": {"name": "order_update", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "42"}]}]},
        "biz_opaque_callback_data": callback,
    })
}

pub fn body(webhook: &Webhook) -> Value {
    serde_json::from_slice(&webhook.body).unwrap()
}

/// Every status in a body, in order.
pub fn statuses(webhook: &Webhook) -> Vec<Value> {
    list(webhook, "statuses")
}

pub fn messages(webhook: &Webhook) -> Vec<Value> {
    list(webhook, "messages")
}

fn list(webhook: &Webhook, key: &str) -> Vec<Value> {
    let body = body(webhook);
    let changes =
        body["entry"].as_array().unwrap().iter().flat_map(|entry| entry["changes"].as_array().unwrap());
    changes.flat_map(|change| change["value"][key].as_array().cloned().unwrap_or_default()).collect()
}

pub fn signed_with(webhook: &Webhook, secret: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let expected = format!("sha256={}", hex::encode(hmac::sign(&key, &webhook.body)));
    webhook.headers.iter().any(|(name, value)| name == "x-hub-signature-256" && *value == expected)
}
