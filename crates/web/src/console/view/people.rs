//! Pages about people.

use askama::Template;

use super::pages::Fact;
use super::{Badge, Frame, When};

#[derive(Template)]
#[template(path = "contacts.html")]
pub struct ContactsPage {
    pub frame: Frame,
    pub rows: Vec<ContactRow>,
    pub next: String,
    /// What was looked for in vain.
    pub sought: String,
}

pub struct ContactRow {
    pub id: String,
    pub title: String,
    pub identities: Vec<String>,
    pub language: String,
    pub zone: String,
    pub since: When,
}

#[derive(Template)]
#[template(path = "contact.html")]
pub struct ContactPage {
    pub frame: Frame,
    pub id: String,
    pub title: String,
    pub erased: bool,
    pub may_change: bool,
    pub may_erase: bool,
    /// Kind, text, and the form by which it is named in a form.
    pub identities: Vec<(&'static str, String, String)>,
    pub name: String,
    pub language: String,
    pub zone: String,
    pub facts: Vec<Fact>,
    /// The moment that was asked about, if it is not now.
    pub moment: Option<When>,
    pub asked_at: String,
    pub asked_known: bool,
    pub held: Vec<HeldRow>,
    pub ledger: Vec<LedgerRow>,
    pub history: Vec<TaleRow>,
    /// What somebody may agree to or refuse.
    pub purposes: Vec<String>,
    /// A link to the preference centre that was just made.
    pub link: String,
}

pub struct HeldRow {
    pub purpose: String,
    pub channel: &'static str,
    pub state: Badge,
    pub since: When,
    pub because: String,
}

pub struct LedgerRow {
    pub state: Badge,
    pub purpose: String,
    pub channel: String,
    pub source: String,
    pub proof: String,
    pub by: String,
    pub at: When,
}

pub struct TaleRow {
    pub class: &'static str,
    pub at: When,
    pub what: String,
    pub detail: String,
    /// The other contact, if there is one.
    pub other: String,
}
