//! One tenant of the product under test, with what it has at the simulated provider.

use http::Method;
use serde_json::{Value, json};

use tidings_simulator::{PhoneNumber, Provision, Simulator, TemplateSpec};

use super::app::TestApp;
use super::http::{Answer, Http};
use super::wait::eventually;

/// A customer's number; every `n` below a thousand is somebody else.
pub fn phone(n: usize) -> String {
    format!("+4915112300{n:03}")
}

#[derive(Clone)]
pub struct Tenant {
    /// With the tenant's first key.
    pub http: Http,
    pub id: String,
    pub key: String,
    pub account: String,
    pub sender: String,
    pub callback_path: String,
    pub business_id: String,
    pub number: String,
    pub address: String,
    pub app_secret: String,
    pub simulator: Simulator,
}

impl Tenant {
    /// Makes it through the API of a running product; `n` keeps its numbers apart from other tenants'.
    pub async fn make(installation: &Http, simulator: &Simulator, name: &str, n: usize) -> Self {
        let (business_id, number) = (format!("10{n:03}"), format!("20{n:03}"));
        let (token, app_secret) = (format!("token-{n}"), format!("secret-{n}"));
        let address = format!("+12025550{n:03}");
        simulator.provision(Provision {
            business_account_id: business_id.clone(),
            access_token: token.clone(),
            app_secrets: vec![app_secret.clone()],
            verify_token: "verify-me".to_owned(),
            phone_numbers: vec![PhoneNumber {
                id: number.clone(),
                display: address.clone(),
                mps: Some(80.0),
            }],
            templates: TemplateSpec::samples(),
            ..Provision::default()
        });
        let made = installation.post("/v1/tenants", &json!({ "name": name })).await.expect(201);
        let key = text(&made, "key");
        let http = installation.with_token(&key);
        let account = json!({
            "provider": "cloud", "business_account_id": business_id, "access_token": token,
            "app_secret": app_secret, "verify_token": "verify-me",
        });
        let account = http.post("/v1/accounts", &account).await.expect(201);
        let callback_path = text(&account, "callback_path");
        simulator.set_callback(&business_id, &format!("{}{callback_path}", http.base));
        let sender = json!({
            "account": account["id"], "channel": "whatsapp", "address": address, "provider_ref": number,
            "messages_per_s": 80,
        });
        let sender = http.post("/v1/senders", &sender).await.expect(201);
        let synced = http.post("/v1/templates/sync", &json!({ "account": account["id"] })).await.expect(200);
        assert_eq!(synced["approved"], 4, "{synced}");
        Self {
            id: text(&made, "id"),
            key,
            account: text(&account, "id"),
            sender: text(&sender, "id"),
            callback_path,
            business_id,
            number,
            address,
            app_secret,
            simulator: simulator.clone(),
            http,
        }
    }

    /// An intent with the utility template.
    pub fn utility(&self, to: usize) -> Value {
        json!({"to": {"phone": phone(to)}, "template": {"name": "order_update", "language": "en_US", "variables": ["Ann", "42"]}})
    }

    pub fn marketing(&self, to: usize) -> Value {
        json!({"to": {"phone": phone(to)}, "template": {"name": "spring_offer", "language": "en_US", "variables": ["Ann"]}})
    }

    pub fn code(&self, to: usize) -> Value {
        json!({"to": {"phone": phone(to)}, "template": {"name": "login_code", "language": "en_US", "variables": ["123456"]}})
    }

    pub fn text(&self, to: usize) -> Value {
        json!({"to": {"phone": phone(to)}, "text": {"body": "Thank you for asking."}})
    }

    /// Sends one intent; the answer must be 202.
    pub async fn send(&self, intent: &Value) -> String {
        text(&self.http.post("/v1/messages", intent).await.expect(202), "id")
    }

    pub async fn message(&self, id: &str) -> Value {
        self.http.get(&format!("/v1/messages/{id}")).await.expect(200)
    }

