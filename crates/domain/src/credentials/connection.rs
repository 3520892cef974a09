//! How an account's provider is reached, for the providers where that differs from account to account.

use super::{ProviderKind, Smpp, SmsHttp, Smtp, Ultramsg};
use crate::limits::SMPP_PASSWORD_BYTES_MAX;
use crate::problem::{Checked, FieldProblem, under};
use crate::secret::Secret;

/// How an account's provider is reached; its secrets stand beside it in [`super::Credentials`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Connection {
    Ultramsg(Ultramsg),
    Smpp(Smpp),
    SmsHttp(SmsHttp),
    Smtp(Smtp),
}

impl Connection {
    pub fn kind(&self) -> ProviderKind {
        match self {
            Self::Ultramsg(_) => ProviderKind::Ultramsg,
            Self::Smpp(_) => ProviderKind::Smpp,
            Self::SmsHttp(_) => ProviderKind::SmsHttp,
            Self::Smtp(_) => ProviderKind::Smtp,
        }
    }

    /// Reads and checks what a client wrote for a provider of this kind; fields are named below `connection`.
    pub fn read(kind: ProviderKind, json: &str) -> Checked<Self> {
        let read = match kind {
            ProviderKind::Cloud => Err(vec![FieldProblem::new(
                "",
                "connection.unwanted",
                "An account at the Cloud API has no `connection`; leave it out.",
            )]),
            ProviderKind::Ultramsg => parse(json).map(Self::Ultramsg),
            ProviderKind::Smpp => parse(json).map(Self::Smpp),
            ProviderKind::SmsHttp => parse(json).map(Self::SmsHttp),
            ProviderKind::Smtp => parse(json).map(Self::Smtp),
        };
        under("connection", read.and_then(|connection| connection.validate().map(|()| connection)))
    }

    fn validate(&self) -> Checked<()> {
        match self {
            Self::Ultramsg(ultramsg) => ultramsg.validate(),
            Self::Smpp(smpp) => smpp.validate(),
            Self::SmsHttp(sms_http) => sms_http.validate(),
            Self::Smtp(smtp) => smtp.validate(),
        }
    }

    /// What the account is called at the provider: one text per account, without secrets.
    pub fn reference(&self) -> String {
        match self {
            Self::Ultramsg(ultramsg) => ultramsg.instance_id.clone(),
            Self::Smpp(smpp) => format!("{}@{}:{}", smpp.system_id, smpp.host, smpp.port),
            Self::SmsHttp(sms_http) => sms_http.account_sid.clone(),
            Self::Smtp(smtp) if smtp.username.is_empty() => format!("{}:{}", smtp.host, smtp.port),
            Self::Smtp(smtp) => format!("{}@{}:{}", smtp.username, smtp.host, smtp.port),
        }
    }

    /// Whether the token or password that goes with it can be used.
    pub fn check_token(&self, token: &Secret) -> Checked<()> {
        let problem = match self {
            Self::Smpp(_) if token.expose().len() > SMPP_PASSWORD_BYTES_MAX => {
                "A password of SMPP has at most 8 characters."
            }
            Self::Smtp(smtp) if smtp.username.is_empty() && !token.is_empty() => {
                "A password needs a `connection.username`; give both or neither."
            }
            Self::Smtp(smtp) if smtp.username.is_empty() => return Ok(()),
            _ if token.is_empty() => "Give the token or password of the account.",
            _ => return Ok(()),
        };
        Err(vec![FieldProblem::new("access_token", "access_token.form", problem)])
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Checked<T> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let text = error.into_inner().to_string();
        let (code, named) = match text.split_once(" field `") {
            Some(("unknown", rest)) => ("field.unknown", rest.split('`').next()),
            Some(("missing", rest)) => ("field.missing", rest.split('`').next()),
            _ => ("field.invalid", None),
        };
        let field = match (path.as_str(), named) {
            (".", named) => named.unwrap_or_default().to_owned(),
            (path, Some(named)) if !path.ends_with(named) => format!("{path}.{named}"),
            (path, _) => path.to_owned(),
        };
        // What serde says about a value may repeat it; what it says about a field does not.
        let detail = match code {
            "field.invalid" => {
                let wanted = text.split("expected ").nth(1).unwrap_or("another kind of value");
                format!("expected {}", without_place(wanted))
            }
            _ => without_place(&text).to_owned(),
        };
        vec![FieldProblem::new(field, code, detail)]
    })
}

fn without_place(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(words, _)| words)
}
