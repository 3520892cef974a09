//! What exists at the simulated provider: accounts, numbers, templates.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::Tier;

/// One business account. Provisioning an id again adds to it and replaces what is named.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provision {
    pub business_account_id: String,
    pub access_token: String,
    /// The first one signs; the others only exist so that a rotation can be played.
    pub app_secrets: Vec<String>,
    pub verify_token: String,
    pub callback_url: Option<String>,
    pub phone_numbers: Vec<PhoneNumber>,
    pub templates: Vec<TemplateSpec>,
    pub tier: Option<Tier>,
}

/// One phone number of an account.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneNumber {
    pub id: String,
    /// As shown, for example `+1 555 010 0001`.
    pub display: String,
    /// Messages per second; the configured default when absent.
    pub mps: Option<f64>,
}

/// One template in one language, with its components as the Graph API lists them.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateSpec {
    pub name: String,
    pub language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    pub category: String,
    /// `APPROVED` when empty.
    pub status: String,
    /// `POSITIONAL` (when empty) or `NAMED`.
    pub parameter_format: String,
    pub components: Vec<Value>,
}

impl TemplateSpec {
    /// An approved template that has nothing but a body.
    pub fn text(name: &str, language: &str, category: &str, body: &str) -> TemplateSpec {
        TemplateSpec {
            name: name.into(),
            language: language.into(),
            category: category.into(),
            components: vec![json!({"type": "BODY", "text": body})],
            ..TemplateSpec::default()
        }
    }

    /// A few templates to begin with.
    pub fn samples() -> Vec<TemplateSpec> {
        let mut code = TemplateSpec::text("login_code", "en_US", "AUTHENTICATION", "{{1}} is your code.");
        code.components.push(json!({"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}"}]}));
        vec![
            TemplateSpec::text("hello_world", "en_US", "UTILITY", "Welcome and congratulations!"),
            TemplateSpec::text(
                "order_update",
                "en_US",
                "UTILITY",
                "Hello {{1}}, your order {{2}} is on its way.",
            ),
            TemplateSpec::text(
                "spring_offer",
                "en_US",
                "MARKETING",
                "Dear {{1}}, today everything is cheaper.",
            ),
            code,
        ]
    }
}
