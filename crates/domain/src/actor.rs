//! Who did it: every event names its actor.

use std::fmt;

use crate::id::{Id, KeyId};

/// What somebody may do, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Operator,
    TenantAdmin,
    Developer,
    Agent,
    Analyst,
}

/// One permission of an API key or a console user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Permission {
    #[serde(rename = "messages:write")]
    MessagesWrite,
    #[serde(rename = "messages:read")]
    MessagesRead,
    #[serde(rename = "consents:write")]
    ConsentsWrite,
    #[serde(rename = "consents:read")]
    ConsentsRead,
    #[serde(rename = "templates:write")]
    TemplatesWrite,
    #[serde(rename = "templates:read")]
    TemplatesRead,
    #[serde(rename = "accounts:write")]
    AccountsWrite,
    #[serde(rename = "accounts:read")]
    AccountsRead,
    #[serde(rename = "events:read")]
    EventsRead,
    #[serde(rename = "media:write")]
    MediaWrite,
    #[serde(rename = "pauses:write")]
    PausesWrite,
    #[serde(rename = "keys:write")]
    KeysWrite,
}

impl Permission {
    pub const ALL: [Self; 12] = [
        Self::MessagesWrite,
        Self::MessagesRead,
        Self::ConsentsWrite,
        Self::ConsentsRead,
        Self::TemplatesWrite,
        Self::TemplatesRead,
        Self::AccountsWrite,
        Self::AccountsRead,
        Self::EventsRead,
        Self::MediaWrite,
        Self::PausesWrite,
        Self::KeysWrite,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::MessagesWrite => "messages:write",
            Self::MessagesRead => "messages:read",
            Self::ConsentsWrite => "consents:write",
            Self::ConsentsRead => "consents:read",
            Self::TemplatesWrite => "templates:write",
            Self::TemplatesRead => "templates:read",
            Self::AccountsWrite => "accounts:write",
            Self::AccountsRead => "accounts:read",
            Self::EventsRead => "events:read",
            Self::MediaWrite => "media:write",
            Self::PausesWrite => "pauses:write",
            Self::KeysWrite => "keys:write",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }
    /// The bit under which a set of permissions is stored.
    pub fn bit(self) -> i64 {
        1 << (self as i64)
    }
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Operator, Self::TenantAdmin, Self::Developer, Self::Agent, Self::Analyst];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::TenantAdmin => "tenant_admin",
            Self::Developer => "developer",
            Self::Agent => "agent",
            Self::Analyst => "analyst",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
    /// The permissions that come with the role, as a set of bits.
    pub fn permissions(self) -> i64 {
        use Permission as P;
        let list: &[P] = match self {
            Self::Operator | Self::TenantAdmin => &P::ALL,
            Self::Developer => &[
                P::MessagesWrite,
                P::MessagesRead,
                P::ConsentsWrite,
                P::ConsentsRead,
                P::TemplatesWrite,
                P::TemplatesRead,
                P::AccountsRead,
                P::EventsRead,
                P::MediaWrite,
            ],
            Self::Agent => {
                &[P::MessagesWrite, P::MessagesRead, P::ConsentsRead, P::TemplatesRead, P::MediaWrite]
            }
            Self::Analyst => {
                &[P::MessagesRead, P::ConsentsRead, P::TemplatesRead, P::AccountsRead, P::EventsRead]
            }
        };
        list.iter().fold(0, |bits, permission| bits | permission.bit())
    }
}

/// The one who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The installation key: the operator's own.
    Installation,
    ApiKey(KeyId),
    ConsoleUser(KeyId),
    Provider,
    /// The person themselves, on a page that they were given a link to.
    Recipient,
    /// A loop of ours, by name: `dispatch`, `reconcile`, `expiry` …
    System(SystemLoop),
}

/// The loops that act by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemLoop {
    Dispatch,
    Reconcile,
    Recovery,
    Expiry,
    Sync,
}

impl SystemLoop {
    const ALL: [Self; 5] = [Self::Dispatch, Self::Reconcile, Self::Recovery, Self::Expiry, Self::Sync];
    fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Reconcile => "reconcile",
            Self::Recovery => "recovery",
            Self::Expiry => "expiry",
            Self::Sync => "sync",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation => f.write_str("installation"),
            Self::ApiKey(key) => write!(f, "api:{key}"),
            Self::ConsoleUser(key) => write!(f, "console:{key}"),
            Self::Provider => f.write_str("provider"),
            Self::Recipient => f.write_str("recipient"),
            Self::System(name) => write!(f, "system:{}", name.as_str()),
        }
    }
}

impl Actor {
    /// Reads the form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "installation" => Some(Self::Installation),
            None if text == "provider" => Some(Self::Provider),
            None if text == "recipient" => Some(Self::Recipient),
            Some(("api", key)) => KeyId::parse(key).ok().map(Self::ApiKey),
            Some(("console", key)) => KeyId::parse(key).ok().map(Self::ConsoleUser),
            Some(("system", name)) => {
                SystemLoop::ALL.into_iter().find(|each| each.as_str() == name).map(Self::System)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_round_trip() {
        let key = KeyId::from_bytes([3; 16]);
        let mut all = vec![
            Actor::Installation,
            Actor::Provider,
            Actor::Recipient,
            Actor::ApiKey(key),
            Actor::ConsoleUser(key),
        ];
        all.extend(SystemLoop::ALL.map(Actor::System));
        for actor in all {
            assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        }
        assert_eq!(Actor::parse("system:nobody"), None);
    }

    #[test]
    fn a_smaller_role_never_has_more() {
        for pair in [Role::Operator, Role::TenantAdmin, Role::Developer].windows(2) {
            assert_eq!(pair[1].permissions() & !pair[0].permissions(), 0, "{pair:?}");
        }
    }
}
