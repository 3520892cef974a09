//! Reading numbers and accounts.

use http::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::config::Tier;
use crate::router::Call;
use crate::state::{Account, Phone, State};
use crate::templates::pick;

impl Account {
    pub fn tier_name(&self) -> String {
        match self.tier {
            Tier::Unlimited => "TIER_UNLIMITED".into(),
            Tier::Limit(limit @ 1000..) if limit % 1000 == 0 => format!("TIER_{}K", limit / 1000),
            Tier::Limit(limit) => format!("TIER_{limit}"),
        }
    }
}

fn health(kind: &str, id: &str) -> Value {
    json!({"can_send_message": "AVAILABLE", "entities": [{"entity_type": kind, "id": id, "can_send_message": "AVAILABLE"}]})
}

fn phone_json(phone: &Phone, account: &Account) -> Value {
    let level =
        if phone.throughput.mps <= 0.0 || phone.throughput.mps >= 1000.0 { "HIGH" } else { "STANDARD" };
    json!({
        "id": &*phone.id,
        "display_phone_number": &*phone.display,
        "verified_name": "Simulated Business",
        "quality_rating": phone.quality,
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": level},
        "health_status": health("PHONE_NUMBER", &phone.id),
        "whatsapp_business_manager_messaging_limit": account.tier_name(),
        "webhook_configuration": {"application": account.callback},
    })
}

const PHONE_FIELDS: [&str; 5] =
    ["display_phone_number", "verified_name", "quality_rating", "code_verification_status", "platform_type"];

impl State {
    /// `GET /{id}`: a number, an account, a template or a medium.
    pub(crate) fn node(&mut self, account: u32, call: &Call<'_>) -> Option<Answer> {
        let fields = call.query.get("fields");
        if let Some(&index) = self.phone_ids.get(call.node) {
            let phone = &self.phones[index as usize];
            let whole =
                (phone.account == account).then(|| phone_json(phone, &self.accounts[account as usize]))?;
            return Some(Answer::value(&pick(whole, fields, &PHONE_FIELDS)));
        }
        if let Some(answer) = self.read_media(call) {
            return Some(answer);
        }
        if let Some(answer) = self.read_template(account, call.node, &call.query) {
            return Some(answer);
        }
        if fields.is_some_and(|fields| fields.contains("quality_rating"))
            && self.phone_of(account, call.node).is_some()
        {
            return self.node(account, call);
        }
        if !self.is_account(account, call.node) {
            return None;
        }
        let own = &self.accounts[account as usize];
        let whole = json!({
            "id": &*own.id,
            "name": "Simulated Account",
            "currency": "USD",
            "timezone_id": "1",
            "message_template_namespace": "00000000_0000_0000_0000_000000000000",
            "account_review_status": "APPROVED",
            "business_verification_status": "verified",
            "owner_business_info": {"id": format!("9{}", own.id), "name": "Simulated Portfolio"},
            "country": "US",
            "status": "ACTIVE",
            "health_status": health("WABA", &own.id),
            "whatsapp_business_manager_messaging_limit": own.tier_name(),
        });
        Some(Answer::value(&pick(whole, fields, &["name", "timezone_id", "message_template_namespace"])))
    }

    pub(crate) fn numbers(&self, account: u32, call: &Call<'_>) -> Answer {
        let own = self.phones.iter().filter(|phone| phone.account == account);
        let one = |phone: &Phone| {
            pick(phone_json(phone, &self.accounts[account as usize]), call.query.get("fields"), &PHONE_FIELDS)
        };
        Answer::value(&json!({"data": own.map(one).collect::<Vec<_>>()}))
    }

    /// Subscribing may carry an address of its own for the account's webhooks.
    pub(crate) fn subscriptions(&mut self, account: u32, call: &Call<'_>) -> Answer {
        let own = &mut self.accounts[account as usize];
        if *call.method == Method::GET {
            let app = json!({"whatsapp_business_api_data": {"id": "1", "name": "Simulated App"}});
            return Answer::value(&json!({"data": [app]}));
        }
        if *call.method == Method::POST
            && let Ok(body) = serde_json::from_slice::<Value>(call.body)
            && let Some(url) = body["override_callback_uri"].as_str()
        {
            own.callback = Some(url.to_owned());
        }
        Answer::success()
    }
}
