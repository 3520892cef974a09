use super::*;

use tidings_domain::category::Category;
use tidings_domain::consent::{Choices, MarketingRule, Reach, Stated};
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::id::{AccountId, Id, TemplateId, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::{DAY, HOUR, MINUTE};
use tidings_domain::whatsapp::TemplateDefinition;
use tidings_store::model::{Account, Catalog, StoredPolicy, StoredSettings, StoredTemplate};

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn account() -> AccountId {
    AccountId::from_bytes([1; 16])
}

fn snapshot(status: &str) -> Snapshot {
    let item = br#"{"name":"parcel","language":"en","category":"UTILITY","status":"APPROVED","components":[{"type":"BODY","text":"On its way"}]}"#;
    let definition = TemplateDefinition::from_json(item).expect("a template");
    let credentials = Credentials {
        access_token: Secret::new("t"),
        app_secrets: vec![Secret::new("s")],
        verify_token: Secret::new("v"),
        connection: None,
    };
    let catalog = Catalog {
        accounts: vec![Account {
            slot: 0,
            id: account(),
            provider: ProviderKind::Cloud,
            provider_ref: "1".into(),
            portfolio: None,
            pool: tidings_store::model::Hash16([1; 16]),
            credentials,
            created_at: NOW,
        }],
        templates: vec![StoredTemplate {
            id: TemplateId::from_bytes([2; 16]),
            account: account(),
            definition,
            status: status.into(),
            category: Some(Category::Utility),
            quality: None,
            updated_at: NOW,
        }],
        ..Catalog::default()
    };
    Snapshot::new(TenantId::from_bytes([3; 16]), catalog, PolicyDefaults::default())
}

fn template_question(category: Category) -> Question<'static> {
    Question {
        account: account(),
        sender: tidings_domain::id::SenderId::from_bytes([4; 16]),
        channel: tidings_domain::category::Channel::Whatsapp,
        place: tidings_domain::policy::Place::default(),
        category,
        free_form: false,
        template: Some("parcel"),
        language: Some("en"),
        scheduled: false,
        at: NOW,
        shown: None,
        is_sealed: false,
    }
}

fn free_form() -> Question<'static> {
    Question { free_form: true, template: None, language: None, ..template_question(Category::Service) }
}

fn revoked(category: Category) -> RecipientFacts {
    let mut facts = RecipientFacts::default();
    facts.revoked_at[usize::from(category.priority())] = Some(NOW.plus(-HOUR));
    facts
}

/// The rule that decides and whether it denies; `None` where all allow.
fn verdict(status: &str, question: &Question<'_>, facts: &RecipientFacts) -> Option<(String, bool)> {
    let decisions = judge(&snapshot(status), question, facts);
    deciding(&decisions).map(|decision| (decision.rule.to_string(), decision.denied()))
}

