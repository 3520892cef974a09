//! How a mail server is reached, and what its mails are signed and answered by.

use super::check;
use crate::address::Email;
use crate::limits::{DKIM_KEY_BYTES_MAX, EMAIL_LABEL_BYTES_MAX, HOST_BYTES_MAX, PEM_BYTES_MAX};
use crate::problem::{Checked, FieldProblem};
use crate::secret::Secret;

/// A submission server; the password is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    /// Empty where the server asks for none.
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub tls: SmtpTls,
    /// A certificate in PEM to trust beside those of the machine, for a server with a certificate of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// The name that is said in `EHLO`; else the sender's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helo: Option<String>,
    /// Shown beside the sender's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// The domain whose mail comes back to us: bounces go to a signed address in it. Else they go to the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounce_domain: Option<String>,
    /// Whether answers come to us too: a signed address in `bounce_domain` stands in `Reply-To`.
    #[serde(default)]
    pub replies: bool,
    /// Whether the server is asked to report deliveries too, where it can.
    #[serde(default)]
    pub delivery_reports: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dkim: Option<Dkim>,
}

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// Upgraded before anything else is said, or not used at all.
    #[default]
    Starttls,
    /// From the first byte, mostly on port 465.
    Implicit,
    /// Not at all: only to a server on this machine.
    None,
}

/// A key that mails are signed with.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    /// A private key in PEM: RSA from 1024 bits on, or Ed25519 in PKCS#8.
    #[serde(default)]
    pub private_key: Secret,
}

impl Smtp {
    /// A connection with the usual settings.
    pub fn new(host: impl Into<String>, port: u16, username: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            username: username.into(),
            tls: SmtpTls::default(),
            ca_pem: None,
            helo: None,
            from_name: None,
            bounce_domain: None,
            replies: false,
            delivery_reports: false,
            dkim: None,
        }
    }

    pub fn validate(&self) -> Checked<()> {
        let mut problems = Vec::new();
        check::host(&mut problems, "host", &self.host);
        check::port(&mut problems, self.port);
        if !self.username.is_empty() {
            check::word(&mut problems, "username", &self.username, (1, 254));
        }
        let mut must = |holds: bool, field: &str, code: &'static str, detail: &str| {
            if !holds {
                problems.push(FieldProblem::new(field, code, detail));
            }
        };
        must(
            self.tls != SmtpTls::None || is_loopback(&self.host),
            "tls",
            "tls.required",
            "Only a server on this machine may be spoken to without encryption; use `starttls` or `implicit`.",
        );
        for (field, name) in [("helo", &self.helo), ("bounce_domain", &self.bounce_domain)] {
            let sound = name.as_deref().is_none_or(is_domain);
            must(sound, field, "domain.invalid", "Write a domain such as `bounces.example.com`.");
        }
        let plain = |text: &str| !text.chars().any(char::is_control) && text.chars().count() <= 100;
        must(
            self.from_name.as_deref().is_none_or(plain),
            "from_name",
            "field.invalid",
            "A name is one line of at most 100 characters.",
        );
        must(
            self.ca_pem
                .as_deref()
                .is_none_or(|pem| pem.len() <= PEM_BYTES_MAX && pem.contains("BEGIN CERTIFICATE")),
            "ca_pem",
            "pem.invalid",
            "Give the certificate as PEM; it begins with `-----BEGIN CERTIFICATE-----`.",
        );
        must(
            !self.replies || self.bounce_domain.is_some(),
            "replies",
            "field.needs",
            "Answers come to an address in `bounce_domain`; name that domain too.",
        );
        if let Some(dkim) = &self.dkim {
            must(
                is_domain(&dkim.domain),
                "dkim.domain",
                "domain.invalid",
                "Write a domain such as `example.com`.",
            );
            must(
                dkim.selector.split('.').all(is_label),
                "dkim.selector",
                "selector.invalid",
                "A selector is a name such as `tidings1`; its record stands at `<selector>._domainkey.<domain>`.",
            );
            let key = dkim.private_key.expose();
            must(
                key.len() <= DKIM_KEY_BYTES_MAX && key.contains("PRIVATE KEY-----"),
                "dkim.private_key",
                "pem.invalid",
                "Give the private key as PEM: RSA (`openssl genrsa 2048`) or Ed25519 (`openssl genpkey -algorithm ed25519`).",
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// Whether a sender of this channel can have that address.
pub fn is_sender_address(text: &str) -> bool {
    Email::parse(text).is_ok_and(|email| email.as_str().is_ascii() && email.as_str() == text)
}

fn is_domain(text: &str) -> bool {
    text.contains('.') && text.len() <= HOST_BYTES_MAX && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=EMAIL_LABEL_BYTES_MAX).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether a connection to it stays on this machine.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(change: impl FnOnce(&mut serde_json::Value)) -> Result<(), Vec<String>> {
        let mut value = serde_json::json!({"host": "smtp.example.com", "port": 587, "username": "me"});
        change(&mut value);
        let smtp: Smtp = serde_json::from_value(value).map_err(|error| vec![error.to_string()])?;
        smtp.validate().map_err(|problems| problems.into_iter().map(|problem| problem.field).collect())
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(smtp(|_| {}), Ok(()));
        for (path, value, want) in [
            ("host", "", "host"),
            ("host", "a b", "host"),
            ("host", "smtp.example.com\r\nRCPT TO:<x@y.z>", "host"),
            ("tls", "none", "tls"),
            ("helo", "nodots", "helo"),
            ("bounce_domain", "a..b", "bounce_domain"),
            ("from_name", "Shop\r\nBcc: x@y.z", "from_name"),
            ("ca_pem", "hello", "ca_pem"),
        ] {
            assert_eq!(smtp(|it| it[path] = value.into()), Err(vec![want.to_owned()]), "{path}={value}");
        }
        assert_eq!(smtp(|it| it["replies"] = true.into()), Err(vec!["replies".to_owned()]));
        assert_eq!(smtp(|it| it["port"] = 0.into()), Err(vec!["port".to_owned()]));
        let key = "-----BEGIN PRIVATE KEY-----";
        for (domain, selector, key, want) in [
            ("example.com", "s1", key, Ok(())),
            ("example", "s1", key, Err(vec!["dkim.domain".to_owned()])),
            ("example.com", "s 1", key, Err(vec!["dkim.selector".to_owned()])),
            ("example.com", "s1", "", Err(vec!["dkim.private_key".to_owned()])),
        ] {
            let dkim = serde_json::json!({"domain": domain, "selector": selector, "private_key": key});
            assert_eq!(smtp(|it| it["dkim"] = dkim), want, "{domain} {selector}");
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for (host, fits) in
            [("localhost", true), ("127.0.0.1", true), ("::1", true), ("10.0.0.1", false), ("smtp", false)]
        {
            let found = smtp(|it| {
                it["host"] = host.into();
                it["tls"] = "none".into();
            });
            assert_eq!(found.is_ok(), fits, "{host}");
        }
    }

    #[test]
    fn senders_are_plain_addresses() {
        for (text, fits) in [
            ("news@shop.example", true),
            ("news@SHOP.example", false),
            ("Shop <news@shop.example>", false),
            ("", false),
        ] {
            assert_eq!(is_sender_address(text), fits, "{text}");
        }
    }
}
