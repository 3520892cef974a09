//! What a consent rests on: where it was said, on which ground, and what the person saw.

use std::fmt;

use crate::limits::{PROOF_SHORT_CHARS_MAX, PROOF_TEXT_CHARS_MAX};
use crate::problem::{Checked, FieldProblem};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$inner])* $variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),* } }
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

named! {
    /// Where it was said.
    Source {
        WebForm = "web_form",
        App = "app",
        PointOfSale = "point_of_sale",
        /// A word in a message, or a tapped button.
        Keyword = "keyword",
        Import = "import",
        /// The platform told us: its own switch, a refusal that names one, a block.
        ProviderWebhook = "provider_webhook",
        Api = "api",
        PreferenceCentre = "preference_centre",
        DoubleOptIn = "double_opt_in",
        /// The unsubscribe button of a mail program.
        OneClick = "one_click",
        /// A mail was marked as unwanted.
        Complaint = "complaint",
    }
}

named! {
    /// The ground on which a grant rests.
    Basis {
        Consent = "consent",
        /// An own customer, similar goods, and a way to refuse each time.
        SoftOptIn = "soft_opt_in",
        Contract = "contract",
        Legal = "legal",
        Vital = "vital",
    }
}

/// What a person saw and from where: kept sealed.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The words that were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
    /// The business that the words named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Proof {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Everything that does not fit; fields are named below `proof`.
    pub fn check(&self) -> Checked<()> {
        let mut problems = Vec::new();
        let mut bounded = |field: &str, value: &Option<String>, most: usize| {
            let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= most;
            if !value.as_ref().is_none_or(fits) {
                let detail = format!("Write 1 to {most} characters, or leave it out.");
                problems.push(FieldProblem::new(format!("proof.{field}"), "proof.size", detail));
            }
        };
        bounded("text", &self.text, PROOF_TEXT_CHARS_MAX);
        bounded("text_version", &self.text_version, PROOF_SHORT_CHARS_MAX);
        bounded("business_name", &self.business_name, PROOF_SHORT_CHARS_MAX);
        bounded("document_url", &self.document_url, PROOF_TEXT_CHARS_MAX);
        bounded("language", &self.language, PROOF_SHORT_CHARS_MAX);
        if self.ip.as_ref().is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_err()) {
            let detail = "Write an IPv4 or IPv6 address, such as 192.0.2.7.";
            problems.push(FieldProblem::new("proof.ip", "proof.ip", detail));
        }
        let link =
            |text: &String| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if !self.document_url.as_ref().is_none_or(link) {
            let detail = "Write a whole address that begins with https://.";
            problems.push(FieldProblem::new("proof.document_url", "proof.url", detail));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// What a person saw may name them.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = [&self.text, &self.text_version, &self.business_name, &self.ip, &self.document_url];
        write!(f, "Proof({} of 6 parts)", given.iter().filter(|each| each.is_some()).count())
    }
}