/// Template status, question, facts, and the rule that speaks with whether it denies.
type Row = (&'static str, Question<'static>, RecipientFacts, Option<(&'static str, bool)>);

#[test]
fn the_table_of_verdicts() {
    let fresh = RecipientFacts::default();
    let inbound =
        |ago: i64| RecipientFacts { last_inbound_at: Some(NOW.plus(-ago)), ..RecipientFacts::default() };
    let cool = RecipientFacts { cool_until: Some(NOW.plus(DAY)), ..RecipientFacts::default() };
    let invalid = RecipientFacts { invalid: Some((131_026, NOW)), ..RecipientFacts::default() };
    let marketing = template_question(Category::Marketing);
    let utility = template_question(Category::Utility);
    let later = Question { scheduled: true, ..template_question(Category::Marketing) };
    let table: Vec<Row> = vec![
        ("APPROVED", utility.clone(), fresh.clone(), None),
        ("APPROVED", marketing.clone(), revoked(Category::Marketing), Some(("consent.suppressed", true))),
        ("APPROVED", utility.clone(), revoked(Category::Marketing), None),
        ("APPROVED", later.clone(), revoked(Category::Marketing), None),
        ("APPROVED", marketing.clone(), cool.clone(), Some(("recipient.cooling_down", false))),
        ("APPROVED", utility.clone(), cool, None),
        ("APPROVED", utility.clone(), invalid, Some(("recipient.invalid", true))),
        ("PAUSED", utility.clone(), fresh.clone(), Some(("template.paused", false))),
        ("REJECTED", utility.clone(), fresh.clone(), Some(("template.not_approved", true))),
        ("PENDING", later, fresh.clone(), None),
        ("APPROVED", free_form(), fresh, Some(("window.closed", true))),
        ("APPROVED", free_form(), inbound(DAY - MINUTE), None),
        ("APPROVED", free_form(), inbound(DAY), Some(("window.closed", true))),
    ];
    for (status, question, facts, want) in table {
        let found = verdict(status, &question, &facts);
        assert_eq!(
            found,
            want.map(|(rule, denied)| (rule.to_owned(), denied)),
            "{status} {question:?} {facts:?}"
        );
    }
}

#[test]
fn a_denial_outranks_a_deferral() {
    let facts = RecipientFacts { invalid: Some((131_026, NOW)), ..RecipientFacts::default() };
    assert_eq!(
        verdict("PAUSED", &template_question(Category::Utility), &facts),
        Some(("recipient.invalid".to_owned(), true))
    );
}

#[test]
fn what_is_past_its_expiry_expires() {
    assert_eq!(settle(&[], NOW, NOW), Judgement::Expire);
    assert!(matches!(settle(&[], NOW.plus(1), NOW), Judgement::Allow { .. }));
}

#[test]
fn decisions_are_valid_json_and_name_no_address() {
    let decisions = judge(&snapshot("APPROVED"), &free_form(), &RecipientFacts::default());
    let text = rules::write(&decisions);
    let read: Vec<tidings_domain::decision::Decision> = serde_json::from_str(&text).unwrap();
    assert_eq!(read.len(), decisions.len());
    let reasons: Vec<_> = read.iter().map(|each| each.rule.as_ref()).collect();
    assert_eq!(reasons, ["recipient.reachable", "consent.suppression", "window.closed"]);
}

/// One line of the table of cases.
struct Case<'a> {
    line: &'a str,
    fields: Vec<&'a str>,
}

impl Case<'_> {
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = snapshot("APPROVED");
        let settings = format!(r#"{{"us_marketing_blocked": {}}}"#, self.fields[6] != "us");
        let settings = StoredSettings { version: 1, body: settings, actor: String::new(), at: NOW };
        let stored = StoredPolicy { settings: Some(settings), ..StoredPolicy::default() };
        snapshot.policy = Policy::new(&stored, PolicyDefaults::default());
        if self.fields[6] == "opt_in" {
            snapshot.consent.settings.marketing = MarketingRule::OptIn;
        }
        snapshot
    }

    fn facts(&self, category: Category, at: Timestamp) -> RecipientFacts {
        let stated = |granted| Stated {
            purpose: category.into(),
            reach: Reach::Any,
            granted,
            platform: false,
            at: at.plus(-HOUR),
        };
        let mut facts = RecipientFacts::default();
        match self.fields[3] {
            "granted" => facts.choices = Choices::of([stated(true)]),
            "revoked" => {
                facts.choices = Choices::of([stated(false)]);
                facts.revoked_at[usize::from(category.priority())] = Some(at.plus(-HOUR));
            }
            _ => {}
        }
        facts.last_inbound_at = (self.fields[5] == "open").then(|| at.plus(-HOUR));
        facts
    }

    fn check(&self) {
        let at = Timestamp::parse(self.fields[1]).expect("a time");
        let category = Category::parse(self.fields[2]).expect("a category");
        let address = tidings_domain::address::Address::parse("phone", self.fields[0]).expect("a number");
        let place = tidings_domain::policy::Place::of(&address);
        let form = if self.fields[4] == "text" { free_form() } else { template_question(category) };
        let question = Question { at, category, place, ..form };
        let decisions = judge(&self.snapshot(), &question, &self.facts(category, at));
        let found = match deciding(&decisions) {
            None => ("allow", String::new(), String::new()),
            Some(decision) => match decision.verdict {
                Verdict::Defer { until } => ("defer", decision.rule.to_string(), until.to_string()),
                _ => ("deny", decision.rule.to_string(), String::new()),
            },
        };
        let wanted = (self.fields[7], self.fields[8].to_owned(), self.fields[9].to_owned());
        assert_eq!(found, wanted, "{}", self.line);
    }
}

/// Country, time, category, consent and window against the verdicts of an independent program.
#[test]
fn the_table_of_cases() {
    let text = include_str!("cases.csv");
    let cases = text.lines().filter(|line| !line.starts_with('#'));
    let cases: Vec<_> = cases.map(|line| Case { line, fields: line.split(',').collect() }).collect();
    assert!(cases.len() >= 150);
    for case in cases {
        case.check();
    }
}

#[test]
fn what_is_scheduled_is_asked_what_time_cannot_change() {
    let us = tidings_domain::policy::Place::from_text("US/1212");
    let question = Question { scheduled: true, place: us, ..template_question(Category::Marketing) };
    let decisions = judge(&snapshot("REJECTED"), &question, &revoked(Category::Marketing));
    let rules: Vec<_> = decisions.iter().map(|each| each.rule.as_ref()).collect();
    assert_eq!(rules, ["country.us_marketing"]);
}
