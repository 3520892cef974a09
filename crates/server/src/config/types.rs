//! The settings themselves, with their defaults.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use tidings_domain::secret::Secret;
use tidings_store::model::Retention;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the API, the callbacks and the console are served.
    pub listen: SocketAddr,
    /// Where SQLite files, the journal and the master key file are.
    pub data_dir: PathBuf,
    /// 64 hexadecimal digits; better kept in a file.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub master_key: Secret,
    /// One key of 64 hexadecimal digits a line, the oldest first; `master.key` in the data directory if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key_file: Option<PathBuf>,
    /// The region `main`.
    pub store: Region,
    /// Further regions by name.
    pub stores: BTreeMap<String, Region>,
    pub providers: Providers,
    pub dispatch: Dispatch,
    /// Days for which each kind of data is kept; 0 keeps for good.
    pub retention: Retention,
    pub tls: Tls,
    pub public: Public,
    pub mail: Mail,
    pub log: Log,
    pub node: Node,
    pub policy: Policy,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("tidings-data"),
            master_key: Secret::default(),
            master_key_file: None,
            store: Region::default(),
            stores: BTreeMap::new(),
            providers: Providers::default(),
            dispatch: Dispatch::default(),
            retention: Retention::default(),
            tls: Tls::default(),
            public: Public::default(),
            mail: Mail::default(),
            log: Log::default(),
            node: Node::default(),
            policy: Policy::default(),
        }
    }
}

/// What holds for tenants that have set nothing about policy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Whether marketing rests at night in the recipient's local time.
    pub quiet_hours: Switch,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    #[default]
    On,
    Off,
}

/// The pages for recipients: the preference centre and the forms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    /// Where people reach this installation, such as `https://messages.example`; links begin with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The header in which the proxy in front names the visitor's address, such as `x-forwarded-for`. Set it only
    /// where such a proxy is: anybody else could write what they like into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip_header: Option<String>,
}

/// The listener for mails that come back: bounces, complaints, answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Where it listens, such as `0.0.0.0:2525`; absent: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<std::net::SocketAddr>,
    /// The host name that it calls itself by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// This process among the others on the same store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// How people know it; the machine's name unless given.
    pub name: String,
    /// What it does: `api`, `dispatch`, `readers`, with commas between them.
    pub roles: String,
}

impl Default for Node {
    fn default() -> Self {
        Self { name: String::new(), roles: tidings_engine::Roles::default().to_string() }
    }
}

/// One store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Region {
    /// `postgres://…` or `sqlite:PATH`; absent: a SQLite file in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Certificates that the PostgreSQL server's own is checked against, beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Providers {
    pub cloud: Cloud,
}

/// The WhatsApp Cloud API. Its address belongs to the installation, never to a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cloud {
    pub base_url: String,
    pub api_version: String,
}

impl Default for Cloud {
    fn default() -> Self {
        Self { base_url: "https://graph.facebook.com".to_owned(), api_version: "v24.0".to_owned() }
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dispatch {
    pub doubt_s: DoubtSeconds,
}

/// How long an attempt may stay in doubt before policy decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoubtSeconds {
    #[serde(deserialize_with = "seconds")]
    pub authentication: u32,
    #[serde(deserialize_with = "seconds")]
    pub utility: u32,
    #[serde(deserialize_with = "seconds")]
    pub service: u32,
    #[serde(deserialize_with = "seconds")]
    pub marketing: u32,
}

impl Default for DoubtSeconds {
    fn default() -> Self {
        Self { authentication: 30, utility: 120, service: 120, marketing: 600 }
    }
}

/// PEM files; without them the listener speaks plain HTTP.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub level: LogLevel,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// A number, or a text that is one: variables of the environment are texts.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    struct Seconds;
    impl Visitor<'_> for Seconds {
        type Value = u32;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of seconds")
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<u32, E> {
            u32::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<u32, E> {
            value.trim().parse().map_err(|_| E::invalid_value(de::Unexpected::Str(value), &self))
        }
    }
    deserializer.deserialize_any(Seconds)
}

/// `postgres://user:secret@a:1,b:2/db` is no URL by the book.
fn of_several_hosts(address: &str) -> String {
    let parts = address.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
    match parts {
        Some((scheme, (user, rest))) if !rest.contains("password") => {
            let user = user.split_once(':').map_or(user.to_owned(), |(name, _)| format!("{name}:***"));
            format!("{scheme}://{user}@{rest}")
        }
        _ => "***".to_owned(),
    }
}

/// `postgres://user:secret@host/db` with the password masked, in the address and in its parameters.
pub fn without_password(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return of_several_hosts(address) };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "***".to_owned();
    }
    if url.query_pairs().any(|(name, _)| name == "password") {
        let kept: Vec<_> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if name == "password" { "***".into() } else { value.into_owned() };
                (name.into_owned(), value)
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.to_string()
}