    pub async fn timeline(&self, id: &str) -> Vec<String> {
        let events = self.http.get(&format!("/v1/messages/{id}/events")).await.expect(200);
        events["events"].as_array().into_iter().flatten().map(|event| text(event, "type")).collect()
    }

    /// Waits until a message has one of these statuses (several divided by `|`).
    pub async fn until(&self, id: &str, status: &str) -> Value {
        eventually(&format!("{id} to be {status}"), async || {
            let message = self.message(id).await;
            let now = text(&message, "status");
            status.split('|').any(|each| each == now).then_some(message)
        })
        .await
    }

    /// Waits until a kind of event stands in the message's timeline.
    pub async fn until_event(&self, id: &str, kind: &str) {
        eventually(&format!("{kind} of {id}"), async || {
            self.timeline(id).await.iter().any(|each| each == kind).then_some(())
        })
        .await;
    }

    pub async fn revoke(&self, to: usize, purpose: &str) {
        let consent = json!({
            "to": {"phone": phone(to)}, "channel": "whatsapp", "purpose": purpose, "granted": false, "source": "settings page",
        });
        self.http.post("/v1/consents", &consent).await.expect(201);
    }

    /// A customer writes, and the product has taken it.
    pub async fn hears(&self, from: usize, words: &str, now_us: i64) -> Value {
        let before = self.inbound().await.len();
        self.simulator
            .inbound_text(now_us, &self.number, &phone(from)[1..], words)
            .expect("the number is known");
        eventually("the customer's message", async || {
            let inbound = self.inbound().await;
            (inbound.len() > before).then(|| inbound[0].clone())
        })
        .await
    }

    pub async fn inbound(&self) -> Vec<Value> {
        let list = self.http.get("/v1/inbound").await.expect(200);
        list["inbound"].as_array().cloned().unwrap_or_default()
    }

    pub async fn events(&self) -> Vec<Value> {
        let mut after = String::new();
        let mut events = Vec::new();
        loop {
            let query = if after.is_empty() { String::new() } else { format!("&after={after}") };
            let page = self.http.get(&format!("/v1/events?limit=500{query}")).await.expect(200);
            let items = page["events"].as_array().cloned().unwrap_or_default();
            if items.is_empty() {
                return events;
            }
            events.extend(items);
            after = text(&page, "next_cursor");
        }
    }

    /// The feed once it has so many events of a kind: on PostgreSQL it waits for older transactions of the server.
    pub async fn events_with(&self, kind: &str, n: usize) -> Vec<Value> {
        eventually(kind, async || {
            let events = self.events().await;
            (events.iter().filter(|event| event["type"] == kind).count() >= n).then_some(events)
        })
        .await
    }

    /// Posts bytes to the callback address with this signature header, if any.
    pub async fn callback(&self, app: &TestApp, body: &str, signature: Option<&str>) -> Answer {
        let headers: Vec<(&str, &str)> =
            signature.iter().map(|value| ("x-hub-signature-256", *value)).collect();
        app.http.raw(Method::POST, &self.callback_path, body.to_owned(), &headers).await
    }

    /// Posts a body signed with the account's own secret.
    pub async fn signed_callback(&self, app: &TestApp, body: &str) -> Answer {
        self.callback(app, body, Some(&sign(&self.app_secret, body.as_bytes()))).await
    }

    /// A callback body of this account with one change.
    pub fn change(&self, field: &str, value: &Value) -> String {
        json!({"object": "whatsapp_business_account", "entry": [
            {"id": self.business_id, "changes": [{"field": field, "value": value}]}]})
        .to_string()
    }

    /// The metadata of this tenant's number, as callbacks carry it.
    pub fn metadata(&self) -> Value {
        json!({"display_phone_number": &self.address[1..], "phone_number_id": self.number})
    }
}

pub fn sign(secret: &str, body: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(aws_lc_rs::hmac::sign(&key, body)))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("`{field}` is not a text in {value}")).to_owned()
}
