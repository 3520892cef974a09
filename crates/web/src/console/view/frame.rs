//! What every page has around it.

use crate::console::assets;

/// The parts of the console, in the order of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Messages,
    Senders,
    Templates,
    Contacts,
    Consent,
    Attention,
    Policy,
    Codes,
    Pauses,
    Nodes,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::Overview, "/console", "Overview"),
        (Self::Messages, "/console/messages", "Messages"),
        (Self::Senders, "/console/senders", "Senders"),
        (Self::Templates, "/console/templates", "Templates"),
        (Self::Contacts, "/console/contacts", "Contacts"),
        (Self::Consent, "/console/consent", "Consent"),
        (Self::Attention, "/console/attention", "Attention"),
        (Self::Policy, "/console/policy", "Policy"),
        (Self::Codes, "/console/codes", "Codes"),
        (Self::Pauses, "/console/pauses", "Pauses"),
        (Self::Nodes, "/console/nodes", "Nodes"),
    ];
}

#[derive(Debug, Clone)]
pub struct NavItem {
    pub href: &'static str,
    pub label: &'static str,
    pub current: bool,
    pub count: u64,
    pub live: &'static str,
}

/// One option of a choice, or one tab.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

#[derive(Debug, Clone)]
pub struct Frame {
    pub title: String,
    pub section: Option<Section>,
    pub css: &'static str,
    pub js: &'static str,
    pub icon: &'static str,
    pub csrf: String,
    pub tenants: Vec<Choice>,
    pub tenant_name: String,
    /// The role of whoever is signed in.
    pub who: String,
    pub attention: u64,
    /// What is paused, in words; empty if nothing is.
    pub pauses: String,
    pub notice: String,
    pub notice_class: &'static str,
    /// Counters follow the log while the page is open.
    pub live: bool,
    /// The page is read again when something happens.
    pub swap: bool,
    pub may_pause: bool,
    /// Sees the installation's own pages too.
    pub operator: bool,
}

impl Frame {
    pub fn new(title: impl Into<String>, section: Option<Section>) -> Self {
        Self {
            title: title.into(),
            section,
            css: assets::css_path(),
            js: assets::js_path(),
            icon: assets::icon_path(),
            csrf: String::new(),
            tenants: Vec::new(),
            tenant_name: String::new(),
            who: String::new(),
            attention: 0,
            pauses: String::new(),
            notice: String::new(),
            notice_class: "",
            live: true,
            swap: false,
            may_pause: false,
            operator: false,
        }
    }

    pub fn nav(&self) -> Vec<NavItem> {
        let item = |(section, href, label): (Section, &'static str, &'static str)| NavItem {
            href,
            label,
            current: self.section == Some(section),
            count: if section == Section::Attention { self.attention } else { 0 },
            live: "dead",
        };
        let seen = |(section, ..): &(Section, _, _)| *section != Section::Nodes || self.operator;
        Section::ALL.into_iter().filter(seen).map(item).collect()
    }
}
