//! One evaluation with everything on, to be timed: by `cargo run --release -p tidings-engine --example policy_cost`.

use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::{AccountId, Id, RuleId, SenderId, TenantId};
use tidings_domain::outgoing::Outgoing;
use tidings_domain::policy::Place;
use tidings_domain::time::{HOUR, Timestamp};
use tidings_domain::whatsapp;
use tidings_store::model::{
    Catalog, Hash16, PortfolioLimit, Reached, RecipientFacts, StoredPolicy, StoredRule, StoredSettings,
};

use super::{PolicyDefaults, Question, RuleText, judge, screen, settle};
use crate::catalog::Snapshot;

/// Settings that turn every rule on.
const SETTINGS: &str = r#"{
    "caps": [{"category": "marketing", "messages": 3, "hours": 24}, {"category": "marketing", "messages": 9, "hours": 168}],
    "content": {"links": "shadow", "cards": "scrub", "bank_accounts": "scrub", "secrets": "deny", "emails": "shadow",
        "health": "shadow"}
}"#;

/// A tenant, a recipient and a message, made once.
pub struct Trial {
    snapshot: Snapshot,
    facts: RecipientFacts,
    place: Place,
    at: Timestamp,
    content: Outgoing,
}

impl Trial {
    /// With these rules of the tenant's own; none of them should apply.
    pub fn new(rules: &[RuleText]) -> Self {
        let at = Timestamp::from_secs(1_795_000_000);
        let stored = |(n, rule): (u8, &RuleText)| StoredRule {
            id: RuleId::from_bytes([n; 16]),
            name: rule.name.clone(),
            version: 1,
            body: serde_json::to_string(rule).expect("a rule has only string keys"),
            created_at: at,
        };
        let settings = StoredSettings { version: 1, body: SETTINGS.to_owned(), actor: String::new(), at };
        let policy = StoredPolicy {
            settings: Some(settings),
            rules: (1..).zip(rules).map(stored).collect(),
            rules_version: 1,
            portfolios: vec![PortfolioLimit {
                pool: Hash16([1; 16]),
                recipients: Some(2_000),
                tier: "TIER_2K".to_owned(),
                at,
            }],
        };
        let catalog = Catalog { policy, ..Catalog::default() };
        let facts = RecipientFacts {
            touched_at: vec![at.plus(-30 * HOUR), at.plus(-5 * HOUR)],
            reach: Some(Reached { recipients: 10, counted: false, frees_at: at }),
            ..RecipientFacts::default()
        };
        let address = Address::parse("phone", "+12705550123").expect("a number");
        Self {
            snapshot: Snapshot::new(TenantId::from_bytes([1; 16]), catalog, PolicyDefaults::default()),
            facts,
            place: Place::of(&address),
            at,
            content: whatsapp::Outgoing::text(
                "Hello Ann, your parcel 00340434161094042557 comes on Friday, see shop.example.com.",
                false,
            )
            .into(),
        }
    }

    /// Judges once as a claim does, decisions written out; how long they are.
    pub fn judge(&self) -> usize {
        let question = Question {
            account: AccountId::from_bytes([1; 16]),
            sender: SenderId::from_bytes([1; 16]),
            channel: Channel::Whatsapp,
            category: Category::Marketing,
            place: Place { country: tidings_domain::address::CountryCode::parse("CA"), ..self.place },
            free_form: false,
            template: None,
            language: None,
            scheduled: false,
            at: self.at,
            shown: None,
            is_sealed: true,
        };
        let decisions = judge(&self.snapshot, &question, &self.facts);
        match settle(&decisions, self.at.plus(HOUR), self.at) {
            tidings_store::model::Judgement::Allow { decisions }
            | tidings_store::model::Judgement::Deny { decisions, .. }
            | tidings_store::model::Judgement::Defer { decisions, .. } => decisions.len(),
            tidings_store::model::Judgement::Expire => 0,
        }
    }

    /// Looks at the content once, as intake does; how much was found.
    pub fn screen(&self) -> usize {
        screen(&self.snapshot, &mut self.content.clone()).len()
    }
}
