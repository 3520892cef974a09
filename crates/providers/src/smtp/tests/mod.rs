mod back;
mod dialogue;
mod keys;
mod mails;
mod server;

use std::sync::Arc;

use tidings_domain::address::Address;
use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::credentials::{Connection, Credentials, Dkim, Smtp};
use tidings_domain::id::{AccountId, AttemptId, Id, MessageId};
use tidings_domain::outgoing::{Mail, Outgoing};
use tidings_domain::provider::{Outcome, Provider, Submission};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;

use super::SmtpProvider;

pub const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);
pub const FROM: &str = "news@shop.example";

pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
    fn monotonic_us(&self) -> i64 {
        1_000_000_000
    }
    fn sleep(&self, _micros: i64) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

pub fn provider() -> SmtpProvider {
    SmtpProvider::new(Arc::new(Still))
}

pub fn account() -> AccountId {
    AccountId::from_bytes([5; 16])
}

pub fn attempt() -> AttemptId {
    AttemptId::of(MessageId::from_bytes([7; 16]), 1)
}

pub fn credentials(port: u16, change: impl FnOnce(&mut Smtp)) -> Credentials {
    let mut smtp: Smtp =
        serde_json::from_value(serde_json::json!({"host": "127.0.0.1", "port": port, "tls": "none"}))
            .unwrap();
    change(&mut smtp);
    smtp.validate().expect("the settings fit");
    Credentials {
        access_token: Secret::new("hunter2"),
        app_secrets: vec![Secret::new("return secret")],
        verify_token: Secret::default(),
        connection: Some(Connection::Smtp(smtp)),
    }
}

pub fn dkim(private_key: &str) -> Dkim {
    Dkim {
        domain: "shop.example".to_owned(),
        selector: "s1".to_owned(),
        private_key: Secret::new(private_key),
    }
}

pub fn mail() -> Mail {
    Mail {
        subject: "Your parcel".to_owned(),
        text: Some("It has left.".to_owned()),
        html: None,
        unsubscribe_url: None,
    }
}

pub async fn send(provider: &SmtpProvider, credentials: &Credentials, to: &str, mail: Mail) -> Outcome {
    let to = Address::parse("email", to).expect("an address");
    let content = Outgoing::Email(Box::new(mail));
    let (account, attempt) = (account(), attempt());
    let submission =
        Submission { attempt, account, sender_ref: FROM, to: &to, content: &content, trace: None };
    provider.submit(credentials, submission).await
}
