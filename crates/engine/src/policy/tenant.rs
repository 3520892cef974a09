//! The rules a tenant wrote, ready to be asked.

use serde::{Deserialize, Serialize};

use tidings_domain::id::RuleId;
use tidings_domain::policy::{Gate, Settings};
use tidings_domain::problem::{Checked, FieldProblem};
use tidings_domain::time::{MINUTE, Timestamp};
use tidings_store::model::{StoredPolicy, StoredRule};

use super::cel::{Expression, Uses};
use crate::limits::{POLICY_DEFER_MINUTES_MAX, POLICY_RULE_NAME_BYTES_MAX, REASON_CHARS_MAX};

/// A rule as a tenant writes it and as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    pub name: String,
    /// CEL; the rule applies where it yields true.
    pub when: String,
    pub verdict: RuleVerdict,
    /// How long it defers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// The sentence people read.
    pub reason: String,
    #[serde(default)]
    pub mode: Mode,
    /// While this flag of the settings is off, the rule only records what it would have done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    Deny,
    Defer,
}

/// Whether a rule acts or only records what it would have done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Enforce,
    Shadow,
}

impl RuleText {
    /// Everything that is wrong with it, or the expression.
    pub fn check(&self) -> Checked<Expression> {
        let mut problems = Vec::new();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if !(1..=POLICY_RULE_NAME_BYTES_MAX).contains(&self.name.len()) || !self.name.chars().all(plain) {
            let detail = format!("Use 1 to {POLICY_RULE_NAME_BYTES_MAX} of a-z, 0-9, `_` and `-`.");
            problems.push(FieldProblem::new("name", "rule.name", detail));
        }
        if self.reason.trim().is_empty() || self.reason.chars().count() > REASON_CHARS_MAX {
            let detail =
                format!("Say why in 1 to {REASON_CHARS_MAX} characters; it is shown with each message.");
            problems.push(FieldProblem::new("reason", "reason.size", detail));
        }
        if self.flag.as_ref().is_some_and(|flag| !(1..=POLICY_RULE_NAME_BYTES_MAX).contains(&flag.len())) {
            let detail = format!("Name a flag of the settings in 1 to {POLICY_RULE_NAME_BYTES_MAX} bytes.");
            problems.push(FieldProblem::new("flag", "rule.flag", detail));
        }
        let sound = match (self.verdict, self.minutes) {
            (RuleVerdict::Deny, minutes) => minutes.is_none(),
            (RuleVerdict::Defer, minutes) => {
                minutes.is_some_and(|minutes| (1..=POLICY_DEFER_MINUTES_MAX).contains(&minutes))
            }
        };
        if !sound {
            let detail =
                format!("Give 1 to {POLICY_DEFER_MINUTES_MAX} minutes with `defer`, and none with `deny`.");
            problems.push(FieldProblem::new("minutes", "rule.minutes", detail));
        }
        match Expression::compile(&self.when) {
            Ok(expression) if problems.is_empty() => Ok(expression),
            Ok(_) => Err(problems),
            Err(misfit) => {
                problems.push(FieldProblem::new("when", "rule.expression", misfit.to_string()));
                Err(problems)
            }
        }
    }
}

/// One rule in force.
#[derive(Debug)]
pub(crate) struct TenantRule {
    pub(crate) id: RuleId,
    pub(crate) text: RuleText,
    /// What a decision of it is called.
    pub(crate) code: String,
    pub(crate) version: u32,
    pub(crate) expression: Expression,
    pub(crate) created_at: Timestamp,
    /// It records and does not act.
    pub(crate) is_shadow: bool,
}

impl TenantRule {
    /// Until when it defers a message, if it does not deny it.
    pub(crate) fn until(&self, at: Timestamp) -> Option<Timestamp> {
        let minutes = self.text.minutes.filter(|_| self.text.verdict == RuleVerdict::Defer)?;
        Some(at.plus(i64::from(minutes) * MINUTE))
    }
}

/// All rules of a tenant.
#[derive(Debug, Default)]
pub(crate) struct TenantRules {
    pub(crate) rules: Vec<TenantRule>,
    pub(crate) version: u32,
    /// What any of them looks at.
    pub(crate) uses: Uses,
    /// Categories and topics whose consent any of them asks for.
    pub(crate) purposes: Vec<Box<str>>,
}

impl TenantRules {
    pub(crate) fn new(stored: &StoredPolicy, settings: &Settings) -> Self {
        let rules: Vec<TenantRule> = stored.rules.iter().filter_map(|rule| read(rule, settings)).collect();
        let uses = rules.iter().fold(Uses::default(), |all, rule| {
            let uses = rule.expression.uses();
            Uses {
                content: all.content | uses.content,
                time: all.time | uses.time,
                tags: all.tags | uses.tags,
            }
        });
        let mut purposes: Vec<Box<str>> = Vec::new();
        for purpose in rules.iter().flat_map(|rule| rule.expression.purposes()) {
            if !purposes.contains(purpose) {
                purposes.push(purpose.clone());
            }
        }
        Self { rules, version: u32::try_from(stored.rules_version).unwrap_or(u32::MAX), uses, purposes }
    }
}

fn read(stored: &StoredRule, settings: &Settings) -> Option<TenantRule> {
    let text: RuleText = serde_json::from_str(&stored.body).ok()?;
    // A rule that a newer program took and this one does not know is left out, and said so.
    let expression = text
        .check()
        .inspect_err(
            |_| tracing::error!(rule = %stored.id, "a stored rule of policy cannot be read; it does not act"),
        )
        .ok()?;
    Some(TenantRule {
        id: stored.id,
        code: format!("tenant.{}", text.name),
        is_shadow: text.mode == Mode::Shadow || settings.gate(text.flag.as_deref()) == Gate::Shadow,
        text,
        version: u32::try_from(stored.version).unwrap_or(u32::MAX),
        expression,
        created_at: stored.created_at,
    })
}
